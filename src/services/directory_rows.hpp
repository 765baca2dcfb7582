// Companies, projects and agents as the SDK's types have them: what the operator says, and a
// neutral value for everything else. Pure.
#pragma once

#include <string>
#include <string_view>

#include "collet/directory.hpp"
#include "json/writer.hpp"

namespace collet::services {

// `company_id` is the id under which whoever asks knows the company.
void write_company(json::Writer& writer, const DirectoryCompany& company,
                   std::string_view company_id);
void write_project(json::Writer& writer, const DirectoryProject& project,
                   std::string_view company_id);
void write_agent(json::Writer& writer, const DirectoryAgent& agent, std::string_view company_id);

enum class Rank : std::uint8_t { primary, further };
/// A workspace as plugins get it by itself (`PluginWorkspace`).
void write_plugin_workspace(json::Writer& writer, const DirectoryWorkspace& workspace,
                            std::string_view project_id, Rank rank);

/// "Ops & Tools" as "ops-tools"; `fallback` where nothing is left.
[[nodiscard]] std::string url_key(std::string_view name, std::string_view fallback);

}  // namespace collet::services
