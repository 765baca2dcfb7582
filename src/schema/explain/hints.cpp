#include "schema/explain/hints.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "schema/explain/wording.hpp"
#include "schema/value/text.hpp"

namespace collet::schema::explaining {
namespace {

using json::Value;

/// References that are followed, one behind the other.
constexpr int k_hops_max = 8;
/// Subschemas that all_names() looks into, and the names it collects.
constexpr std::size_t k_places_max = 100;
constexpr std::size_t k_names_max = 1000;

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

std::vector<std::string> type_names(Value type) {
  if (type.is_string()) return {*type.as_string()};
  std::vector<std::string> names;
  for (const Value name : type.elements()) names.push_back(*name.as_string());
  return names;
}

std::string text_at(const Sources& sources, Place place, Keyword keyword) {
  const auto value = keyword_at(sources, place, keyword);
  return value && value->is_string() ? wording::phrase(Text(*value).view()) : std::string();
}

/// "one of a, b" where there are few.
std::optional<std::string> one_of(Value values) {
  constexpr std::size_t values_max = 6;
  if (values.size() == 0 || values.size() > values_max) return std::nullopt;
  std::vector<std::string> words;
  for (const Value value : values.elements()) words.push_back(wording::bare_or_quoted(value));
  if (words.size() == 1) return words.front();
  return "one of " + wording::joined(words, "or");
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
  for (int hop = 0; hop < k_hops_max; ++hop) {
    const auto target = target_of(sources, place);
    if (!target) break;
    place = *target;
  }
  return place;
}

std::optional<std::string> wanted(Sources& sources, Place place) {
  place = behind_references(sources, place);
  if (const auto value = keyword_at(sources, place, Keyword::const_)) {
    return wording::quoted(*value);
  }
  if (const auto values = keyword_at(sources, place, Keyword::enum_)) {
    if (auto list = one_of(*values)) return list;
  }
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
  if (const auto values = keyword_at(sources, place, Keyword::enum_)) {
    kind = one_of(*values).value_or("");
  }
  const auto type = keyword_at(sources, place, Keyword::type);
  if (kind.empty() && type) kind = wording::joined(type_names(*type), "or");
  if (kind.empty() || description.empty()) return kind + description;
  return kind + ": " + description;
}

std::string label(Sources& sources, Place place) {
  for (int hop = 0; hop < k_hops_max; ++hop) {
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

std::vector<std::string> all_names(Sources& sources, Place place) {
  std::vector<std::string> names;
  Names known;
  std::vector<Place> places{place};
  for (std::size_t next = 0; next < places.size() && next < k_places_max; ++next) {
    const Place here = places[next];
    if (std::find(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(next), here) !=
        places.begin() + static_cast<std::ptrdiff_t>(next)) {
      continue;
    }
    append_names(sources, here, known, names);
    append_in_place(sources, here, places);
  }
  return names;
}

}  // namespace collet::schema::explaining
