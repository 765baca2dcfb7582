// For tests: a provider that keeps the calls until the test answers them.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "collet/tool.hpp"

namespace collet::tool {

/// One thread.
class FakeProvider final : public ToolProvider {
 public:
  struct Received {
    std::shared_ptr<const RegisteredTool> tool;
    ToolCall call;
    Reply<ToolResult> reply;
  };

  void call(std::shared_ptr<const RegisteredTool> tool, ToolCall call,
            Reply<ToolResult> reply) override {
    received.push_back({std::move(tool), std::move(call), std::move(reply)});
  }

  /// Drops all calls, and those that begin when they end.
  void drop_all() {
    while (!received.empty()) std::exchange(received, {});
  }

  std::deque<Received> received;  // a call may begin inside the answer of another
};

/// A manifest that declares tools of these names.
[[nodiscard]] inline Manifest manifest_with(std::vector<std::string> names) {
  Manifest manifest;
  for (auto& name : names) {
    manifest.tools.push_back({.name = name,
                              .display_name = "The " + name,
                              .description = "Does " + name + ".",
                              .parameters_schema = R"({"type":"object"})",
                              .settings = {}});
  }
  return manifest;
}

/// A reply that stores its outcome in `slot`, which starts empty.
template <class T>
[[nodiscard]] Reply<T> reply_into(std::optional<Result<T>>& slot) {
  return Reply<T>([&slot](Result<T> outcome) { slot.emplace(std::move(outcome)); });
}

}  // namespace collet::tool
