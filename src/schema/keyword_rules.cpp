#include "schema/keyword_rules.hpp"

#include "schema/value/format.hpp"

namespace collet::schema {
namespace {

/// Keywords that assert nothing by themselves.
constexpr std::uint64_t k_silent =
    bits_of(Keyword::id, Keyword::schema, Keyword::anchor, Keyword::dynamic_anchor,
            Keyword::recursive_anchor, Keyword::vocabulary, Keyword::comment, Keyword::defs,
            Keyword::definitions, Keyword::content_encoding, Keyword::content_media_type,
            Keyword::content_schema, Keyword::title, Keyword::description, Keyword::default_,
            Keyword::deprecated, Keyword::read_only, Keyword::write_only, Keyword::examples);

}  // namespace

std::uint64_t asserting_keywords(const Sources& sources, Place place, const Keywords& keywords) {
  std::uint64_t bits = keywords.present() & ~k_silent;
  if (const auto name = keywords[Keyword::format]) {
    if (!sources.asserts_format(place) || !format_named(*name->as_string())) {
      bits &= ~bit_of(Keyword::format);
    }
  }
  return bits;
}

Place behind_bare_references(Sources& sources, Place place, std::uint32_t references_max) {
  for (std::uint32_t followed = 0; followed < references_max; ++followed) {
    const json::Value value = sources.value(place);
    if (!value.is_object()) break;
    const Keywords keywords(value, sources.dialect_at(place));
    if (asserting_keywords(sources, place, keywords) != bit_of(Keyword::ref)) break;
    const auto next = sources.resolve(place, *keywords[Keyword::ref]->as_string());
    if (!next) break;
    place = *next;
  }
  return place;
}

ItemKeywords item_keywords(const Keywords& keywords) {
  const auto items = keywords[Keyword::items];
  if (items && items->is_array()) {
    return {.prefix = items, .rest = keywords[Keyword::additional_items]};
  }
  return {.prefix = keywords[Keyword::prefix_items], .rest = items};
}

bool excludes_limit_beside(std::optional<json::Value> exclusive) {
  return exclusive && exclusive->as_bool() == true;
}

}  // namespace collet::schema
