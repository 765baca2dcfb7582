// What the lifecycle decides without doing anything: transitions, refusals and their texts. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collet/lifecycle_manager.hpp"

namespace collet::plugin {

/// Fails with `invalid_transition` where the table does not allow `from` → `to`.
[[nodiscard]] Result<Done> check_transition(const std::string& key, PluginStatus from,
                                            PluginStatus to);

/// What operators ask for and the statuses in which they may.
struct OperationRule {
  std::string_view verb;        ///< "Cannot <verb> plugin in status …"
  std::string_view participle;  ///< "… status to be <participle>."
  std::span<const PluginStatus> allowed;
  std::string_view remedy;
};
extern const OperationRule k_enable_rule;
extern const OperationRule k_disable_rule;
extern const OperationRule k_upgrade_rule;
extern const OperationRule k_restart_rule;
/// Fails with `invalid_transition`, in the reference's words.
[[nodiscard]] Result<Done> check_operation(const OperationRule& rule, const PluginRecord& row);

/// Fails with `install_failed` where the manifest asks for a newer host.
[[nodiscard]] Result<Done> check_host_version(const Manifest& manifest,
                                              std::string_view host_version);

/// Capabilities of `after` that `before` does not declare, each once. `before` may be null: nothing
/// was approved then.
[[nodiscard]] std::vector<std::string> new_capabilities(const Manifest* before,
                                                        const Manifest& after);
/// The `approval_required` failure for them.
[[nodiscard]] Error approval_error(const PluginRecord& row, const Manifest* before,
                                   const std::vector<std::string>& wanted);

}  // namespace collet::plugin
