// The companies, projects and agents that plugins find when they look around.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace collet {

/// What the operator says of a company. Statuses and roles are the words of the plugins' SDK
/// (docs/host-services.md has them).
struct DirectoryCompany {
  std::string id{};
  std::string name{};
  std::optional<std::string> description{};
  std::string status = "active";
  std::optional<std::string> brand_color{};
};

/// A folder in which a project is worked on.
struct DirectoryWorkspace {
  std::string id{};
  std::string name{};
  std::string path{};  ///< absolute
  std::optional<std::string> repo_url{};
  std::optional<std::string> repo_ref{};
  std::optional<std::string> default_ref{};
};

struct DirectoryProject {
  std::string id{};
  std::string company_id{};  ///< empty: the first company
  std::string name{};
  std::optional<std::string> description{};
  std::string status = "in_progress";
  std::optional<std::string> lead_agent_id{};
  std::optional<std::string> target_date{};
  std::optional<std::string> color{};
  std::optional<std::string> icon{};
  std::vector<DirectoryWorkspace> workspaces{};  ///< the first is the primary one
};

struct DirectoryAgent {
  std::string id{};
  std::string company_id{};  ///< empty: the first company
  std::string name{};
  std::string role = "general";
  std::string status = "idle";
  std::optional<std::string> title{};
  std::optional<std::string> icon{};
  std::optional<std::string> reports_to{};
  std::optional<std::string> capabilities{};
};

/// Where there is none of a kind, plugins find one with the id "default".
struct Directory {
  std::vector<DirectoryCompany> companies{};
  std::vector<DirectoryProject> projects{};
  std::vector<DirectoryAgent> agents{};
};

}  // namespace collet
