#include "app/param_parse.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "app/json_text.hpp"
#include "app/schema_shape.hpp"
#include "app/text.hpp"
#include "json/writer.hpp"

namespace collet::app {
namespace {

/// One parameter, or one member of an object parameter, as the flags name it.
struct Slot {
  std::string name;
  std::string path;                     ///< dotted, for messages
  std::optional<json::Value> schema{};  ///< nothing: unknown
  std::vector<std::string> texts{};
  std::vector<Slot> members{};
};

std::unexpected<Error> bad_parameter(std::string message, std::string remedy = {}) {
  return fail(ErrorCode::invalid_parameters, std::move(message), std::move(remedy));
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  return out.append(text).append("\"");
}

std::string json_string(std::string_view text) {
  std::string out;
  json::append_string(out, text);
  return out;
}

/// `text` without white space between tokens where it is JSON of that kind.
std::optional<std::string> as_json(std::string_view text, json::Kind kind) {
  const auto document = json::Document::parse(std::string(text));
  if (!document || document->root().kind() != kind) return std::nullopt;
  return json::compact(document->root());
}

std::optional<std::string> as_integer(std::string_view text) {
  const auto document = json::Document::parse(std::string(text));
  if (!document || !document->root().is_number()) return std::nullopt;
  const auto raw = document->root().raw();
  // A mathematical integer may be written 1.0 or 1e3 (JSON Schema 2020-12, validation, 6.1.1).
  const bool digits_only = raw.find_first_of(".eE") == std::string_view::npos;
  const double value = document->root().as_double().value_or(0.5);
  if (!digits_only && value != std::trunc(value)) return std::nullopt;
  return std::string(raw);
}

std::string untyped(std::string_view text) {
  const auto document = json::Document::parse(std::string(text));
  return document ? json::compact(document->root()) : json_string(text);
}

std::optional<std::string> matching_choice(const Shape& shape, std::string_view text) {
  for (const auto& choice : shape.choices) {
    if (choice.is_string() ? choice.equals(text) : json::compact(choice) == text) {
      return json::compact(choice);
    }
  }
  return std::nullopt;
}

std::string expectation(const Shape& shape) {
  std::vector<std::string> parts;
  if (!shape.choices.empty()) {
    std::string choices = "one of ";
    for (const auto& choice : shape.choices) {
      if (&choice != &shape.choices.front()) choices += ", ";
      choices += plain_text(choice);
    }
    parts.push_back(std::move(choices));
  }
  if (shape.integer && !shape.number) parts.emplace_back("an integer");
  if (shape.number) parts.emplace_back("a number");
  if (shape.boolean) parts.emplace_back("true or false");
  if (shape.null) parts.emplace_back("null");
  if (shape.array) parts.emplace_back("a list");
  if (shape.object) parts.emplace_back("an object as JSON");
  std::string out;
  for (const auto& part : parts) out += out.empty() ? part : ", or " + part;
  return out;
}

std::string expectation_hint(const Shape& shape, std::string_view path, std::string_view text) {
  std::vector<std::string> choices;
  for (const auto& choice : shape.choices) choices.push_back(plain_text(choice));
  if (const auto meant = closest(text, choices)) return "did you mean " + quoted(*meant) + "?";
  if (shape.object) {
    return "write it as JSON, or its members as --param " + std::string(path) + ".<member>=<value>";
  }
  return {};
}

/// One text by what the schema says; `shape` is not a list alone.
Result<std::string> convert(const Shape& shape, std::string_view path, std::string_view text) {
  if (auto choice = matching_choice(shape, text)) return *std::move(choice);
  if (shape.any) return untyped(text);
  if (shape.null && text == "null") return "null";
  if (shape.boolean && (text == "true" || text == "false")) return std::string(text);
  if (shape.integer) {
    if (auto integer = as_integer(text)) return *std::move(integer);
  }
  if (shape.number) {
    if (auto number = as_json(text, json::Kind::number)) return *std::move(number);
  }
  if (shape.array) {
    if (auto array = as_json(text, json::Kind::array)) return *std::move(array);
  }
  if (shape.object) {
    if (auto object = as_json(text, json::Kind::object)) return *std::move(object);
  }
  if (shape.string) return json_string(text);
  return bad_parameter(
      "parameter " + quoted(path) + ": expected " + expectation(shape) + ", got " + quoted(text),
      expectation_hint(shape, path, text));
}

class Builder {
 public:
  explicit Builder(const json::Value& root) : root_(root) { top_.schema = root; }

  Result<Done> add(std::string_view assignment) {
    const auto equals = assignment.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return bad_parameter("--param wants name=value, got " + quoted(assignment),
                           "write for example --param name=text");
    }
    return place(top_, assignment.substr(0, equals), assignment.substr(equals + 1));
  }

  [[nodiscard]] Result<std::string> text() const { return object(top_); }

