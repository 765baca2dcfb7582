#include "schema/explain/rules.hpp"
#include "schema/explain/walk.hpp"
#include "schema/uri.hpp"

namespace collet::schema::explaining {
namespace {

/// What `reference` means as far as the text tells; looked up once a subschema.
const std::optional<Place>& resolved(Walk& walk, Application& app, std::optional<Place>& known) {
  if (known) return known;
  if (auto found = walk.sources().resolve(app.schema.place, *app.value.as_string())) known = *found;
  return known;
}

/// The anchor of that name at `target`, where `target` has it as a dynamic one.
bool is_dynamic(Walk& walk, Place target, std::string_view anchor) {
  const Resource& resource = walk.sources().resources()[walk.sources().resource_at(target)];
  const auto found = resource.dynamic_anchors.find(anchor);
  return found != resource.dynamic_anchors.end() && found->second == target;
}

}  // namespace

bool judge_ref(Walk& walk, Application& app) {
  const auto& target = resolved(walk, app, app.schema.target);
  return target && walk.apply_in_place(app, *target);
}

/// C 8.2.3.2. A pointer, or the name of an anchor that is not dynamic, makes it a `$ref`.
bool judge_dynamic_ref(Walk& walk, Application& app) {
  const auto& target = resolved(walk, app, app.schema.dynamic_target);
  if (!target) return false;
  const std::string anchor = split_fragment(*app.value.as_string()).fragment;
  if (anchor.empty() || anchor.front() == '/' || !is_dynamic(walk, *target, anchor)) {
    return walk.apply_in_place(app, *target);
  }
  return walk.apply_in_place(app, walk.outermost(anchor).value_or(*target));
}

/// 2019-09 core, section 8.2.4.2.1. Sources knows `$recursiveAnchor: true` as the anchor "".
bool judge_recursive_ref(Walk& walk, Application& app) {
  const auto& target = resolved(walk, app, app.schema.dynamic_target);
  if (!target) return false;
  if (!is_dynamic(walk, *target, "")) return walk.apply_in_place(app, *target);
  return walk.apply_in_place(app, walk.outermost("").value_or(*target));
}

}  // namespace collet::schema::explaining
