#include "collet/function_tool.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/loop.hpp"
#include "base/mutex.hpp"
#include "json/writer.hpp"

namespace collet {
namespace {

Error overloaded_error(const RegisteredTool& tool, std::size_t queue_max) {
  return {.code = ErrorCode::overloaded,
          .message = "tool \"" + tool.namespaced_name + "\" was not called: " +
                     std::to_string(queue_max) + " calls wait for a thread already",
          .remedy = "try again in a second, or give the functions more threads",
          .retry_after = std::chrono::seconds(1),
          .overload = Overload::threads_busy};
}

Error timeout_error(const RegisteredTool& tool) {
  return {.code = ErrorCode::timeout,
          .message = "tool \"" + tool.namespaced_name + "\" did not answer by its deadline",
          .remedy = "allow the call more time, or set a longer timeout for this tool"};
}

Error cancelled_error(const RegisteredTool& tool) {
  return {.code = ErrorCode::cancelled,
          .message = "the call of tool \"" + tool.namespaced_name + "\" was cancelled",
          .remedy = {}};
}

Error stopping_error(const RegisteredTool& tool) {
  return {.code = ErrorCode::shutting_down,
          .message = "tool \"" + tool.namespaced_name + "\" is being shut down",
          .remedy = "call it again when its host runs again"};
}

Result<ToolResult> invoke(const ToolFunction& function, const RegisteredTool& tool,
                          const ToolCall& call) {
  constexpr auto remedy = "the tool's function threw this; its author can mend it";
  try {
    return function(call);
  } catch (const std::exception& e) {
    return fail(ErrorCode::tool_error, e.what(), remedy);
  } catch (...) {
    return fail(ErrorCode::tool_error,
                "the function of tool \"" + tool.namespaced_name +
                    "\" threw something that is not a std::exception",
                remedy);
  }
}

/// Whatever a function returns goes out as it is, so it must be JSON, and on one line.
Result<ToolResult> checked(Result<ToolResult> outcome, const RegisteredTool& tool) {
  if (!outcome) return outcome;
  auto json = Json::parse(std::move(outcome->json));
  if (!json) {
    return fail(ErrorCode::invalid_result,
                "the function of tool \"" + tool.namespaced_name +
                    "\" did not return JSON: " + json.error().message,
                "return JSON text, for example text_result(\"…\")");
  }
  return ToolResult{.json = json->text()};
}

Manifest manifest_of(const std::vector<FunctionTool>& tools) {
  Manifest manifest;
  manifest.schema_draft = SchemaDraft::draft2020_12;
  for (const auto& tool : tools) {
    manifest.tools.push_back(
        {.name = tool.name,
         .display_name = tool.display_name.empty() ? tool.name : tool.display_name,
         .description = tool.description,
         .parameters_schema = tool.parameters_schema,
         .settings = tool.settings});
  }
  return manifest;
}

Result<Done> check_declaration(const FunctionTool& tool) {
  if (tool.name.empty()) {
    return fail(ErrorCode::invalid_request, "a function tool has no name", "give it a name");
  }
  if (!tool.function) {
    return fail(ErrorCode::invalid_request,
                "the function tool \"" + tool.name + "\" has no function", "give it a function");
  }
  if (auto schema = Json::parse(tool.parameters_schema); !schema) {
    return fail(ErrorCode::invalid_request,
                "the parameters schema of the function tool \"" + tool.name +
                    "\" is not JSON: " + schema.error().message,
                "write it as JSON text");
  }
  return Done{};
}

}  // namespace

/// What the threads share. They keep it alive, so that the provider may go before they do; they
/// never touch the loop, which may go then too.
struct FunctionToolProvider::Pool : std::enable_shared_from_this<Pool> {
  struct Job;

  /// Runs on the thread that cancels.
  struct OnCancel {
    std::weak_ptr<Pool> pool;
    std::weak_ptr<Job> job;
    void operator()() const {
      const auto p = pool.lock();
      const auto j = job.lock();
      if (p && j) p->give_up(j, cancelled_error(*j->tool));
    }
  };

  using Deadlines = std::multimap<TimePoint, std::shared_ptr<Job>>;

