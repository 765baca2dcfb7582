// The capabilities a plugin may declare, and which of its features imply one.
#pragma once

#include <array>
#include <string_view>

namespace collet::plugin {

/// All that the reference host knows (apiVersion 1).
inline constexpr auto k_capabilities = std::to_array<std::string_view>({
    "companies.read",
    "projects.read",
    "project.workspaces.read",
    "execution.workspaces.read",
    "issues.read",
    "issue.relations.read",
    "issue.subtree.read",
    "issue.comments.read",
    "issue.interactions.read",
    "issue.attachments.read",
    "approvals.read",
    "issue.documents.read",
    "agents.read",
    "goals.read",
    "goals.create",
    "goals.update",
    "activity.read",
    "costs.read",
    "issues.orchestration.read",
    "access.members.read",
    "access.invites.read",
    "authorization.grants.read",
    "authorization.policies.read",
    "authorization.audit.read",
    "database.namespace.read",
    "issues.create",
    "issues.update",
    "issue.relations.write",
    "issues.checkout",
    "issues.wakeup",
    "issue.comments.create",
    "issue.comments.create_human_attributed",
    "issue.interactions.create",
    "issue.interactions.respond",
    "approvals.respond",
    "issue.documents.write",
    "projects.managed",
    "routines.managed",
    "skills.managed",
    "agents.pause",
    "agents.resume",
    "agents.invoke",
    "agents.managed",
    "access.members.write",
    "access.invites.write",
    "authorization.grants.write",
    "authorization.policies.write",
    "agent.sessions.create",
    "agent.sessions.list",
    "agent.sessions.send",
    "agent.sessions.close",
    "activity.log.write",
    "metrics.write",
    "telemetry.track",
    "database.namespace.migrate",
    "database.namespace.write",
    "external.objects.detect",
    "external.objects.read",
    "external.objects.write",
    "external.objects.refresh",
    "plugin.state.read",
    "plugin.state.write",
    "events.subscribe",
    "events.emit",
    "jobs.schedule",
    "webhooks.receive",
    "api.routes.register",
    "http.outbound",
    "secrets.read-ref",
    "environment.drivers.register",
    "local.folders",
    "agent.tools.register",
    "instance.settings.register",
    "ui.sidebar.register",
    "ui.page.register",
    "ui.detailTab.register",
    "ui.dashboardWidget.register",
    "ui.commentAnnotation.register",
    "ui.action.register",
});
static_assert(k_capabilities.size() == 79);

/// A section of the manifest that, where it is not empty, needs a capability.
struct FeatureCapability {
  std::string_view section;
  std::string_view capability;
  std::string_view when;  ///< ends the sentence "Capability 'x' is required when …"
};

/// In the order in which the reference reports them; objectReferences and database come after.
inline constexpr std::array<FeatureCapability, 10> k_feature_capabilities{{
    {"tools", "agent.tools.register", "tools are declared"},
    {"environmentDrivers", "environment.drivers.register", "environmentDrivers are declared"},
    {"agents", "agents.managed", "managed agents are declared"},
    {"projects", "projects.managed", "managed projects are declared"},
    {"routines", "routines.managed", "managed routines are declared"},
    {"skills", "skills.managed", "managed skills are declared"},
    {"localFolders", "local.folders", "local folders are declared"},
    {"jobs", "jobs.schedule", "jobs are declared"},
    {"webhooks", "webhooks.receive", "webhooks are declared"},
    {"apiRoutes", "api.routes.register", "apiRoutes are declared"},
}};
inline constexpr std::array<FeatureCapability, 2> k_object_reference_capabilities{{
    {"objectReferences", "external.objects.detect", "objectReferences are declared"},
    {"objectReferences", "external.objects.read", "objectReferences are declared"},
}};
inline constexpr std::array<FeatureCapability, 2> k_database_capabilities{{
    {"database", "database.namespace.migrate", "database migrations are declared"},
    {"database", "database.namespace.read", "database migrations are declared"},
}};

/// A place in the user interface (slot type or launcher zone) and the capability it needs.
struct PlaceCapability {
  std::string_view place;
  std::string_view capability;
};
inline constexpr std::array<PlaceCapability, 15> k_place_capabilities{{
    {"page", "ui.page.register"},
    {"sidebar", "ui.sidebar.register"},
    {"sidebarPanel", "ui.sidebar.register"},
    {"routeSidebar", "ui.sidebar.register"},
    {"projectSidebarItem", "ui.sidebar.register"},
    {"detailTab", "ui.detailTab.register"},
    {"taskDetailView", "ui.detailTab.register"},
    {"dashboardWidget", "ui.dashboardWidget.register"},
    {"globalToolbarButton", "ui.action.register"},
    {"toolbarButton", "ui.action.register"},
    {"contextMenuItem", "ui.action.register"},
    {"commentContextMenuItem", "ui.action.register"},
    {"commentAnnotation", "ui.commentAnnotation.register"},
    {"settingsPage", "instance.settings.register"},
    {"companySettingsPage", "instance.settings.register"},
}};

}  // namespace collet::plugin
