// What a JSON Schema says about how a parameter is written on a command line. It reads the common
// part of the language (type, enum, const, properties, items, anyOf, oneOf, allOf, local $ref);
// what it does not read stays the daemon's to judge. Pure functions; values live as long as the
// schema's document.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.hpp"

namespace collet::app {

/// Which values a schema lets through, as far as conversion cares.
struct Shape {
  bool any = false;  ///< nothing is known: every kind of value may be right
  bool null = false;
  bool boolean = false;
  bool integer = false;
  bool number = false;
  bool string = false;
  bool array = false;
  bool object = false;
  std::vector<json::Value> choices{};          ///< of enum and const
  std::optional<json::Value> items{};          ///< schema of an array's elements
  std::optional<json::Value> object_schema{};  ///< the schema whose properties an object has
};

/// `root` is the whole schema, for `$ref`.
[[nodiscard]] Shape shape_of(const json::Value& root, const json::Value& schema);

struct Property {
  std::string name;
  json::Value schema;
  bool required = false;
};

/// The declared properties in order, also those of allOf, anyOf and oneOf branches (never
/// required).
[[nodiscard]] std::vector<Property> properties_of(const json::Value& root,
                                                  const json::Value& schema);

/// What becomes of a name that no property declares.
struct Additional {
  enum class Kind { refused, free, by_schema } kind = Kind::free;
  std::optional<json::Value> schema{};  ///< of `by_schema`
};
/// A schema that declares properties and says nothing of others counts as closed here, because a
/// name that it does not declare is nearly always a slip; `--json` passes anything.
[[nodiscard]] Additional additional_of(const json::Value& root, const json::Value& schema);

/// One line of a parameter table.
struct ParameterLine {
  std::string name;
  std::string type;  ///< "integer", "list of string", "asc | desc", "string or null", "any"
  bool required = false;
  std::string default_text;  ///< plain text, empty where there is none
  std::string description;
  std::string example;  ///< what could stand after `name=`
};
[[nodiscard]] std::vector<ParameterLine> describe_parameters(const json::Value& schema);

}  // namespace collet::app
