#include "schema/explain/rules.hpp"
#include "schema/explain/walk.hpp"

namespace collet::schema::explaining {
namespace {

/// What `reference` means as far as the text tells; looked up once a subschema.
const std::optional<Place>& resolved(Walk& walk, Application& app, std::optional<Place>& known) {
  if (known) return known;
  if (auto found = walk.sources().resolve(app.schema.place, *app.value.as_string())) known = *found;
  return known;
}

/// What a dynamic reference means here, which the text alone tells where it is a plain one.
bool judge_dynamic(Walk& walk, Application& app, Keyword keyword) {
  const auto& target = resolved(walk, app, app.schema.dynamic_target);
  if (!target) return false;
  const auto anchor = walk.sources().dynamic_name(keyword, *app.value.as_string(), *target);
  if (!anchor) return walk.apply_in_place(app, *target);
  return walk.apply_in_place(app, walk.outermost(*anchor).value_or(*target));
}

}  // namespace

bool judge_ref(Walk& walk, Application& app) {
  const auto& target = resolved(walk, app, app.schema.target);
  return target && walk.apply_in_place(app, *target);
}

bool judge_dynamic_ref(Walk& walk, Application& app) {
  return judge_dynamic(walk, app, Keyword::dynamic_ref);
}

bool judge_recursive_ref(Walk& walk, Application& app) {
  return judge_dynamic(walk, app, Keyword::recursive_ref);
}

}  // namespace collet::schema::explaining
