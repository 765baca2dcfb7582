#include "services/directory_service.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "json/writer.hpp"
#include "services/directory_rows.hpp"
#include "services/params.hpp"

namespace collet::services {
namespace {

constexpr auto k_default_id = "default";
constexpr auto k_default_name = "Default";

/// Which of the rows that fit are asked for.
class Page {
 public:
  static Result<Page> of(const Params& params) {
    Page page;
    auto limit = params.optional_count("limit");
    if (!limit) return std::unexpected(std::move(limit.error()));
    auto offset = params.optional_count("offset");
    if (!offset) return std::unexpected(std::move(offset.error()));
    page.left_ = limit->value_or(std::numeric_limits<std::uint64_t>::max());
    page.skipped_ = offset->value_or(0);
    return page;
  }
  /// Called for each row in order.
  bool takes_next() {
    if (skipped_ > 0) return --skipped_, false;
    if (left_ == 0) return false;
    --left_;
    return true;
  }

 private:
  std::uint64_t left_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace

Directory with_defaults(Directory directory) {
  auto& [companies, projects, agents] = directory;
  if (companies.empty()) companies.push_back({.id = k_default_id, .name = k_default_name});
  if (projects.empty()) projects.push_back({.id = k_default_id, .name = k_default_name});
  if (agents.empty()) agents.push_back({.id = k_default_id, .name = k_default_name});
  return directory;
}

DirectoryService::DirectoryService(Directory directory)
    : projects_are_anybodys_(directory.projects.empty()),
      agents_are_anybodys_(directory.agents.empty()),
      directory_(with_defaults(std::move(directory))) {}

void DirectoryService::add_to(ServiceTable& table) {
  using Handler = Result<std::string> (DirectoryService::*)(const ServiceCall&) const;
  const auto add = [&](std::string_view method, Handler handler) {
    table.add(method, [this, handler](const ServiceCall& call, Reply<std::string> reply) {
      reply((this->*handler)(call));
    });
  };
  add("companies.list", &DirectoryService::list_companies);
  add("companies.get", &DirectoryService::get_company);
  add("projects.list", &DirectoryService::list_projects);
  add("projects.get", &DirectoryService::get_project);
  add("projects.listWorkspaces", &DirectoryService::list_workspaces);
  add("projects.getPrimaryWorkspace", &DirectoryService::get_primary_workspace);
  add("agents.list", &DirectoryService::list_agents);
  add("agents.get", &DirectoryService::get_agent);
}

const DirectoryCompany* DirectoryService::find_company(std::string_view id) const {
  const auto found = std::ranges::find(directory_.companies, id, &DirectoryCompany::id);
  return found == directory_.companies.end() ? nullptr : &*found;
}

const DirectoryCompany& DirectoryService::tenant(const ServiceCall& call) const {
  const auto* named = find_company(call.company_id);
  return named != nullptr ? *named : directory_.companies.front();
}

Result<DirectoryService::Asked> DirectoryService::asked_by(const ServiceCall& call) const {
  const Params params(call.method, call.params);
  auto id = params.optional_text("companyId");
  if (!id) return std::unexpected(std::move(id.error()));
  if (call.tenancy == Tenancy::multi) {
    // The gate has held the id that was asked for against this one.
    if (call.company_id.empty()) return params.wrong("companyId", "has to be a string");
    return Asked{.company = find_company(call.company_id), .id = std::string(call.company_id)};
  }
  const auto* found = *id ? find_company(**id) : nullptr;
  if (found == nullptr) found = &tenant(call);
  return Asked{.company = found, .id = id->value_or(found->id)};
}

bool DirectoryService::belongs(std::string_view company_id, const Asked& asked) const {
  const auto& owner = company_id.empty() ? directory_.companies.front().id : company_id;
  return asked.company != nullptr && asked.company->id == owner;
}

Result<std::string> DirectoryService::list_companies(const ServiceCall& call) const {
  auto page = Page::of(Params(call.method, call.params));
  if (!page) return std::unexpected(std::move(page.error()));
  json::Writer writer;
  writer.begin_array();
  if (call.tenancy == Tenancy::multi) {
    if (!call.company_id.empty() && page->takes_next()) {
      const std::string id(call.company_id);
      const auto* configured = find_company(id);
      write_company(writer, configured != nullptr ? *configured : DirectoryCompany{.name = id}, id);
    }
  } else {
    for (const auto& company : directory_.companies) {
      if (page->takes_next()) write_company(writer, company, company.id);
    }
  }
  return std::move(writer.end_array()).take();
}

// An id that nobody configured is the tenant's while a call that names it runs; else it is unknown.
Result<std::string> DirectoryService::get_company(const ServiceCall& call) const {
  const Params params(call.method, call.params);
  auto id = params.text("companyId");
  if (!id) return std::unexpected(std::move(id.error()));
  // The gate has held what was asked for against the caller's company.
  if (call.tenancy == Tenancy::multi) id = std::string(call.company_id);
  const DirectoryCompany unnamed{.name = *id};
  const auto* company = find_company(*id);
  if (company == nullptr && call.tenancy == Tenancy::multi && !id->empty()) company = &unnamed;
  if (company == nullptr && call.invocations.serve(*id)) company = &tenant(call);
  if (company == nullptr) return "null";
  json::Writer writer;
  write_company(writer, *company, *id);
  return std::move(writer).take();
}

Result<std::string> DirectoryService::list_projects(const ServiceCall& call) const {
  auto page = Page::of(Params(call.method, call.params));
  if (!page) return std::unexpected(std::move(page.error()));
  const auto asked = asked_by(call);
  if (!asked) return std::unexpected(asked.error());
  json::Writer writer;
  writer.begin_array();
  for (const auto& project : directory_.projects) {
    if (!projects_are_anybodys_ && !belongs(project.company_id, *asked)) continue;
    if (page->takes_next()) write_project(writer, project, asked->id);
  }
  return std::move(writer.end_array()).take();
}

Result<std::optional<DirectoryProject>> DirectoryService::project_of(const ServiceCall& call,
                                                                     const Asked& asked) const {
  auto id = Params(call.method, call.params).text("projectId");
  if (!id) return std::unexpected(std::move(id.error()));
  const auto found = std::ranges::find(directory_.projects, *id, &DirectoryProject::id);
  if (found == directory_.projects.end() ||
      (!projects_are_anybodys_ && !belongs(found->company_id, asked))) {
    return std::nullopt;
  }
  return *found;
}

Result<std::string> DirectoryService::get_project(const ServiceCall& call) const {
  const auto asked = asked_by(call);
  if (!asked) return std::unexpected(asked.error());
  const auto project = project_of(call, *asked);
  if (!project) return std::unexpected(project.error());
  if (!*project) return "null";
  json::Writer writer;
  write_project(writer, **project, asked->id);
  return std::move(writer).take();
}

Result<std::string> DirectoryService::list_workspaces(const ServiceCall& call) const {
  const auto asked = asked_by(call);
  if (!asked) return std::unexpected(asked.error());
  const auto project = project_of(call, *asked);
  if (!project) return std::unexpected(project.error());
  json::Writer writer;
  writer.begin_array();
  if (*project) {
    auto rank = Rank::primary;
    for (const auto& workspace : (*project)->workspaces) {
      write_plugin_workspace(writer, workspace, (*project)->id, rank);
      rank = Rank::further;
    }
  }
  return std::move(writer.end_array()).take();
}

Result<std::string> DirectoryService::get_primary_workspace(const ServiceCall& call) const {
  const auto asked = asked_by(call);
  if (!asked) return std::unexpected(asked.error());
  const auto project = project_of(call, *asked);
  if (!project) return std::unexpected(project.error());
  if (!*project || (*project)->workspaces.empty()) return "null";
  json::Writer writer;
  write_plugin_workspace(writer, (*project)->workspaces.front(), (*project)->id, Rank::primary);
  return std::move(writer).take();
}

Result<std::string> DirectoryService::list_agents(const ServiceCall& call) const {
  const Params params(call.method, call.params);
  auto page = Page::of(params);
  if (!page) return std::unexpected(std::move(page.error()));
  const auto status = params.optional_text("status");
  if (!status) return std::unexpected(status.error());
  const auto asked = asked_by(call);
  if (!asked) return std::unexpected(asked.error());
  json::Writer writer;
  writer.begin_array();
  for (const auto& agent : directory_.agents) {
    if (!agents_are_anybodys_ && !belongs(agent.company_id, *asked)) continue;
    if (*status && agent.status != **status) continue;
    if (page->takes_next()) write_agent(writer, agent, asked->id);
  }
  return std::move(writer.end_array()).take();
}

Result<std::string> DirectoryService::get_agent(const ServiceCall& call) const {
  const auto asked = asked_by(call);
  if (!asked) return std::unexpected(asked.error());
  auto id = Params(call.method, call.params).text("agentId");
  if (!id) return std::unexpected(std::move(id.error()));
  const auto found = std::ranges::find(directory_.agents, *id, &DirectoryAgent::id);
  if (found == directory_.agents.end() ||
      (!agents_are_anybodys_ && !belongs(found->company_id, *asked))) {
    return "null";
  }
  json::Writer writer;
  write_agent(writer, *found, asked->id);
  return std::move(writer).take();
}

}  // namespace collet::services
