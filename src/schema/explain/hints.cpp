#include "schema/explain/hints.hpp"

#include <algorithm>
#include <cstdint>
#include <ranges>
#include <span>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "schema/keyword_rules.hpp"
#include "schema/value/text.hpp"
#include "schema/wording.hpp"

namespace collet::schema::explaining {
namespace {

using json::Value;

/// References that are followed, one behind the other.
constexpr std::uint32_t k_hops_max = 8;
/// Subschemas that all_names() looks into, and the names it collects.
constexpr std::size_t k_places_max = 100;
constexpr std::size_t k_names_max = 1000;
/// Branches that allowed_values() looks into, values that it collects, and those that are listed in
/// one sentence.
constexpr std::size_t k_branches_max = 64;
constexpr std::size_t k_values_max = 16;
constexpr std::size_t k_listed_max = 12;

/// The keyword's value, where the dialect at `place` knows it.
std::optional<Value> keyword_at(const Sources& sources, Place place, Keyword keyword) {
  const Value schema = sources.value(place);
  if (!schema.is_object()) return std::nullopt;
  return Keywords(schema, sources.dialect_at(place))[keyword];
}

std::optional<Place> target_of(Sources& sources, Place place) {
  const auto reference = keyword_at(sources, place, Keyword::ref);
  if (!reference) return std::nullopt;
  const auto target = sources.resolve(place, *reference->as_string());
  if (!target) return std::nullopt;
  return *target;
}

std::string text_at(const Sources& sources, Place place, Keyword keyword) {
  const auto value = keyword_at(sources, place, keyword);
  return value && value->is_string() ? wording::phrase(Text(*value).view()) : std::string();
}

/// "one of a, b"; a single one alone.
std::string one_of(const AllowedValues& allowed) {
  return allowed.all == 1 ? wording::quoted(allowed.values.front()) : "one of " + listed(allowed);
}

enum class Unions : std::uint8_t { looked_into, left_alone };

/// Adds what the subschema allows to `into`; false where it does not name its values.
bool append_values(Sources& sources, Place place, AllowedValues& into, Unions unions) {
  place = behind_references(sources, place);
  const Value schema = sources.value(place);
  if (!schema.is_object()) return false;
  const auto add = [&](Value value) {
    if (into.values.size() < k_values_max) into.values.push_back(value);
    ++into.all;
  };
  const Keywords keywords(schema, sources.dialect_at(place));
  if (const auto constant = keywords[Keyword::const_]) {
    add(*constant);
    return true;
  }
  if (const auto values = keywords[Keyword::enum_]) {
    const std::size_t before = into.all;
    for (const Value value : values->elements()) {
      if (into.values.size() == k_values_max) break;
      add(value);
    }
    into.all = before + values->size();
    return true;
  }
  auto branches = keywords[Keyword::any_of];
  if (!branches) branches = keywords[Keyword::one_of];
  if (unions == Unions::left_alone || !branches || branches->size() > k_branches_max) return false;
  return std::ranges::all_of(branches->elements(), [&](Value branch) {
    return append_values(sources, {place.document, branch.index()}, into, Unions::left_alone);
  });
}

using Names = std::unordered_set<std::string>;

/// Appends those that are not among `known` yet.
void append_names(const Sources& sources, Place place, Names& known,
                  std::vector<std::string>& names) {
  const auto properties = keyword_at(sources, place, Keyword::properties);
  if (!properties) return;
  for (const auto& [key, value] : properties->members()) {
    if (names.size() >= k_names_max) return;
    std::string name = *key.as_string();
    if (known.insert(name).second) names.push_back(std::move(name));
  }
}

/// Subschemas that are applied to the same instance as the one at `place`.
void append_in_place(Sources& sources, Place place, std::vector<Place>& places) {
  const Value schema = sources.value(place);
  if (!schema.is_object()) return;
  const Keywords keywords(schema, sources.dialect_at(place));
  const auto add = [&](Value part) { places.push_back({place.document, part.index()}); };
  if (const auto target = target_of(sources, place)) places.push_back(*target);
  for (const Keyword keyword : {Keyword::all_of, Keyword::any_of, Keyword::one_of}) {
    if (const auto branches = keywords[keyword]) std::ranges::for_each(branches->elements(), add);
  }
  for (const Keyword keyword : {Keyword::if_, Keyword::then_, Keyword::else_}) {
    if (const auto part = keywords[keyword]) add(*part);
  }
  if (const auto dependent = keywords[Keyword::dependent_schemas]) {
    for (const auto& [key, part] : dependent->members()) add(part);
  }
}

}  // namespace

Place behind_references(Sources& sources, Place place) {
  return behind_bare_references(sources, place, k_hops_max);
}

std::optional<AllowedValues> allowed_values(Sources& sources, Place place) {
  AllowedValues allowed;
  if (!append_values(sources, place, allowed, Unions::looked_into) || allowed.all == 0)
    return std::nullopt;
  drop_repeated(allowed);
  return allowed;
}

void drop_repeated(AllowedValues& allowed) {
  std::unordered_set<std::string_view> seen;
  allowed.all -=
      std::erase_if(allowed.values, [&](Value value) { return !seen.insert(value.raw()).second; });
}

std::string listed(const AllowedValues& allowed) {
  std::vector<std::string> words;
  for (const Value value : allowed.values | std::views::take(k_listed_max)) {
    words.push_back(wording::bare_or_quoted(value));
  }
  return wording::enumerated(words, allowed.all);
}

std::vector<std::string> type_names(Value type) {
  if (type.is_string()) return {*type.as_string()};
  std::vector<std::string> names;
  for (const Value name : type.elements()) names.push_back(*name.as_string());
  return names;
}

std::optional<std::string> wanted(Sources& sources, Place place) {
  place = behind_references(sources, place);
  if (const auto allowed = allowed_values(sources, place)) return one_of(*allowed);
  if (auto title = text_at(sources, place, Keyword::title); !title.empty()) return title;
  const auto type = keyword_at(sources, place, Keyword::type);
  if (!type || sources.value(place).size() > 1) return std::nullopt;
  std::vector<std::string> names;
  for (const std::string& name : type_names(*type)) names.push_back(wording::with_article(name));
  return wording::joined(names, "or");
}

std::string hint(Sources& sources, Place place) {
  // What stands beside a reference speaks of this very use; what is behind it of the kind.
  std::string description = text_at(sources, place, Keyword::description);
  place = behind_references(sources, place);
  if (description.empty()) description = text_at(sources, place, Keyword::description);
  if (description.empty()) description = text_at(sources, place, Keyword::title);
  std::string kind;
  if (const auto allowed = allowed_values(sources, place)) {
    kind = (allowed->all == 1 ? "must be " : "") + one_of(*allowed);
  } else if (const auto type = keyword_at(sources, place, Keyword::type)) {
    kind = wording::joined(type_names(*type), "or");
  }
  if (kind.empty() || description.empty()) return kind + description;
  return kind + ": " + description;
}

std::string label(Sources& sources, Place place) {
  for (std::uint32_t hop = 0; hop < k_hops_max; ++hop) {
    if (auto title = text_at(sources, place, Keyword::title); !title.empty()) return title;
    const auto reference = keyword_at(sources, place, Keyword::ref);
    const auto target = target_of(sources, place);
    if (!target) return {};
    if (auto title = text_at(sources, *target, Keyword::title); !title.empty()) return title;
    const std::string text = *reference->as_string();
    const std::size_t before = text.find_last_of("/#");
    if (before != std::string::npos && before + 1 < text.size()) {
      return wording::one_line(text.substr(before + 1));
    }
    place = *target;
  }
  return {};
}

std::vector<std::string> own_names(Sources& sources, Place place) {
  std::vector<std::string> names;
  Names known;
  append_names(sources, place, known, names);
  return names;
}

KnownNames all_names(Sources& sources, Place place) {
  KnownNames found;
  Names known;
  std::vector<Place> places{place};
  for (std::size_t next = 0; next < places.size(); ++next) {
    if (next == k_places_max) {
      found.has_others = true;
      break;
    }
    const Place here = places[next];
    const auto before = std::span(places).first(next);
    if (std::ranges::find(before, here) != before.end()) continue;
    append_names(sources, here, known, found.names);
    if (keyword_at(sources, here, Keyword::pattern_properties)) found.has_others = true;
    append_in_place(sources, here, places);
  }
  if (found.names.size() >= k_names_max) found.has_others = true;
  return found;
}

}  // namespace collet::schema::explaining
