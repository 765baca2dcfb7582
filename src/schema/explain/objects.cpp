#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/writer.hpp"
#include "schema/explain/member_names.hpp"
#include "schema/explain/rules.hpp"
#include "schema/explain/walk.hpp"
#include "schema/value/text.hpp"

// Every member of the instance is judged, also where a key is repeated.

namespace collet::schema::explaining {
namespace {

/// Annotations of the applicators for members: the names they judged (C 10.3.2).
class JudgedNames {
 public:
  explicit JudgedNames(const Walk& walk) : wanted_(walk.annotates()) {
    if (wanted_) writer_.begin_array();
  }
  void add(json::Value key) {
    if (wanted_) writer_.raw(key.raw());
  }
  void tell(Walk& walk, const Application& app) && {
    if (wanted_) walk.annotate(app, std::move(writer_.end_array()).take());
  }

 private:
  bool wanted_;
  json::Writer writer_;
};

const std::vector<Subschema::PatternRow>& patterns_of(Walk& walk, Application& app) {
  auto& known = app.schema.patterns;
  if (known) return *known;
  known.emplace();
  for (const auto& [key, value] : app.value.members()) {
    std::string source = *key.as_string();
    const Pattern* pattern = walk.pattern(source);
    known->push_back({std::move(source), pattern, app.place_of(value)});
  }
  return *known;
}

/// Notes which members `properties` and `patternProperties` know, for `additionalProperties`.
class Described {
 public:
  explicit Described(Application& app)
      : app_(app), wanted_(app.schema.keywords.has(Keyword::additional_properties)) {
    if (wanted_) app.described.resize(app.instance.size());
  }
  void add(std::size_t member) {
    if (wanted_) app_.described[member] = true;
  }

 private:
  Application& app_;
  bool wanted_;
};

/// Takes the steps of asking for the names in the keyword's value among those of the instance,
/// which MemberNames sorts.
bool spend_on_names(Walk& walk, const Application& app) {
  constexpr std::size_t looks_per_name = 4;
  return walk.spend(app.value.raw().size()) && walk.spend_on(looks_per_name * app.instance.size());
}

bool is_described(const Application& app, std::size_t member) {
  return member < app.described.size() && app.described[member];
}

}  // namespace

std::optional<Place> Subschema::property(std::string_view name) {
  using Named = std::pair<std::string, Place>;
  if (!properties) {
    properties.emplace();
    for (const auto& [key, part] : keywords[Keyword::properties]->members()) {
      properties->emplace_back(*key.as_string(), Place{place.document, part.index()});
    }
    std::ranges::stable_sort(*properties, {}, &Named::first);
  }
  // Of a repeated key the last counts.
  const auto after = std::ranges::upper_bound(*properties, name, {}, &Named::first);
  if (after == properties->begin() || std::prev(after)->first != name) return std::nullopt;
  return std::prev(after)->second;
}

bool judge_properties(Walk& walk, Application& app) {
  if (!walk.spend_on(app.instance.size())) return false;
  Described described(app);
  JudgedNames judged(walk);
  bool fits = true;
  std::size_t member = 0;
  for (const auto& [key, value] : app.instance.members()) {
    if (const auto schema = app.schema.property(Text(key).view())) {
      described.add(member);
      walk.mark(app, value.index());
      judged.add(key);
      if (!walk.apply_to_member(*schema, value)) fits = false;
    }
    ++member;
  }
  std::move(judged).tell(walk, app);
  return fits;
}

bool judge_pattern_properties(Walk& walk, Application& app) {
  if (!walk.spend_on(app.instance.size())) return false;
  const auto& patterns = patterns_of(walk, app);
  Described described(app);
  JudgedNames judged(walk);
  bool fits = true;
  std::size_t member = 0;
  for (const auto& [key, value] : app.instance.members()) {
    const Text name(key);
    bool matched = false;
    for (const auto& [source, pattern, schema] : patterns) {
      if (!walk.matches(app, pattern, source, name.view())) continue;
      matched = true;
      if (!walk.apply(schema, value, Marking::off)) fits = false;
    }
    if (matched) {
      described.add(member);
      walk.mark(app, value.index());
      judged.add(key);
    }
    ++member;
  }
  std::move(judged).tell(walk, app);
  const Finding* finding = walk.finding(app);
  return fits && !(finding != nullptr && finding->gave_up);
}

bool judge_additional_properties(Walk& walk, Application& app) {
  if (!walk.spend_on(app.instance.size())) return false;
  JudgedNames judged(walk);
  bool fits = true;
  std::size_t member = 0;
  for (const auto& [key, value] : app.instance.members()) {
    if (is_described(app, member++)) continue;
    judged.add(key);
    if (!walk.apply(app.place_of(app.value), value, Marking::off)) fits = false;
  }
  walk.mark(app, Walk::everything);
  std::move(judged).tell(walk, app);
  return fits;
}

bool judge_unevaluated_properties(Walk& walk, Application& app) {
  if (!walk.spend_on(app.instance.size())) return false;
  const auto evaluated = walk.evaluated(app);
  JudgedNames judged(walk);
  bool fits = true;
  for (const auto& [key, value] : app.instance.members()) {
    if (!evaluated || std::ranges::binary_search(*evaluated, value.index())) continue;
    judged.add(key);
    if (!walk.apply(app.place_of(app.value), value, Marking::off)) fits = false;
  }
  walk.mark(app, Walk::everything);
  std::move(judged).tell(walk, app);
  return fits;
}

bool judge_property_names(Walk& walk, Application& app) {
  bool fits = true;
  for (const auto& [key, value] : app.instance.members()) {
    if (!walk.apply(app.place_of(app.value), key, Marking::off)) fits = false;
  }
  return fits;
}

bool judge_dependent_schemas(Walk& walk, Application& app) {
  if (!spend_on_names(walk, app)) return false;
  const MemberNames names(app.instance, app.value.size());
  bool fits = true;
  for (const auto& [key, schema] : members_that_count(app.value)) {
    if (names.has(*key.as_string()) && !walk.apply_in_place(app, schema)) fits = false;
  }
  return fits;
}

bool judge_dependent_required(Walk& walk, Application& app) {
  if (!spend_on_names(walk, app)) return false;
  const MemberNames names(app.instance, app.value.raw().size());
  return std::ranges::all_of(members_that_count(app.value), [&](const json::Member& dependency) {
    return !names.has(*dependency.key.as_string()) || names.has_all(dependency.value);
  });
}

/// The two above in one, until 2019-09 took them apart.
bool judge_dependencies(Walk& walk, Application& app) {
  if (!spend_on_names(walk, app)) return false;
  const MemberNames names(app.instance, app.value.raw().size());
  bool fits = true;
  for (const auto& [key, dependency] : members_that_count(app.value)) {
    if (!names.has(*key.as_string())) continue;
    const bool holds =
        dependency.is_array() ? names.has_all(dependency) : walk.apply_in_place(app, dependency);
    if (!holds) fits = false;
  }
  return fits;
}

bool judge_required(Walk& walk, Application& app) {
  if (!spend_on_names(walk, app)) return false;
  return MemberNames(app.instance, app.value.size()).has_all(app.value);
}

bool judge_min_properties(Walk&, Application& app) {
  return compare(app.instance.size(), app.value) >= 0;
}

bool judge_max_properties(Walk&, Application& app) {
  return compare(app.instance.size(), app.value) <= 0;
}

}  // namespace collet::schema::explaining
