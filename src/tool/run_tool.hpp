// The last step of a call inside tool/: from a tool that was found to its provider and back.
#pragma once

#include <memory>
#include <string_view>

#include "collet/tool.hpp"
#include "collet/tool_registry.hpp"
#include "tool/admission.hpp"

namespace collet::tool {

/// Hands `call`, whose deadline is set, to the tool's provider and gives the result its origin.
/// `turn` ends just before the answer; the tool and its provider stay alive until it. Any thread.
void run(std::shared_ptr<const RegisteredTool> tool, ToolCall call, Turn turn,
         Reply<ToolExecutionResult> reply);

/// The error of a name that is not registered, with the name that was probably meant.
[[nodiscard]] Error tool_not_found(const ToolRegistry& registry, std::string_view name);

}  // namespace collet::tool