  struct Job {
    std::shared_ptr<const RegisteredTool> tool;
    const ToolFunction* function;
    ToolCall call;  // its cancellation is that of `nobody_waits`
    Reply<ToolResult> reply;
    std::atomic<bool> answered = false;
    std::stop_source nobody_waits{};
    std::optional<Deadlines::iterator> deadline{};  // guarded by the pool's mutex
    std::optional<std::stop_callback<OnCancel>> on_cancel{};
  };

  Pool(Loop& given, std::vector<FunctionTool> tools, FunctionToolOptions limits)
      : loop(given), manifest(manifest_of(tools)), options(limits) {
    for (auto& tool : tools) functions.emplace(tool.name, std::move(tool.function));
  }

  // --- any thread ---

  void take_in(std::shared_ptr<const RegisteredTool> tool, ToolCall call, Reply<ToolResult> reply) {
    const auto function = functions.find(tool->name);
    if (function == functions.end()) {
      return reply(fail(ErrorCode::tool_not_found,
                        "Tool \"" + tool->namespaced_name + "\" not found",
                        "it is registered, but with a provider that has no such function"));
    }
    const auto wish = std::exchange(call.cancellation, {});
    const auto due = call.deadline.value_or(Deadline::never()).when();
    auto job = std::make_shared<Job>(std::move(tool), &function->second, std::move(call),
                                     std::move(reply));
    job->call.cancellation = job->nobody_waits.get_token();

    std::optional<Error> refusal;
    bool arm_timer = false;
    {
      const Lock lock(mutex);
      if (stopping) {
        refusal = stopping_error(*job->tool);
      } else if (queue.size() >= options.queue_max) {
        refusal = overloaded_error(*job->tool, options.queue_max);
        ++counters.overloaded;
      } else {
        ++counters.calls;
        queue.push_back(job);
        if (due != TimePoint::max()) job->deadline = deadlines.emplace(due, job);
        arm_timer = due < armed_for;
        if (arm_timer) armed_for = due;
      }
    }
    if (refusal) return job->reply(std::unexpected(std::move(*refusal)));
    wake.notify_one();
    if (arm_timer) {
      loop.dispatch([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->arm();
      });
    }
    // Last, because it calls back at once where cancellation is requested already.
    job->on_cancel.emplace(wish, OnCancel{weak_from_this(), job});
  }

  /// Answers for a function that is not done, and tells it so.
  void give_up(const std::shared_ptr<Job>& job, Error error) {
    {
      const Lock lock(mutex);
      std::erase(queue, job);
    }
    if (settle(job, std::unexpected(std::move(error)))) job->nobody_waits.request_stop();
  }

  /// Gives the one answer; false where it was given before.
  bool settle(const std::shared_ptr<Job>& job, Result<ToolResult> outcome) {
    {
      const Lock lock(mutex);
      if (job->deadline) deadlines.erase(*std::exchange(job->deadline, std::nullopt));
    }
    if (job->answered.exchange(true)) return false;
    job->reply(std::move(outcome));
    return true;
  }

  /// Answers everybody and lets the threads end.
  void end() {
    std::vector<std::shared_ptr<Job>> open;
    {
      const Lock lock(mutex);
      if (std::exchange(stopping, true)) return;
      open.assign(queue.begin(), queue.end());
      open.insert(open.end(), running.begin(), running.end());
    }
    wake.notify_all();
    for (const auto& job : open) give_up(job, stopping_error(*job->tool));
    loop.dispatch([self = shared_from_this()] { self->timer.cancel(); });
  }

  // --- the pool's threads ---

  void work() {
    while (const auto job = next()) {
      const bool late = !run(job);
      const Lock lock(mutex);
      running.erase(job);
      if (late) ++counters.late_results;
    }  // the lock goes before the job, which may free the tool, the provider and what they hold
  }

  /// Waits for a call; null when the threads have to end.
  std::shared_ptr<Job> next() {
    const Lock lock(mutex);
    while (!stopping && queue.empty()) wake.wait(mutex);
    if (stopping) return nullptr;
    auto job = std::move(queue.front());
    queue.pop_front();
    running.insert(job);
    return job;
  }

