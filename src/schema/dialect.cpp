#include "schema/dialect.hpp"

#include <algorithm>

namespace collet::schema {
namespace {

using enum SchemaDraft;
using enum Vocabulary;

constexpr KeywordRow k_rows[] = {
    {"id", Keyword::id, core, Shape::text, draft4, draft4},
    {"$id", Keyword::id, core, Shape::text, draft6},
    {"$schema", Keyword::schema, core, Shape::text},
    {"$ref", Keyword::ref, core, Shape::text},
    {"$anchor", Keyword::anchor, core, Shape::anchor, draft2019_09},
    {"$dynamicRef", Keyword::dynamic_ref, core, Shape::text, draft2020_12},
    {"$dynamicAnchor", Keyword::dynamic_anchor, core, Shape::anchor, draft2020_12},
    {"$recursiveRef", Keyword::recursive_ref, core, Shape::text, draft2019_09, draft2019_09},
    {"$recursiveAnchor", Keyword::recursive_anchor, core, Shape::boolean, draft2019_09,
     draft2019_09},
    {"$vocabulary", Keyword::vocabulary, core, Shape::vocabularies, draft2019_09},
    {"$comment", Keyword::comment, core, Shape::text, draft7},
    {"$defs", Keyword::defs, core, Shape::subschema_map, draft2019_09},
    // Renamed by 2019-09, which asks to go on reading it; so for `dependencies`.
    {"definitions", Keyword::definitions, core, Shape::subschema_map},
    {"allOf", Keyword::all_of, applicator, Shape::subschemas},
    {"anyOf", Keyword::any_of, applicator, Shape::subschemas},
    {"oneOf", Keyword::one_of, applicator, Shape::subschemas},
    {"not", Keyword::not_, applicator, Shape::subschema},
    {"if", Keyword::if_, applicator, Shape::subschema, draft7},
    {"then", Keyword::then_, applicator, Shape::subschema, draft7},
    {"else", Keyword::else_, applicator, Shape::subschema, draft7},
    {"dependentSchemas", Keyword::dependent_schemas, applicator, Shape::subschema_map,
     draft2019_09},
    {"dependencies", Keyword::dependencies, applicator, Shape::dependencies},
    {"properties", Keyword::properties, applicator, Shape::subschema_map},
    {"patternProperties", Keyword::pattern_properties, applicator, Shape::subschema_map},
    {"additionalProperties", Keyword::additional_properties, applicator,
     Shape::subschema_or_boolean},
    {"propertyNames", Keyword::property_names, applicator, Shape::subschema, draft6},
    {"prefixItems", Keyword::prefix_items, applicator, Shape::subschemas, draft2020_12},
    {"items", Keyword::items, applicator, Shape::subschema_or_list, draft4, draft2019_09},
    {"items", Keyword::items, applicator, Shape::subschema, draft2020_12},
    {"additionalItems", Keyword::additional_items, applicator, Shape::subschema_or_boolean, draft4,
     draft2019_09},
    {"contains", Keyword::contains, applicator, Shape::subschema, draft6},
    {"unevaluatedItems", Keyword::unevaluated_items, unevaluated, Shape::subschema, draft2019_09},
    {"unevaluatedProperties", Keyword::unevaluated_properties, unevaluated, Shape::subschema,
     draft2019_09},
    {"type", Keyword::type, validation, Shape::type},
    {"enum", Keyword::enum_, validation, Shape::distinct_list, draft4, draft6},
    {"enum", Keyword::enum_, validation, Shape::list, draft7},
    {"const", Keyword::const_, validation, Shape::anything, draft6},
    {"multipleOf", Keyword::multiple_of, validation, Shape::positive_number},
    {"maximum", Keyword::maximum, validation, Shape::number},
    {"exclusiveMaximum", Keyword::exclusive_maximum, validation, Shape::exclusive_flag, draft4,
     draft4},
    {"exclusiveMaximum", Keyword::exclusive_maximum, validation, Shape::number, draft6},
    {"minimum", Keyword::minimum, validation, Shape::number},
    {"exclusiveMinimum", Keyword::exclusive_minimum, validation, Shape::exclusive_flag, draft4,
     draft4},
    {"exclusiveMinimum", Keyword::exclusive_minimum, validation, Shape::number, draft6},
    {"maxLength", Keyword::max_length, validation, Shape::count},
    {"minLength", Keyword::min_length, validation, Shape::count},
    {"pattern", Keyword::pattern, validation, Shape::text},
    {"maxItems", Keyword::max_items, validation, Shape::count},
    {"minItems", Keyword::min_items, validation, Shape::count},
    {"uniqueItems", Keyword::unique_items, validation, Shape::boolean},
    {"maxContains", Keyword::max_contains, validation, Shape::count, draft2019_09},
    {"minContains", Keyword::min_contains, validation, Shape::count, draft2019_09},
    {"maxProperties", Keyword::max_properties, validation, Shape::count},
    {"minProperties", Keyword::min_properties, validation, Shape::count},
    {"required", Keyword::required, validation, Shape::names},
    {"dependentRequired", Keyword::dependent_required, validation, Shape::name_lists, draft2019_09},
    {"format", Keyword::format, Vocabulary::format, Shape::text},
    {"contentEncoding", Keyword::content_encoding, content, Shape::text, draft7},
    {"contentMediaType", Keyword::content_media_type, content, Shape::text, draft7},
    {"contentSchema", Keyword::content_schema, content, Shape::subschema, draft2019_09},
    {"title", Keyword::title, metadata, Shape::text},
    {"description", Keyword::description, metadata, Shape::text},
    {"default", Keyword::default_, metadata, Shape::anything},
    {"deprecated", Keyword::deprecated, metadata, Shape::boolean, draft2019_09},
    {"readOnly", Keyword::read_only, metadata, Shape::boolean, draft7},
    {"writeOnly", Keyword::write_only, metadata, Shape::boolean, draft7},
    {"examples", Keyword::examples, metadata, Shape::list, draft6},
};
constexpr std::size_t k_row_count = std::size(k_rows);
static_assert(k_row_count < 0xFF);

constexpr std::size_t k_slots = 256;  // a power of two, so sparse that a look-up takes one or two
constexpr std::uint8_t k_empty = 0xFF;

constexpr std::size_t slot_of(std::string_view name) {
  std::uint32_t hash = static_cast<std::uint32_t>(name.size());
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193U;
  return (hash ^ hash >> 15U) % k_slots;
}

/// Row numbers by the hash of their names, open addressing; rows of one name stand in order.
constexpr auto k_index = [] {
  std::array<std::uint8_t, k_slots> index{};
  index.fill(k_empty);
  for (std::size_t row = 0; row < k_row_count; ++row) {
    std::size_t slot = slot_of(k_rows[row].name);
    while (index[slot] != k_empty) slot = (slot + 1) % k_slots;
    index[slot] = static_cast<std::uint8_t>(row);
  }
  return index;
}();

constexpr Dialect k_dialects[] = {
    {.draft = draft4, .asserts_format = true},
    {.draft = draft6, .asserts_format = true},
    {.draft = draft7, .asserts_format = true},
    {.draft = draft2019_09},
    {.draft = draft2020_12},
};

constexpr std::pair<std::string_view, SchemaDraft> k_metaschemas[] = {
    {"json-schema.org/draft/2020-12/schema", draft2020_12},
    {"json-schema.org/draft/2019-09/schema", draft2019_09},
    {"json-schema.org/draft-07/schema", draft7},
    {"json-schema.org/draft-06/schema", draft6},
    {"json-schema.org/draft-04/schema", draft4},
    {"json-schema.org/schema", draft2020_12},
};

constexpr std::pair<std::string_view, Vocabulary> k_vocabularies[] = {
    {"core", core},
    {"applicator", applicator},
    {"unevaluated", unevaluated},
    {"validation", validation},
    {"meta-data", metadata},
    {"format-annotation", Vocabulary::format},
    {"format-assertion", Vocabulary::format},
    {"format", Vocabulary::format},  // 2019-09
    {"content", content},
};

}  // namespace

const Dialect& dialect_of(SchemaDraft draft) {
  return k_dialects[static_cast<std::size_t>(draft)];
}

std::optional<SchemaDraft> draft_named(std::string_view uri) {
  if (uri.ends_with('#')) uri.remove_suffix(1);
  if (!uri.starts_with("http")) return std::nullopt;
  uri.remove_prefix(uri.starts_with("https://") ? 8 : 7);
  const auto* found = std::ranges::find(k_metaschemas, uri, [](auto& row) { return row.first; });
  if (found == std::end(k_metaschemas)) return std::nullopt;
  return found->second;
}

std::optional<Vocabulary> vocabulary_named(std::string_view uri) {
  bool known = false;
  for (const std::string_view base : {"https://json-schema.org/draft/2020-12/vocab/",
                                      "https://json-schema.org/draft/2019-09/vocab/"}) {
    if (!uri.starts_with(base)) continue;
    uri.remove_prefix(base.size());
    known = true;
    break;
  }
  const auto* found = std::ranges::find(k_vocabularies, uri, [](auto& row) { return row.first; });
  if (!known || found == std::end(k_vocabularies)) return std::nullopt;
  return found->second;
}

std::expected<Dialect, std::string> with_vocabularies(Dialect base, json::Value vocabulary) {
  base.vocabularies = 1U << static_cast<unsigned>(core);
  base.asserts_format = false;
  for (const auto& [key, required] : vocabulary.members()) {
    const std::string uri = *key.as_string();
    const bool is_needed = required.as_bool().value_or(true);
    const auto known = vocabulary_named(uri);
    if (!known) {
      if (is_needed) return std::unexpected(uri);
      continue;
    }
    base.vocabularies |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(*known));
    const bool asserts = uri.ends_with("/format-assertion") ||
                         (uri.ends_with("/format") && is_needed);  // the latter in 2019-09
    base.asserts_format = base.asserts_format || asserts;
  }
  return base;
}

const KeywordRow* find_keyword(std::string_view name, const Dialect& dialect) {
  for (std::size_t slot = slot_of(name); k_index[slot] != k_empty; slot = (slot + 1) % k_slots) {
    const KeywordRow& row = k_rows[k_index[slot]];
    if (row.name != name || row.first > dialect.draft || row.last < dialect.draft) continue;
    return dialect.has(row.vocabulary) ? &row : nullptr;
  }
  return nullptr;
}

std::string_view name_of(Keyword keyword, SchemaDraft draft) {
  const KeywordRow* newest = nullptr;
  for (const KeywordRow& row : k_rows) {
    if (row.keyword != keyword) continue;
    newest = &row;
    if (row.first <= draft && draft <= row.last) break;
  }
  return newest->name;
}

}  // namespace collet::schema
