#include "services/core_tables.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

namespace collet::services {
namespace {

struct TableColumns {
  std::string_view table;
  std::string_view columns;  // with spaces between
};

constexpr std::array<TableColumns, 13> k_tables{{
    {"agents",
     "id company_id name role title icon status reports_to capabilities adapter_type "
     "adapter_config runtime_config default_environment_id budget_monthly_cents "
     "spent_monthly_cents pause_reason paused_at permissions last_heartbeat_at metadata created_at "
     "updated_at"},
    {"approvals",
     "id company_id type requested_by_agent_id requested_by_user_id status payload decision_note "
     "decided_by_user_id decided_at created_at updated_at"},
    {"budget_incidents",
     "id company_id policy_id scope_type scope_id metric window_kind window_start window_end "
     "threshold_type amount_limit amount_observed status approval_id resolved_at created_at "
     "updated_at"},
    {"companies",
     "id name description status pause_reason paused_at issue_prefix issue_counter "
     "budget_monthly_cents spent_monthly_cents attachment_max_bytes default_responsible_user_id "
     "require_board_approval_for_new_agents brand_color created_at updated_at"},
    {"cost_events",
     "id company_id agent_id issue_id project_id goal_id heartbeat_run_id billing_code provider "
     "biller billing_type model input_tokens cached_input_tokens output_tokens cost_cents "
     "occurred_at created_at"},
    {"goals",
     "id company_id title description level status parent_id owner_agent_id created_at updated_at"},
    {"heartbeat_runs",
     "id company_id agent_id invocation_source trigger_detail status started_at finished_at error "
     "wakeup_request_id exit_code signal usage_json result_json session_id_before session_id_after "
     "log_store log_ref log_bytes log_sha256 log_compressed stdout_excerpt stderr_excerpt "
     "error_code external_run_id context_snapshot created_at updated_at"},
    {"issue_approvals",
     "company_id issue_id approval_id linked_by_agent_id linked_by_user_id created_at"},
    {"issue_comments",
     "id company_id issue_id author_agent_id author_user_id created_by_run_id body created_at "
     "updated_at"},
    {"issue_documents", "id company_id issue_id document_id key created_at updated_at"},
    {"issue_relations",
     "id company_id issue_id related_issue_id type created_by_agent_id created_by_user_id "
     "created_at updated_at"},
    {"issues",
     "id company_id project_id project_workspace_id goal_id parent_id title description status "
     "priority assignee_agent_id assignee_user_id checkout_run_id execution_run_id "
     "execution_agent_name_key execution_locked_at created_by_agent_id created_by_user_id "
     "issue_number identifier origin_kind origin_id origin_run_id request_depth billing_code "
     "assignee_adapter_overrides execution_policy execution_state execution_workspace_id "
     "execution_workspace_preference execution_workspace_settings started_at completed_at "
     "cancelled_at hidden_at created_at updated_at"},
    {"projects",
     "id company_id goal_id name description status lead_agent_id target_date color icon env "
     "pause_reason paused_at execution_workspace_policy archived_at created_at updated_at"},
}};

using Values = std::map<std::string_view, std::optional<std::string>>;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    words.emplace_back(word);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return words;
}

// What is not named is NULL; nothing here has a history.
void add_row(CoreTable& table, Values values) {
  constexpr auto no_time = "1970-01-01T00:00:00.000Z";
  values.emplace("created_at", no_time);
  values.emplace("updated_at", no_time);
  auto& row = table.rows.emplace_back();
  for (const auto& column : table.columns) {
    const auto found = values.find(column);
    row.push_back(found != values.end() ? found->second : std::nullopt);
  }
}

void fill(CoreTable& table, const Directory& directory) {
  const auto owner = [&](const std::string& company_id) {
    return company_id.empty() && !directory.companies.empty() ? directory.companies.front().id
                                                              : company_id;
  };
  if (table.name == "companies") {
    for (const auto& company : directory.companies) {
      add_row(table, {{"id", company.id},
                      {"name", company.name},
                      {"description", company.description},
                      {"status", company.status},
                      {"brand_color", company.brand_color}});
    }
  } else if (table.name == "projects") {
    for (const auto& project : directory.projects) {
      add_row(table, {{"id", project.id},
                      {"company_id", owner(project.company_id)},
                      {"name", project.name},
                      {"description", project.description},
                      {"status", project.status},
                      {"lead_agent_id", project.lead_agent_id},
                      {"target_date", project.target_date},
                      {"color", project.color},
                      {"icon", project.icon}});
    }
  } else if (table.name == "agents") {
    for (const auto& agent : directory.agents) {
      add_row(table, {{"id", agent.id},
                      {"company_id", owner(agent.company_id)},
                      {"name", agent.name},
                      {"role", agent.role},
                      {"title", agent.title},
                      {"icon", agent.icon},
                      {"status", agent.status},
                      {"reports_to", agent.reports_to},
                      {"capabilities", agent.capabilities},
                      {"adapter_type", "process"},
                      {"adapter_config", "{}"},
                      {"runtime_config", "{}"},
                      {"permissions", "{}"}});
    }
  }
}

}  // namespace

std::vector<CoreTable> core_tables(const std::vector<std::string>& names,
                                   const Directory& directory) {
  std::vector<CoreTable> tables;
  for (const auto& name : names) {
    const auto known = std::ranges::find(k_tables, name, &TableColumns::table);
    if (known == k_tables.end()) continue;
    CoreTable table{.name = name, .columns = words_of(known->columns)};
    fill(table, directory);
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace collet::services