  /// False where nobody waited for the result any more.
  bool run(const std::shared_ptr<Job>& job) {
    if (job->answered) return true;  // cancelled on the way here; there will be no result
    return settle(job, checked(invoke(*job->function, *job->tool, job->call), *job->tool));
  }

  // --- the loop's thread ---

  void arm() {
    TimePoint when;
    {
      const Lock lock(mutex);
      if (stopping) return;
      when = armed_for;
    }
    timer = loop.call_at(when, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->fire();
    });
  }

  void fire() {
    std::vector<std::shared_ptr<Job>> due;
    {
      const Lock lock(mutex);
      const auto first_pending = deadlines.upper_bound(loop.now());
      for (auto it = deadlines.begin(); it != first_pending; ++it) due.push_back(it->second);
      armed_for = first_pending == deadlines.end() ? TimePoint::max() : first_pending->first;
    }
    arm();
    for (const auto& job : due) give_up(job, timeout_error(*job->tool));
  }

  Loop& loop;
  const Manifest manifest;
  const FunctionToolOptions options;
  std::unordered_map<std::string, ToolFunction> functions;  // by bare name; never changes

  mutable Mutex mutex;
  std::condition_variable_any wake;
  std::deque<std::shared_ptr<Job>> queue GUARDED_BY(mutex);
  std::unordered_set<std::shared_ptr<Job>> running GUARDED_BY(mutex);
  Deadlines deadlines GUARDED_BY(mutex);                     // of all calls that are not answered
  TimePoint armed_for GUARDED_BY(mutex) = TimePoint::max();  // when `timer` fires, or soon will
  Counters counters GUARDED_BY(mutex);
  bool stopping GUARDED_BY(mutex) = false;
  std::vector<std::thread> threads GUARDED_BY(mutex);

  Timer timer;  // loop's thread
};

FunctionToolProvider::FunctionToolProvider(Loop& loop, std::vector<FunctionTool> tools,
                                           FunctionToolOptions options)
    : pool_(std::make_shared<Pool>(loop, std::move(tools), options)) {
  const Lock lock(pool_->mutex);
  for (std::size_t i = 0; i < std::max<std::size_t>(options.threads, 1); ++i) {
    pool_->threads.emplace_back([pool = pool_] { pool->work(); });
  }
}

FunctionToolProvider::~FunctionToolProvider() {
  pool_->end();
  std::vector<std::thread> threads;
  {
    const Lock lock(pool_->mutex);
    threads.swap(pool_->threads);
  }
  for (auto& thread : threads) thread.detach();
}

void FunctionToolProvider::call(std::shared_ptr<const RegisteredTool> tool, ToolCall call,
                                Reply<ToolResult> reply) {
  pool_->take_in(std::move(tool), std::move(call), std::move(reply));
}

void FunctionToolProvider::stop() {
  pool_->end();
  std::vector<std::thread> threads;
  {
    const Lock lock(pool_->mutex);
    threads.swap(pool_->threads);
  }
  for (auto& thread : threads) thread.join();
}

const Manifest& FunctionToolProvider::manifest() const {
  return pool_->manifest;
}

FunctionToolProvider::Counters FunctionToolProvider::counters() const {
  const Lock lock(pool_->mutex);
  return pool_->counters;
}

ToolResult text_result(std::string_view text) {
  json::Writer writer;
  writer.begin_object().member("content", text).end_object();
  return {.json = std::move(writer).take()};
}

Result<std::shared_ptr<FunctionToolProvider>> register_function_tools(
    ToolRegistry& registry, Loop& loop, std::string_view key, std::vector<FunctionTool> tools,
    FunctionToolOptions options) {
  for (const auto& tool : tools) {
    if (auto good = check_declaration(tool); !good) {
      return std::unexpected(std::move(good.error()));
    }
  }
  auto provider = std::make_shared<FunctionToolProvider>(loop, std::move(tools), options);
  auto registered = registry.register_plugin(key, provider->manifest(), {}, provider);
  if (!registered) return std::unexpected(std::move(registered.error()));
  return provider;
}

}  // namespace collet