 private:
  Result<Done> place(Slot& parent, std::string_view key, std::string_view text) {
    if (!parent.schema) return place_free(parent, key, text, std::nullopt);
    const auto properties = properties_of(root_, *parent.schema);
    if (const auto* property = find(properties, key)) {
      member(parent, key, property->schema).texts.emplace_back(text);
      return Done{};
    }
    for (auto dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.', dot + 1)) {
      const auto* property = find(properties, key.substr(0, dot));
      if (property == nullptr || dot + 1 == key.size()) continue;
      const auto shape = shape_of(root_, property->schema);
      if (!shape.any && !shape.object) continue;
      auto& slot = member(parent, property->name, shape.object_schema);
      return place(slot, key.substr(dot + 1), text);
    }
    const auto additional = additional_of(root_, *parent.schema);
    if (additional.kind == Additional::Kind::refused) return unknown(parent, key, properties);
    return place_free(parent, key, text, additional.schema);
  }

  /// A name that no schema declares: dots nest.
  Result<Done> place_free(Slot& parent, std::string_view key, std::string_view text,
                          std::optional<json::Value> schema) {
    const auto dot = key.find('.');
    if (schema || dot == std::string_view::npos || dot == 0 || dot + 1 == key.size()) {
      member(parent, key, std::move(schema)).texts.emplace_back(text);
      return Done{};
    }
    return place_free(member(parent, key.substr(0, dot), std::nullopt), key.substr(dot + 1), text,
                      std::nullopt);
  }

  static const Property* find(const std::vector<Property>& properties, std::string_view name) {
    const auto found = std::ranges::find(properties, name, &Property::name);
    return found == properties.end() ? nullptr : &*found;
  }

  static Slot& member(Slot& parent, std::string_view name, std::optional<json::Value> schema) {
    const auto found = std::ranges::find(parent.members, name, &Slot::name);
    if (found != parent.members.end()) return *found;
    auto path = parent.path.empty() ? std::string(name) : parent.path + "." + std::string(name);
    return parent.members.emplace_back(
        Slot{.name = std::string(name), .path = std::move(path), .schema = std::move(schema)});
  }

  static std::unexpected<Error> unknown(const Slot& parent, std::string_view key,
                                        const std::vector<Property>& properties) {
    std::vector<std::string> names;
    for (const auto& property : properties) names.push_back(property.name);
    std::string remedy = names.empty() ? "it takes none" : "";
    if (const auto meant = closest(key, names)) {
      remedy = "did you mean " + quoted(*meant) + "?";
    } else {
      for (const auto& name : names) remedy += (remedy.empty() ? "there are: " : ", ") + name;
    }
    const auto where = parent.path.empty() ? "" : " in " + quoted(parent.path);
    return bad_parameter("there is no parameter " + quoted(key) + where, std::move(remedy));
  }

  [[nodiscard]] Result<std::string> object(const Slot& slot) const {
    std::string out = "{";
    for (const auto& each : slot.members) {
      auto value = value_of(each);
      if (!value) return value;
      if (out.size() > 1) out += ',';
      json::append_string(out, each.name);
      out += ':';
      out += *value;
    }
    return out + "}";
  }

  [[nodiscard]] Result<std::string> value_of(const Slot& slot) const {
    if (!slot.members.empty()) {
      if (slot.texts.empty()) return object(slot);
      return bad_parameter("parameter " + quoted(slot.path) + " is given whole and by its members",
                           "use one of the two forms");
    }
    const auto shape = slot.schema ? shape_of(root_, *slot.schema) : Shape{.any = true};
    if (slot.texts.size() == 1 && !shape.array)
      return convert(shape, slot.path, slot.texts.front());
    if (shape.array || shape.any) return list(shape, slot);
    return bad_parameter("parameter " + quoted(slot.path) + " is given " +
                             std::to_string(slot.texts.size()) + " times, but is no list",
                         "give it once");
  }

  [[nodiscard]] Result<std::string> list(const Shape& shape, const Slot& slot) const {
    if (slot.texts.size() == 1) {
      const auto& text = slot.texts.front();
      if (auto array = as_json(text, json::Kind::array)) return *std::move(array);
      Shape other = shape;
      other.array = false;
      auto whole = convert(other, slot.path, text);
      if (whole) return whole;
    }
    const auto items = shape.items ? shape_of(root_, *shape.items) : Shape{.any = true};
    std::string out = "[";
    for (const auto& text : slot.texts) {
      auto element = convert(items, slot.path, text);
      if (!element) return element;
      if (out.size() > 1) out += ',';
      out += *element;
    }
    return out + "]";
  }

  json::Value root_;
  Slot top_;
};

}  // namespace

Result<std::string> build_parameters(const json::Value& schema,
                                     std::span<const std::string> assignments) {
  Builder builder(schema);
  for (const auto& assignment : assignments) {
    if (auto added = builder.add(assignment); !added) return std::unexpected(added.error());
  }
  return builder.text();
}

}  // namespace collet::app
