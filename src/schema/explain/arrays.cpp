#include <algorithm>
#include <memory_resource>
#include <string>
#include <utility>

#include "json/writer.hpp"
#include "schema/explain/rules.hpp"
#include "schema/explain/walk.hpp"
#include "schema/keyword_rules.hpp"
#include "schema/value/equality.hpp"

namespace collet::schema::explaining {
namespace {

/// One schema for each of the first items. The annotation is the last index, or true (C 10.3.1.1).
bool judge_each(Walk& walk, Application& app) {
  bool fits = true;
  std::size_t judged = 0;
  const auto schemas = app.value.elements();
  auto schema = schemas.begin();
  for (const json::Value item : app.instance.elements()) {
    if (schema == schemas.end()) break;
    walk.mark(app, item.index());
    if (!walk.apply(app.place_of(*schema), item, Marking::off)) fits = false;
    ++schema;
    ++judged;
  }
  if (judged > 0 && walk.annotates()) {
    walk.annotate(app, judged == app.instance.size() ? "true" : std::to_string(judged - 1));
  }
  return fits;
}

/// One schema for all items but the first `skipped`.
bool judge_rest(Walk& walk, Application& app, std::size_t skipped) {
  if (!walk.spend_on(std::min(skipped, app.instance.size()))) return false;
  bool fits = true;
  std::size_t index = 0;
  for (const json::Value item : app.instance.elements()) {
    if (index++ < skipped) continue;
    if (!walk.apply(app.place_of(app.value), item, Marking::off)) fits = false;
  }
  walk.mark(app, Walk::everything);
  if (index > skipped) walk.annotate(app, "true");
  return fits;
}

/// Items that `prefixItems`, or the array form of `items`, speaks of.
std::size_t prefix_of(const Application& app) {
  const auto prefix = item_keywords(app.schema.keywords).prefix;
  return prefix ? prefix->size() : 0;
}

}  // namespace

bool judge_prefix_items(Walk& walk, Application& app) {
  return judge_each(walk, app);
}

bool judge_items(Walk& walk, Application& app) {
  return app.value.is_array() ? judge_each(walk, app) : judge_rest(walk, app, prefix_of(app));
}

/// Until 2019-09; nothing where `items` is absent or has spoken of all (2019-09 core, 9.3.1.2).
bool judge_additional_items(Walk& walk, Application& app) {
  const auto items = app.keyword(Keyword::items);
  if (!items || !items->is_array()) return true;
  return judge_rest(walk, app, items->size());
}

bool judge_unevaluated_items(Walk& walk, Application& app) {
  if (!walk.spend_on(app.instance.size())) return false;
  const auto evaluated = walk.evaluated(app);
  if (!evaluated) return true;
  bool fits = true;
  bool judged = false;
  for (const json::Value item : app.instance.elements()) {
    if (std::ranges::binary_search(*evaluated, item.index())) continue;
    judged = true;
    if (!walk.apply(app.place_of(app.value), item, Marking::off)) fits = false;
  }
  walk.mark(app, Walk::everything);
  if (judged) walk.annotate(app, "true");
  return fits;
}

/// C 10.3.1.3. With `minContains` beside it, that keyword judges how many are enough.
bool judge_contains(Walk& walk, Application& app) {
  const bool marks_items = app.is_draft_from(SchemaDraft::draft2020_12);
  json::Writer indices;
  indices.begin_array();
  std::int64_t index = 0;
  for (const json::Value item : app.instance.elements()) {
    const std::size_t findings_before = walk.findings();
    if (walk.apply(app.place_of(app.value), item, Marking::off)) {
      ++app.contained;
      if (marks_items) walk.mark(app, item.index());
      if (walk.annotates()) indices.integer(index);
    } else {
      walk.forget_findings(findings_before);
    }
    ++index;
  }
  if (Finding* finding = walk.finding(app)) finding->count = app.contained;
  if (walk.annotates()) walk.annotate(app, std::move(indices.end_array()).take());
  return app.contained > 0 || app.schema.keywords.has(Keyword::min_contains);
}

bool judge_min_contains(Walk& walk, Application& app) {
  if (!app.schema.keywords.has(Keyword::contains)) return true;
  if (Finding* finding = walk.finding(app)) finding->count = app.contained;
  return compare(app.contained, app.value) >= 0;
}

bool judge_max_contains(Walk& walk, Application& app) {
  if (!app.schema.keywords.has(Keyword::contains)) return true;
  if (Finding* finding = walk.finding(app)) finding->count = app.contained;
  return compare(app.contained, app.value) <= 0;
}

bool judge_min_items(Walk&, Application& app) {
  return compare(app.instance.size(), app.value) >= 0;
}

bool judge_max_items(Walk&, Application& app) {
  return compare(app.instance.size(), app.value) <= 0;
}

bool judge_unique_items(Walk& walk, Application& app) {
  if (app.value.as_bool() != true) return true;
  if (!walk.spend(app.instance.raw().size()) || !walk.spend_on(app.instance.size())) return false;
  std::pmr::monotonic_buffer_resource scratch;
  return !find_equal_elements(app.instance, scratch);
}

}  // namespace collet::schema::explaining
