// User interface declarations: slots and launchers. Collet shows neither; they are judged because
// the reference refuses a manifest whose declarations are wrong.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "plugin/manifest_rules.hpp"
#include "plugin/manifest_shape.hpp"
#include "plugin/text_form.hpp"

namespace collet::plugin {
namespace {

using Kind = Shape::Kind;
using enum Presence;

template <std::size_t N>
bool is_one_of(const std::string_view (&words)[N], std::string_view text) {
  return std::ranges::find(words, text) != std::end(words);
}

constexpr std::string_view k_slot_types[] = {"page",
                                             "detailTab",
                                             "taskDetailView",
                                             "dashboardWidget",
                                             "sidebar",
                                             "routeSidebar",
                                             "sidebarPanel",
                                             "projectSidebarItem",
                                             "globalToolbarButton",
                                             "toolbarButton",
                                             "contextMenuItem",
                                             "commentAnnotation",
                                             "commentContextMenuItem",
                                             "settingsPage",
                                             "companySettingsPage"};
constexpr std::string_view k_zones[] = {
    "page",          "detailTab",       "taskDetailView",     "dashboardWidget",
    "sidebar",       "sidebarPanel",    "projectSidebarItem", "globalToolbarButton",
    "toolbarButton", "contextMenuItem", "commentAnnotation",  "commentContextMenuItem",
    "settingsPage"};
/// Places that belong to one entity and so must say which kinds.
constexpr std::string_view k_entity_places[] = {
    "detailTab",         "taskDetailView",         "contextMenuItem",
    "commentAnnotation", "commentContextMenuItem", "projectSidebarItem"};
constexpr std::string_view k_entity_types[] = {
    "project",          "issue", "agent", "goal", "run", "comment", "execution_workspace",
    "project_workspace"};
constexpr std::string_view k_reserved_routes[] = {
    "dashboard", "onboarding", "companies", "company",    "settings",     "plugins",
    "org",       "agents",     "projects",  "issues",     "goals",        "approvals",
    "costs",     "activity",   "inbox",     "workspaces", "design-guide", "tests"};
constexpr std::string_view k_reserved_settings_routes[] = {
    "general", "environments", "access", "members", "invites", "secrets", "instance"};

/// Places that make sense for one kind of entity only.
struct EntityPlace {
  std::string_view place;
  std::string_view entity;
};
constexpr EntityPlace k_single_entity_places[] = {{"projectSidebarItem", "project"},
                                                  {"commentAnnotation", "comment"},
                                                  {"commentContextMenuItem", "comment"}};

/// `what` is "slots" or "launchers".
void check_entities(const json::Value& value, std::string_view place, std::string_view what,
                    std::span<const EntityPlace> single, const std::string& path, Issues& issues) {
  const auto at = step(path, "entityTypes");
  if (is_one_of(k_entity_places, place) && count_at(value, "entityTypes") == 0) {
    issues.push_back({at, fmt::format("{} {} require at least one entityType", place, what)});
  }
  for (const auto& row : single) {
    if (row.place != place || !value.find("entityTypes")) continue;
    if (lists(value, "entityTypes", row.entity)) continue;
    issues.push_back(
        {at, fmt::format("{} {} require entityTypes to include \"{}\"", place, what, row.entity)});
  }
}

// ---- slots

void refine_slot(const json::Value& slot, const std::string& path, Issues& issues) {
  const auto type = text_at(slot, "type");
  check_entities(slot, type, "slots", k_single_entity_places, path, issues);

  const auto at = step(path, "routePath");
  const auto route = text_at(slot, "routePath");
  const bool needs_route = type == "routeSidebar" || type == "companySettingsPage";
  if (!route.empty() && type != "page" && !needs_route) {
    issues.push_back(
        {at, "routePath is only supported for page, routeSidebar, and companySettingsPage slots"});
  }
  if (route.empty()) {
    if (needs_route) issues.push_back({at, type + " slots require routePath"});
    return;
  }
  if (is_one_of(k_reserved_routes, route)) {
    issues.push_back({at, fmt::format("routePath \"{}\" is reserved by the host", route)});
  }
  if (type == "companySettingsPage" && is_one_of(k_reserved_settings_routes, route)) {
    issues.push_back(
        {at, fmt::format("company settings routePath \"{}\" is reserved by the host", route)});
  }
}

constexpr TextRule k_route_path_rule[] = {
    {is_slug, "{field} must be a lowercase single-segment slug (letters, numbers, hyphens)"}};
constexpr Shape k_slot_type{.kind = Kind::word, .words = k_slot_types};
constexpr Shape k_entity_type{.kind = Kind::word, .words = k_entity_types};
constexpr Shape k_entity_type_list{.kind = Kind::list, .element = &k_entity_type};
constexpr Shape k_route_path{.kind = Kind::text, .rules = k_route_path_rule};
constexpr Field k_slot_fields[] = {{"type", &k_slot_type},
                                   {"id", &k_filled},
                                   {"displayName", &k_filled},
                                   {"exportName", &k_filled},
                                   {"entityTypes", &k_entity_type_list, optional},
                                   {"routePath", &k_route_path, optional},
                                   {"order", &k_integer, optional}};
constexpr Shape k_slot{.kind = Kind::object, .fields = k_slot_fields, .refine = refine_slot};
constexpr Shape k_slots{.kind = Kind::list, .least = 1, .element = &k_slot};

// ---- launchers

constexpr std::string_view k_actions[] = {"navigate",    "openModal",     "openDrawer",
                                          "openPopover", "performAction", "deepLink"};
constexpr std::string_view k_environments[] = {"hostInline", "hostOverlay", "hostRoute", "external",
                                               "iframe"};
constexpr std::string_view k_bounds[] = {"inline", "compact", "default", "wide", "full"};

/// Which bounds a render environment has.
struct EnvironmentBounds {
  std::string_view environment;
  std::span<const std::string_view> bounds;
};
constexpr std::string_view k_inline_bounds[] = {"inline", "compact", "default"};
constexpr std::string_view k_overlay_bounds[] = {"compact", "default", "wide", "full"};
constexpr std::string_view k_route_bounds[] = {"default", "wide", "full"};
constexpr EnvironmentBounds k_environment_bounds[] = {{"hostInline", k_inline_bounds},
                                                      {"hostOverlay", k_overlay_bounds},
                                                      {"hostRoute", k_route_bounds},
                                                      {"external", {}},
                                                      {"iframe", k_overlay_bounds}};

void refine_action(const json::Value& action, const std::string& path, Issues& issues) {
  const auto type = text_at(action, "type");
  const auto target = text_at(action, "target");
  const auto at = step(path, "target");
  if (type == "performAction" && target.contains('/')) {
    issues.push_back({at, "performAction launchers must target an action key, not a route or URL"});
  }
  if (type == "navigate" && (target.starts_with("http://") || target.starts_with("https://"))) {
    issues.push_back({at, "navigate launchers must target a host route, not an absolute URL"});
  }
}

void refine_render(const json::Value& render, const std::string& path, Issues& issues) {
  const auto bounds = text_at(render, "bounds");
  if (bounds.empty()) return;
  const auto environment = text_at(render, "environment");
  for (const auto& row : k_environment_bounds) {
    if (row.environment != environment) continue;
    if (std::ranges::find(row.bounds, bounds) != row.bounds.end()) return;
    issues.push_back({step(path, "bounds"),
                      fmt::format("bounds \"{}\" is not supported for render environment \"{}\"",
                                  bounds, environment)});
  }
}

void refine_launcher(const json::Value& launcher, const std::string& path, Issues& issues) {
  // Of the places for one kind of entity, launchers know only the first.
  check_entities(launcher, text_at(launcher, "placementZone"), "launchers",
                 std::span(k_single_entity_places).first(1), path, issues);

  const auto type = text_at(*launcher.find("action"), "type");
  const auto render = launcher.find("render");
  const auto environment = render ? text_at(*render, "environment") : "";
  const auto at = step(path, "render");
  const bool opens = type == "openModal" || type == "openDrawer" || type == "openPopover";
  if (type == "performAction" && render) {
    issues.push_back({at, "performAction launchers cannot declare render hints"});
  }
  if (opens && !render) {
    issues.push_back({at, type + " launchers require render metadata"});
  }
  if (type == "openModal" && environment == "hostInline") {
    issues.push_back({step(at, "environment"),
                      "openModal launchers cannot use the hostInline render environment"});
  }
  if (type == "openDrawer" && render && environment != "hostOverlay" && environment != "iframe") {
    issues.push_back({step(at, "environment"),
                      "openDrawer launchers must use hostOverlay or iframe render environments"});
  }
  if (type == "openPopover" && environment == "hostRoute") {
    issues.push_back({step(at, "environment"),
                      "openPopover launchers cannot use the hostRoute render environment"});
  }
}

constexpr Shape k_zone{.kind = Kind::word, .words = k_zones};
constexpr Shape k_action_type{.kind = Kind::word, .words = k_actions};
constexpr Field k_action_fields[] = {
    {"type", &k_action_type}, {"target", &k_filled}, {"params", &k_any_record, optional}};
constexpr Shape k_action{.kind = Kind::object, .fields = k_action_fields, .refine = refine_action};
constexpr Shape k_environment{.kind = Kind::word, .words = k_environments};
constexpr Shape k_bound{.kind = Kind::word, .words = k_bounds};
constexpr Field k_render_fields[] = {{"environment", &k_environment},
                                     {"bounds", &k_bound, optional}};
constexpr Shape k_render{.kind = Kind::object, .fields = k_render_fields, .refine = refine_render};
constexpr Field k_launcher_fields[] = {{"id", &k_filled},
                                       {"displayName", &k_filled},
                                       {"description", &k_text, optional},
                                       {"placementZone", &k_zone},
                                       {"exportName", &k_filled, optional},
                                       {"entityTypes", &k_entity_type_list, optional},
                                       {"order", &k_integer, optional},
                                       {"action", &k_action},
                                       {"render", &k_render, optional}};
constexpr Shape k_launcher{
    .kind = Kind::object, .fields = k_launcher_fields, .refine = refine_launcher};
constexpr Field k_ui_fields[] = {{"slots", &k_slots, optional},
                                 {"launchers", &k_launchers_shape, optional}};

}  // namespace

constinit const Shape k_launchers_shape{.kind = Kind::list, .element = &k_launcher};
constinit const Shape k_ui_shape{.kind = Kind::object, .fields = k_ui_fields};

}  // namespace collet::plugin
