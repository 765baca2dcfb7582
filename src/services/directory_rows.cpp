#include "services/directory_rows.hpp"

#include <optional>

namespace collet::services {
namespace {

/// Nothing here has a history; a time that never changes is the one that misleads least.
constexpr std::string_view k_no_time = "1970-01-01T00:00:00.000Z";
/// The reference's default, which nothing here obeys: attachments are not kept.
constexpr std::int64_t k_attachment_bytes_max = 10 << 20;

void write_nulls(json::Writer& writer, std::initializer_list<std::string_view> names) {
  for (const auto name : names) writer.key(name).null();
}

void write_times(json::Writer& writer) {
  writer.key("createdAt").string(k_no_time).key("updatedAt").string(k_no_time);
}

// "Acme Tools" as "ACM".
std::string issue_prefix(std::string_view name) {
  std::string prefix;
  for (const char c : name) {
    if (c >= 'a' && c <= 'z') prefix += static_cast<char>(c - 'a' + 'A');
    if (c >= 'A' && c <= 'Z') prefix += c;
    if (prefix.size() == 3) break;
  }
  return prefix.empty() ? "CO" : prefix;
}

// A workspace inside its project (`ProjectWorkspace`).
void write_project_workspace(json::Writer& writer, const DirectoryWorkspace& workspace,
                             const DirectoryProject& project, std::string_view company_id,
                             Rank rank) {
  writer.begin_object().member("id", workspace.id).member("companyId", company_id);
  writer.member("projectId", project.id).member("name", workspace.name);
  writer.member("sourceType", "local_path").member("cwd", workspace.path);
  writer.member("repoUrl", workspace.repo_url);
  writer.member("repoRef", workspace.repo_ref);
  writer.member("defaultRef", workspace.default_ref);
  writer.member("visibility", "default");
  write_nulls(writer, {"setupCommand", "cleanupCommand", "remoteProvider", "remoteWorkspaceRef",
                       "sharedWorkspaceKey", "metadata", "runtimeConfig"});
  writer.member("isPrimary", rank == Rank::primary);
  write_times(writer);
  writer.end_object();
}

void write_codebase(json::Writer& writer, const DirectoryWorkspace* workspace) {
  const DirectoryWorkspace none;
  const auto& shown = workspace != nullptr ? *workspace : none;
  writer.key("codebase").begin_object();
  writer.member("workspaceId", workspace != nullptr ? std::optional(shown.id) : std::nullopt);
  writer.member("repoUrl", shown.repo_url);
  writer.member("repoRef", shown.repo_ref);
  writer.member("defaultRef", shown.default_ref);
  writer.key("repoName").null();
  writer.member("localFolder", workspace != nullptr ? std::optional(shown.path) : std::nullopt);
  writer.member("managedFolder", shown.path).member("effectiveLocalFolder", shown.path);
  writer.member("origin", "local_folder").end_object();
}

}  // namespace

std::string url_key(std::string_view name, std::string_view fallback) {
  std::string key;
  for (const char c : name) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      key += c;
    } else if (c >= 'A' && c <= 'Z') {
      key += static_cast<char>(c - 'A' + 'a');
    } else if (!key.empty() && key.back() != '-') {
      key += '-';
    }
  }
  if (key.ends_with('-')) key.pop_back();
  return key.empty() ? std::string(fallback) : key;
}

void write_company(json::Writer& writer, const DirectoryCompany& company,
                   std::string_view company_id) {
  writer.begin_object().member("id", company_id).member("name", company.name);
  writer.member("description", company.description);
  writer.member("status", company.status);
  write_nulls(writer, {"pauseReason", "pausedAt"});
  writer.member("issuePrefix", issue_prefix(company.name)).member("issueCounter", 0);
  writer.member("budgetMonthlyCents", 0).member("spentMonthlyCents", 0);
  writer.member("attachmentMaxBytes", k_attachment_bytes_max);
  write_nulls(writer, {"defaultResponsibleUserId"});
  writer.member("requireBoardApprovalForNewAgents", false);
  writer.raw_member("interactionResolverGovernance", "{}");
  writer.member("feedbackDataSharingEnabled", false);
  write_nulls(writer, {"feedbackDataSharingConsentAt", "feedbackDataSharingConsentByUserId",
                       "feedbackDataSharingTermsVersion"});
  writer.member("brandColor", company.brand_color);
  write_nulls(writer, {"logoAssetId", "logoUrl"});
  write_times(writer);
  writer.end_object();
}

void write_project(json::Writer& writer, const DirectoryProject& project,
                   std::string_view company_id) {
  const auto& workspaces = project.workspaces;
  writer.begin_object().member("id", project.id).member("companyId", company_id);
  writer.member("urlKey", url_key(project.name, "project")).key("goalId").null();
  writer.raw_member("goalIds", "[]").raw_member("goals", "[]").member("name", project.name);
  writer.member("description", project.description);
  writer.member("status", project.status);
  writer.member("leadAgentId", project.lead_agent_id);
  writer.member("targetDate", project.target_date);
  writer.member("color", project.color);
  writer.member("icon", project.icon);
  write_nulls(writer, {"env", "pauseReason", "pausedAt", "executionWorkspacePolicy"});
  write_codebase(writer, workspaces.empty() ? nullptr : &workspaces.front());
  writer.key("workspaces").begin_array();
  for (const auto& workspace : workspaces) {
    write_project_workspace(writer, workspace, project, company_id,
                            &workspace == &workspaces.front() ? Rank::primary : Rank::further);
  }
  writer.end_array().key("primaryWorkspace");
  if (workspaces.empty()) {
    writer.null();
  } else {
    write_project_workspace(writer, workspaces.front(), project, company_id, Rank::primary);
  }
  write_nulls(writer, {"managedByPlugin", "archivedAt"});
  write_times(writer);
  writer.end_object();
}

void write_agent(json::Writer& writer, const DirectoryAgent& agent, std::string_view company_id) {
  writer.begin_object().member("id", agent.id).member("companyId", company_id);
  writer.member("name", agent.name).member("urlKey", url_key(agent.name, "agent"));
  writer.member("role", agent.role);
  writer.member("title", agent.title);
  writer.member("icon", agent.icon);
  writer.member("status", agent.status);
  writer.member("reportsTo", agent.reports_to);
  writer.member("capabilities", agent.capabilities);
  writer.member("adapterType", "process");
  writer.raw_member("adapterConfig", "{}").raw_member("runtimeConfig", "{}");
  write_nulls(writer, {"defaultEnvironmentId"});
  writer.member("budgetMonthlyCents", 0).member("spentMonthlyCents", 0);
  write_nulls(writer, {"pauseReason", "pausedAt", "errorReason"});
  writer.raw_member("permissions", R"({"canCreateAgents":false})");
  write_nulls(writer, {"lastHeartbeatAt", "metadata"});
  write_times(writer);
  writer.end_object();
}

void write_plugin_workspace(json::Writer& writer, const DirectoryWorkspace& workspace,
                            std::string_view project_id, Rank rank) {
  writer.begin_object().member("id", workspace.id).member("projectId", project_id);
  writer.member("name", workspace.name).member("path", workspace.path);
  writer.member("repoUrl", workspace.repo_url);
  writer.member("repoRef", workspace.repo_ref);
  writer.member("defaultRef", workspace.default_ref);
  writer.member("isPrimary", rank == Rank::primary);
  write_times(writer);
  writer.end_object();
}

}  // namespace collet::services
