// `companies.*`, `projects.*` and `agents.*`: what plugins find when they look around.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/directory.hpp"
#include "services/service_table.hpp"

namespace collet::services {

/// The directory with the default of each kind of which nothing is configured.
[[nodiscard]] Directory with_defaults(Directory directory);

/// Answers from what the operator configured, or with a default of each. With one tenant, every id
/// of a company that is not configured means him: callers name what they like, and plugins ask for
/// it. What comes back then carries the id that was asked for. In `Tenancy::multi` nobody sees
/// another company than the caller's. It outlives the table. Loop thread only.
class DirectoryService {
 public:
  explicit DirectoryService(Directory directory);
  void add_to(ServiceTable& table);

 private:
  /// A company as whoever asks knows it.
  struct Asked {
    const DirectoryCompany* company = nullptr;  ///< null: one that nobody configured
    std::string id{};                           ///< as it was asked for
  };

  Result<std::string> list_companies(const ServiceCall& call) const;
  Result<std::string> get_company(const ServiceCall& call) const;
  Result<std::string> list_projects(const ServiceCall& call) const;
  Result<std::string> get_project(const ServiceCall& call) const;
  Result<std::string> list_workspaces(const ServiceCall& call) const;
  Result<std::string> get_primary_workspace(const ServiceCall& call) const;
  Result<std::string> list_agents(const ServiceCall& call) const;
  Result<std::string> get_agent(const ServiceCall& call) const;

  Result<Asked> asked_by(const ServiceCall& call) const;
  [[nodiscard]] const DirectoryCompany* find_company(std::string_view id) const;
  /// The company that calls act for where they name none that is configured.
  [[nodiscard]] const DirectoryCompany& tenant(const ServiceCall& call) const;
  /// Whether what stands under `company_id` in the configuration is that company's.
  [[nodiscard]] bool belongs(std::string_view company_id, const Asked& asked) const;
  Result<std::optional<DirectoryProject>> project_of(const ServiceCall& call,
                                                     const Asked& asked) const;

  bool projects_are_anybodys_;  ///< none is configured: each company has the default one
  bool agents_are_anybodys_;
  Directory directory_;
};

}  // namespace collet::services
