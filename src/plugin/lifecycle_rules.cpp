#include "plugin/lifecycle_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "plugin/version.hpp"

namespace collet {
namespace {

using enum PluginStatus;

/// Every legal change of status; all others are refused.
constexpr std::array<std::pair<PluginStatus, PluginStatus>, 16> k_transitions{{
    {installed, ready},
    {installed, error},
    {installed, uninstalled},
    {ready, ready},
    {ready, disabled},
    {ready, error},
    {ready, upgrade_pending},
    {ready, uninstalled},
    {disabled, ready},
    {disabled, uninstalled},
    {error, ready},
    {error, uninstalled},
    {upgrade_pending, ready},
    {upgrade_pending, error},
    {upgrade_pending, uninstalled},
    {uninstalled, installed},
}};

constexpr PluginStatus k_may_enable[] = {disabled, error, upgrade_pending};
constexpr PluginStatus k_may_upgrade[] = {ready, upgrade_pending};
constexpr PluginStatus k_ready_only[] = {ready};

}  // namespace

bool transition_allowed(PluginStatus from, PluginStatus to) {
  return std::ranges::find(k_transitions, std::pair(from, to)) != k_transitions.end();
}

namespace plugin {

const OperationRule k_enable_rule{.verb = "enable",
                                  .participle = "enabled",
                                  .allowed = k_may_enable,
                                  .remedy = "collet plugin show tells its status"};
const OperationRule k_disable_rule{.verb = "disable",
                                   .participle = "disabled",
                                   .allowed = k_ready_only,
                                   .remedy = "only a ready plugin has anything to disable"};
const OperationRule k_upgrade_rule{.verb = "upgrade",
                                   .participle = "upgraded",
                                   .allowed = k_may_upgrade,
                                   .remedy = "enable it first: collet plugin enable"};
const OperationRule k_restart_rule{.verb = "restart",
                                   .participle = "restarted",
                                   .allowed = k_ready_only,
                                   .remedy = "start it with: collet plugin enable"};

Result<Done> check_transition(const std::string& key, PluginStatus from, PluginStatus to) {
  if (transition_allowed(from, to)) return Done{};
  return fail(ErrorCode::invalid_transition,
              fmt::format("Invalid lifecycle transition: {} → {} for plugin {}", to_string(from),
                          to_string(to), key),
              "collet plugin show tells its status");
}

Result<Done> check_operation(const OperationRule& rule, const PluginRecord& row) {
  if (std::ranges::find(rule.allowed, row.status) != rule.allowed.end()) return Done{};
  // 'a' · 'a' or 'b' · 'a', 'b', or 'c'
  std::string wanted;
  std::size_t index = 0;
  for (const auto status : rule.allowed) {
    const bool last = ++index == rule.allowed.size();
    if (index > 1) wanted += rule.allowed.size() > 2 ? ", " : " ";
    if (last && index > 1) wanted += "or ";
    wanted += fmt::format("'{}'", to_string(status));
  }
  return fail(ErrorCode::invalid_transition,
              fmt::format("Cannot {} plugin in status '{}'. Plugin must be in {} status to be {}.",
                          rule.verb, to_string(row.status), wanted, rule.participle),
              std::string(rule.remedy));
}

Result<Done> check_host_version(const Manifest& manifest, std::string_view host_version) {
  const auto& minimum = manifest.minimum_host_version;
  if (!minimum || compare_versions(host_version, *minimum) >= 0) return Done{};
  return fail(ErrorCode::install_failed,
              fmt::format("Plugin {} requires host version {} or newer, but this server is running "
                          "{}",
                          manifest.id, *minimum, host_version),
              "install an older version of the plugin, or a newer Collet");
}

std::vector<std::string> new_capabilities(const Manifest* before, const Manifest& after) {
  std::vector<std::string> wanted;
  for (const auto& capability : after.capabilities) {
    const bool approved =
        before != nullptr &&
        std::ranges::find(before->capabilities, capability) != before->capabilities.end();
    if (!approved && std::ranges::find(wanted, capability) == wanted.end()) {
      wanted.push_back(capability);
    }
  }
  return wanted;
}

Error approval_error(const PluginRecord& row, const Manifest* before,
                     const std::vector<std::string>& wanted) {
  const auto declared = before != nullptr ? before->capabilities : std::vector<std::string>{};
  return Error{
      .code = ErrorCode::approval_required,
      .message = fmt::format(
          "Upgrade for \"{}\" introduces new capabilities that require approval: {}. The previous "
          "version declared [{}]. Please review and approve the capability escalation before "
          "upgrading.",
          row.id, fmt::join(wanted, ", "), fmt::join(declared, ", ")),
      .remedy = fmt::format("to approve them: collet plugin enable {}", row.plugin_key)};
}

}  // namespace plugin
}  // namespace collet
