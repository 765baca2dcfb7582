// Tools that are plain C++ functions of the embedding program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collet/limits.hpp"
#include "collet/tool.hpp"
#include "collet/tool_registry.hpp"

namespace collet {

class Loop;

/// A function that answers calls. It may block, may call other tools, and may be entered by several
/// threads at once. `call.parameters` fit the tool's schema; `call.deadline` is set;
/// `call.cancellation` is requested when nobody waits any more (the caller cancelled, the deadline
/// passed, the host stops): long work should look at it.
///
/// An error keeps its code and text; an exception becomes `tool_error` with its `what()`.
using ToolFunction = std::function<Result<ToolResult>(const ToolCall& call)>;

/// `{"content": <text>}`, the usual shape of a result that is read by a model.
[[nodiscard]] ToolResult text_result(std::string_view text);

/// One tool of the embedding program.
struct FunctionTool {
  std::string name{};          ///< bare name
  std::string display_name{};  ///< for people; `name` where empty
  std::string description{};   ///< when and how to use it; read by models
  /// JSON Schema as JSON text; 2020-12 unless `$schema` says otherwise.
  std::string parameters_schema = R"({"type":"object"})";
  ToolSettings settings{};
  ToolFunction function;
};

/// How much of the machine the functions may have.
struct FunctionToolOptions {
  std::size_t threads = 4;  ///< functions that run at once; at least 1
  /// Calls that wait for a thread; the next one fails with `overloaded`.
  std::size_t queue_max = limits::functions::queued_calls_max;
};

/// Runs the functions of one name space of tools on threads of its own, so that a blocking function
/// never holds up the host. Each call is answered by its deadline even where its function is not
/// done: the function runs on, its late result is counted and dropped.
///
/// Any thread may call any member; answers come on the pool's threads, on the loop (deadlines) or
/// on the thread that cancels.
class FunctionToolProvider final : public ToolProvider {
 public:
  /// Starts the threads. `loop` keeps the deadlines and outlives the provider.
  explicit FunctionToolProvider(Loop& loop, std::vector<FunctionTool> tools,
                                FunctionToolOptions options = {});
  /// As `stop`, but does not wait: functions that run go on without the provider. So it may be
  /// destroyed anywhere, also by a function of its own.
  ~FunctionToolProvider() override;
  FunctionToolProvider(const FunctionToolProvider&) = delete;
  FunctionToolProvider& operator=(const FunctionToolProvider&) = delete;

  /// Fails with `overloaded`, `timeout`, `cancelled`, `shutting_down`, `invalid_result` (the
  /// function returned text that is not JSON), `tool_error`, or as the function says.
  void call(std::shared_ptr<const RegisteredTool> tool, ToolCall call,
            Reply<ToolResult> reply) override;

  /// Answers all calls with `shutting_down`, requests their cancellation and waits until no
  /// function runs. Not from the loop's thread, nor from a function.
  void stop();

  /// The tools as a manifest declares them, for `ToolRegistry::register_plugin`. Names, texts,
  /// schemas and settings only: nothing that a package has.
  [[nodiscard]] const Manifest& manifest() const;

  struct Counters {
    std::uint64_t calls = 0;         ///< calls taken in
    std::uint64_t overloaded = 0;    ///< calls refused, the queue being full
    std::uint64_t late_results = 0;  ///< results of functions whose call had been answered already
  };
  [[nodiscard]] Counters counters() const;

 private:
  struct Pool;
  std::shared_ptr<Pool> pool_{};
};

/// Makes a provider for `tools` and registers them as `<key>:<name>`. `key` is as a plugin key.
/// Keep the provider to `stop` it in the end. Fails with `invalid_request` where a tool has no name
/// or no function, a name stands there twice, or a schema is not JSON. A tool whose schema is no
/// valid JSON Schema is registered and disabled, as a plugin's is.
[[nodiscard]] Result<std::shared_ptr<FunctionToolProvider>> register_function_tools(
    ToolRegistry& registry, Loop& loop, std::string_view key, std::vector<FunctionTool> tools,
    FunctionToolOptions options = {});

}  // namespace collet
