#include "app/config_directory.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "app/text.hpp"

namespace collet::app {
namespace {

using Mistake = std::optional<ConfigMistake>;
using Choices = std::span<const std::string_view>;

// The words of the plugins' SDK.
constexpr std::array<std::string_view, 3> k_company_statuses{"active", "paused", "archived"};
constexpr std::array<std::string_view, 5> k_project_statuses{"backlog", "planned", "in_progress",
                                                             "completed", "cancelled"};
constexpr std::array<std::string_view, 7> k_agent_statuses{
    "active", "paused", "idle", "running", "error", "pending_approval", "terminated"};
constexpr std::array<std::string_view, 12> k_agent_roles{
    "ceo",      "cto", "cmo", "cfo",    "security",   "engineer",
    "designer", "pm",  "qa",  "devops", "researcher", "general"};

/// A key whose value is a text.
template <class Row>
struct TextKey {
  std::string_view name;
  void (*set)(Row& row, std::string text);
  Choices choices{};  // where there are any
};

template <auto member, class Row>
void put(Row& row, std::string text) {
  row.*member = std::move(text);
}

using Company = DirectoryCompany;
using Workspace = DirectoryWorkspace;
using Project = DirectoryProject;
using Agent = DirectoryAgent;

constexpr std::array<TextKey<Company>, 5> k_company_keys{{
    {"id", put<&Company::id>},
    {"name", put<&Company::name>},
    {"description", put<&Company::description>},
    {"status", put<&Company::status>, k_company_statuses},
    {"brand_color", put<&Company::brand_color>},
}};
constexpr std::array<TextKey<Workspace>, 6> k_workspace_keys{{
    {"id", put<&Workspace::id>},
    {"name", put<&Workspace::name>},
    {"path", put<&Workspace::path>},
    {"repo_url", put<&Workspace::repo_url>},
    {"repo_ref", put<&Workspace::repo_ref>},
    {"default_ref", put<&Workspace::default_ref>},
}};
constexpr std::array<TextKey<Project>, 9> k_project_keys{{
    {"id", put<&Project::id>},
    {"company", put<&Project::company_id>},
    {"name", put<&Project::name>},
    {"description", put<&Project::description>},
    {"status", put<&Project::status>, k_project_statuses},
    {"lead_agent", put<&Project::lead_agent_id>},
    {"target_date", put<&Project::target_date>},
    {"color", put<&Project::color>},
    {"icon", put<&Project::icon>},
}};
constexpr std::array<TextKey<Agent>, 9> k_agent_keys{{
    {"id", put<&Agent::id>},
    {"company", put<&Agent::company_id>},
    {"name", put<&Agent::name>},
    {"role", put<&Agent::role>, k_agent_roles},
    {"status", put<&Agent::status>, k_agent_statuses},
    {"title", put<&Agent::title>},
    {"icon", put<&Agent::icon>},
    {"reports_to", put<&Agent::reports_to>},
    {"capabilities", put<&Agent::capabilities>},
}};

std::string listed(Choices choices) {
  std::string text;
  for (const auto choice : choices)
    text += fmt::format("{}\"{}\"", text.empty() ? "" : ", ", choice);
  return text;
}

Mistake wrong(const toml::node& node, std::string what, std::string remedy = {}) {
  return ConfigMistake{node.source().begin.line, std::move(what), std::move(remedy)};
}

template <class Row>
Mistake unknown(const toml::key& key, const std::string& table,
                std::span<const TextKey<Row>> keys) {
  std::vector<std::string> names;
  for (const auto& each : keys) names.emplace_back(each.name);
  std::string remedy;
  if (const auto meant = closest(key.str(), names)) {
    remedy = fmt::format("did you mean {}.{}?", table, *meant);
  } else {
    for (const auto& name : names) remedy += (remedy.empty() ? "known are " : ", ") + name;
  }
  return ConfigMistake{key.source().begin.line,
                       fmt::format("there is no key {}.{}", table, key.str()), std::move(remedy)};
}

// One table; what is no text is left to `read_other`, which is false for keys that it does not
// know.
template <class Row, class ReadOther>
Mistake read_row(const toml::table& table, const std::string& name,
                 std::span<const TextKey<Row>> keys, Row& row, ReadOther read_other) {
  for (const auto& [key, value] : table) {
    const auto known = std::ranges::find(keys, key.str(), &TextKey<Row>::name);
    if (known == keys.end()) {
      Mistake mistake;
      if (!read_other(key.str(), value, mistake)) return unknown(key, name, keys);
      if (mistake) return mistake;
      continue;
    }
    const auto text = value.template value_exact<std::string>();
    const auto& choices = known->choices;
    if (text && !choices.empty() && std::ranges::find(choices, *text) == choices.end()) {
      return wrong(value, fmt::format("{}.{} must be one of {}", name, key.str(), listed(choices)));
    }
    if (!text || text->empty()) {
      return wrong(value, fmt::format("{}.{} must be a text that is not empty", name, key.str()));
    }
    known->set(row, *text);
  }
  if (row.id.empty()) return wrong(table, name + " has no id");
  if (row.name.empty()) row.name = row.id;
  return {};
}

constexpr auto no_other = [](std::string_view, const toml::node&, Mistake&) { return false; };

// An array of tables, each read by `read_one` into a row of its own with an id of its own.
template <class Row, class ReadOne>
Mistake read_rows(const toml::node& value, const std::string& name, std::vector<Row>& rows,
                  ReadOne read_one) {
  const auto* array = value.as_array();
  if (array == nullptr) return wrong(value, fmt::format("{} must be written [[{}]]", name, name));
  for (const auto& element : *array) {
    const auto* table = element.as_table();
    if (table == nullptr)
      return wrong(element, fmt::format("{} must be written [[{}]]", name, name));
    Row row;
    if (auto mistake = read_one(*table, row)) return mistake;
    if (std::ranges::find(rows, row.id, &Row::id) != rows.end())
      return wrong(*table, fmt::format("there are two {} with the id \"{}\"", name, row.id));
    rows.push_back(std::move(row));
  }
  return {};
}

Mistake read_workspace(const toml::table& table, Workspace& workspace) {
  auto mistake =
      read_row<Workspace>(table, "project.workspace", k_workspace_keys, workspace, no_other);
  if (!mistake && !std::filesystem::path(workspace.path).is_absolute())
    return wrong(table, "project.workspace.path must be an absolute path");
  return mistake;
}

Mistake read_project(const toml::table& table, Project& project) {
  return read_row<Project>(table, "project", k_project_keys, project,
                           [&](std::string_view key, const toml::node& value, Mistake& mistake) {
                             if (key != "workspace") return false;
                             mistake = read_rows(value, "project.workspace", project.workspaces,
                                                 read_workspace);
                             return true;
                           });
}

template <class Row>
Mistake check_companies(const toml::node* node, std::string_view name, const std::vector<Row>& rows,
                        const Directory& directory) {
  const auto* array = node != nullptr ? node->as_array() : nullptr;
  for (std::size_t i = 0; array != nullptr && i < rows.size(); ++i) {
    const auto& company = rows[i].company_id;
    if (company.empty() ||
        std::ranges::find(directory.companies, company, &Company::id) != directory.companies.end())
      continue;
    return wrong((*array)[i], fmt::format("{}.company is \"{}\", and there is no [[company]] with "
                                          "that id",
                                          name, company));
  }
  return {};
}

template <class Row, std::size_t size>
void add_names(std::vector<std::string>& names, const std::string& prefix,
               const std::array<TextKey<Row>, size>& keys) {
  for (const auto& key : keys) names.push_back(prefix + std::string(key.name));
}

}  // namespace

std::vector<std::string> directory_tables() {
  return {"company", "project", "agent"};
}

std::vector<std::string> directory_keys() {
  std::vector<std::string> names;
  add_names(names, "company.", k_company_keys);
  add_names(names, "project.", k_project_keys);
  add_names(names, "project.workspace.", k_workspace_keys);
  add_names(names, "agent.", k_agent_keys);
  return names;
}

std::optional<ConfigMistake> read_directory(std::string_view table, const toml::node& value,
                                            Directory& directory) {
  if (table == "company") {
    return read_rows(value, "company", directory.companies,
                     [](const toml::table& each, Company& company) {
                       return read_row<Company>(each, "company", k_company_keys, company, no_other);
                     });
  }
  if (table == "project") return read_rows(value, "project", directory.projects, read_project);
  return read_rows(value, "agent", directory.agents, [](const toml::table& each, Agent& agent) {
    return read_row<Agent>(each, "agent", k_agent_keys, agent, no_other);
  });
}

std::optional<ConfigMistake> check_directory(const toml::table& root, const Directory& directory) {
  auto mistake = check_companies(root.get("project"), "project", directory.projects, directory);
  if (!mistake) mistake = check_companies(root.get("agent"), "agent", directory.agents, directory);
  return mistake;
}

std::optional<ConfigMistake> read_folders(const toml::node& value, const std::string& name,
                                          std::map<std::string, std::filesystem::path>& folders) {
  const auto* table = value.as_table();
  if (table == nullptr) return wrong(value, name + " must be a table of folder keys and paths");
  for (const auto& [key, element] : *table) {
    const auto text = element.value_exact<std::string>();
    if (!text || !std::filesystem::path(*text).is_absolute())
      return wrong(element, fmt::format("{}.{} must be an absolute path", name, key.str()));
    folders[std::string(key.str())] = *text;
  }
  return {};
}

}  // namespace collet::app
