// What the drafts of JSON Schema know: one table of keywords, with what each may hold.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "collet/schema.hpp"
#include "json/document.hpp"

namespace collet::schema {

enum class Keyword : std::uint8_t {
  id,
  schema,
  ref,
  anchor,
  dynamic_ref,
  dynamic_anchor,
  recursive_ref,
  recursive_anchor,
  vocabulary,
  comment,
  defs,
  definitions,
  all_of,
  any_of,
  one_of,
  not_,
  if_,
  then_,
  else_,
  dependent_schemas,
  dependencies,
  properties,
  pattern_properties,
  additional_properties,
  property_names,
  prefix_items,
  items,
  additional_items,
  contains,
  unevaluated_items,
  unevaluated_properties,
  type,
  enum_,
  const_,
  multiple_of,
  maximum,
  exclusive_maximum,
  minimum,
  exclusive_minimum,
  max_length,
  min_length,
  pattern,
  max_items,
  min_items,
  unique_items,
  max_contains,
  min_contains,
  max_properties,
  min_properties,
  required,
  dependent_required,
  format,
  content_encoding,
  content_media_type,
  content_schema,
  title,
  description,
  default_,
  deprecated,
  read_only,
  write_only,
  examples,
};
inline constexpr std::size_t k_keyword_count = static_cast<std::size_t>(Keyword::examples) + 1;
static_assert(k_keyword_count <= 64, "sets of keywords are words");

[[nodiscard]] constexpr std::uint64_t bit_of(Keyword keyword) {
  return std::uint64_t{1} << static_cast<unsigned>(keyword);
}
/// The set of those keywords.
template <class... Keywords>
[[nodiscard]] constexpr std::uint64_t bits_of(Keywords... keywords) {
  return (bit_of(keywords) | ...);
}

/// The vocabularies of 2020-12; older drafts are read as having the same ones.
enum class Vocabulary : std::uint8_t {
  core,
  applicator,
  unevaluated,
  validation,
  metadata,
  format,
  content,
};

/// What a keyword's value has to be.
enum class Shape : std::uint8_t {
  anything,
  boolean,
  text,
  count,  ///< a non-negative integer, 2.0 included
  number,
  positive_number,
  anchor,          ///< a name as `$anchor` has it: other letters in 2019-09 than in 2020-12
  exclusive_flag,  ///< a boolean beside the limit that it changes
  list,
  distinct_list,  ///< a non-empty array of different values
  names,          ///< an array of different strings; draft-04 wants one at least
  name_lists,     ///< an object of such arrays
  type,           ///< one of the seven type names, or an array of different ones
  vocabularies,   ///< an object of booleans
  // From here on there are schemas inside. In draft-04 a schema is an object, later a boolean, too.
  subschema,
  subschema_or_boolean,
  subschemas,     ///< a non-empty array of schemas
  subschema_map,  ///< an object of schemas
  subschema_or_list,
  dependencies,  ///< an object of schemas and arrays of names
};
[[nodiscard]] constexpr bool holds_subschemas(Shape shape) {
  return shape >= Shape::subschema;
}

struct KeywordRow {
  std::string_view name;
  Keyword keyword;
  Vocabulary vocabulary;
  Shape shape;
  SchemaDraft first = SchemaDraft::draft4;
  SchemaDraft last = SchemaDraft::draft2020_12;
};

/// What a schema's `$schema` stands for.
struct Dialect {
  SchemaDraft draft = SchemaDraft::draft2020_12;
  std::uint8_t vocabularies = 0xFF;  ///< a bit for each that the metaschema names
  bool asserts_format = false;

  [[nodiscard]] bool has(Vocabulary vocabulary) const {
    return (vocabularies >> static_cast<unsigned>(vocabulary) & 1U) != 0;
  }
  /// Up to draft-07, `$ref` stands alone: what is beside it does not count.
  [[nodiscard]] bool ref_stands_alone() const { return draft <= SchemaDraft::draft7; }
};

/// The dialect of a draft as its own metaschema says.
[[nodiscard]] const Dialect& dialect_of(SchemaDraft draft);
/// The draft whose metaschema has this URI, with or without an empty fragment, http or https.
/// "http://json-schema.org/schema" means the newest.
[[nodiscard]] std::optional<SchemaDraft> draft_named(std::string_view metaschema_uri);
/// The vocabulary with this URI, of 2019-09 or 2020-12.
[[nodiscard]] std::optional<Vocabulary> vocabulary_named(std::string_view uri);

/// `base` with the vocabularies that `vocabulary`, the object of a metaschema's `$vocabulary`,
/// lists. Fails with the URI of one that has to be known and is not.
[[nodiscard]] std::expected<Dialect, std::string> with_vocabularies(Dialect base,
                                                                    json::Value vocabulary);

/// The row of `name` in `dialect`; nothing for what the dialect does not know.
[[nodiscard]] const KeywordRow* find_keyword(std::string_view name, const Dialect& dialect);
/// The name of a keyword as it stands in schemas of `draft`.
[[nodiscard]] std::string_view name_of(Keyword keyword,
                                       SchemaDraft draft = SchemaDraft::draft2020_12);

}  // namespace collet::schema
