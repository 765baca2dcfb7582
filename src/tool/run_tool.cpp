#include "tool/run_tool.hpp"

#include <cassert>
#include <string>
#include <utility>

namespace collet::tool {

namespace {

bool was_worked_on(const Result<ToolResult>& outcome) {
  if (outcome) return true;
  const auto code = outcome.error().code;
  return code != ErrorCode::worker_unavailable && code != ErrorCode::overloaded &&
         code != ErrorCode::shutting_down;
}

}  // namespace

void run(std::shared_ptr<const RegisteredTool> tool, ToolCall call, Turn turn,
         Reply<ToolExecutionResult> reply) {
  assert(call.deadline && "whoever runs a tool says by when");
  ToolProvider* const provider = tool->provider.get();
  if (provider == nullptr) {
    turn.give_back(Turn::Lesson::none);
    return reply(fail(ErrorCode::worker_unavailable,
                      "Cannot execute tool \"" + tool->namespaced_name +
                          "\" — nothing runs the "
                          "tools of plugin \"" +
                          tool->plugin_id + "\".",
                      "register the tool with a provider"));
  }
  Reply<ToolResult> answer(
      [tool, turn = std::move(turn), reply = std::move(reply)](Result<ToolResult> outcome) mutable {
        // First: whoever calls again from the answer finds the room.
        turn.give_back(was_worked_on(outcome) ? Turn::Lesson::learn : Turn::Lesson::none);
        if (!outcome) return reply(std::unexpected(std::move(outcome.error())));
        reply(ToolExecutionResult{
            .plugin_id = tool->plugin_id, .tool_name = tool->name, .result = std::move(*outcome)});
      });
  provider->call(std::move(tool), std::move(call), std::move(answer));
}

Error tool_not_found(const ToolRegistry& registry, std::string_view name) {
  const auto closest = registry.closest_name(name);
  return {.code = ErrorCode::tool_not_found,
          .message = "Tool \"" + std::string(name) + "\" not found",
          .remedy = closest ? "did you mean \"" + *closest + "\"?"
                            : "run `collet tool list` to see all tools"};
}

}  // namespace collet::tool
