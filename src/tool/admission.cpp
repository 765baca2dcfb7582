#include "tool/admission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "base/seconds.hpp"
#include "collet/json.hpp"
#include "json/document.hpp"
#include "tool/fair_queue.hpp"

namespace collet::tool {
namespace {

// The mean moves by an eighth of what each call takes: it follows a change within some twenty.
constexpr double k_newest_part = 1.0 / 8;
// Nobody is refused for what a few calls took.
constexpr std::uint32_t k_calls_known_min = 16;
constexpr std::chrono::milliseconds k_retry_after_min{1000};
constexpr std::chrono::milliseconds k_retry_after_max{60'000};

Clock::duration as_duration(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

/// The calls in flight of a plugin, or of one of its tools, and what they take.
struct CallLimit {
  std::uint32_t running = 0;
  std::uint32_t running_max = 0;
  std::uint32_t waiting = 0;
  double mean_seconds = 0;
  std::uint32_t calls_known = 0;

  [[nodiscard]] bool has_room() const { return running < running_max; }
  void learn(double took) {
    mean_seconds = calls_known == 0 ? took : mean_seconds + (took - mean_seconds) * k_newest_part;
    calls_known = std::min(calls_known + 1, k_calls_known_min);
  }
  /// How long a call waits that has so many before it, about; 0 while too little is known.
  [[nodiscard]] double wait_behind(std::size_t calls) const {
    if (calls_known < k_calls_known_min) return 0;
    return mean_seconds * static_cast<double>(calls + 1) / running_max;
  }
};

namespace {

/// A call as it asks for its turn.
struct Asking {
  std::shared_ptr<const RegisteredTool> tool;
  std::string caller;
  Deadline deadline;
  std::stop_token cancellation;
  std::size_t places = 1;
};

/// A call that waits for it.
struct Waiting {
  std::shared_ptr<const RegisteredTool> tool;
  CallLimit* limit;
  Clock::duration allowed;
  Reply<Turn> reply;
  Timer timer{};
  std::optional<std::stop_callback<std::function<void()>>> cancel{};
};

std::size_t places_of(const ToolCall& call) {
  return 1 + call.parameters.value().raw().size() / limits::calls::place_bytes;
}

}  // namespace

/// One plugin.
struct PluginGate {
  explicit PluginGate(std::string key) : plugin_key(std::move(key)) {}
  const std::string plugin_key;

  // Under the lock. `all.waiting` is the size of the queue.
  CallLimit all;
  std::unordered_map<std::string, CallLimit> tools;  // by bare name; none is ever removed
  std::uint64_t had_to_wait = 0;
  std::uint64_t refused = 0;
  std::uint64_t expired = 0;

  // Loop thread only.
  FairQueue queue;
  std::unordered_map<FairQueue::Number, Waiting> waiting;
  std::vector<CallLimit*> limits;  // of the tools that ever waited, as the queue numbers them
  bool is_serving = false;
};

/// What turns share with the Admission; it ends with the last of them.
class AdmissionState : public std::enable_shared_from_this<AdmissionState> {
 public:
  AdmissionState(Loop& loop, AdmissionOptions options)
      : loop_(loop), options_(std::move(options)) {}

  std::optional<Turn> try_enter(const RegisteredTool& tool) {
    const Lock lock(mutex_);
    const auto [gate, limit] = find(tool);
    return gate->all.waiting == 0 ? enter(*gate, *limit) : std::nullopt;
  }

  void wait(Asking call, Reply<Turn> reply) {
    if (!loop_.on_loop()) {
      return loop_.post(
          [self = shared_from_this(), call = std::move(call), reply = std::move(reply)]() mutable {
            self->wait(std::move(call), std::move(reply));
          });
    }
    if (is_closed_) return reply(std::unexpected(closed()));
    const auto self = shared_from_this();  // whoever is answered in here may end all else
    auto [gate, limit] = find_locked(*call.tool);
    serve(*gate);  // nobody who waits and has room waits on
    if (auto turn = enter_past_the_full(*gate, *limit)) return reply(*std::move(turn));
    if (auto foreseen = foresee(*call.tool, call.caller, call.deadline, call.places); !foreseen) {
      return reply(std::unexpected(std::move(foreseen.error())));
    }
    const auto weight = weight_of(call.caller);
    FairQueue::Call queued{.caller = std::move(call.caller),
                           .weight = weight,
                           .tool = number_of(*gate, *limit),
                           .deadline = call.deadline,
                           .places = call.places};
    while (gate->queue.places() + queued.places > options_.waiting_max) {
      const auto displaced = gate->queue.displaced_by(queued, options_.waiting_max);
      if (!displaced) return reply(std::unexpected(refuse_full(*gate)));
      end(*gate, *displaced, refuse_full(*gate));
    }

    const auto number = ++last_number_;
    auto& waiting = gate->waiting[number];
    waiting.tool = std::move(call.tool);
    waiting.limit = limit;
    waiting.allowed = call.deadline.remaining(loop_.now());
    waiting.reply = std::move(reply);
    waiting.timer =
        loop_.call_at(call.deadline.when(), [this, gate, number] { expire(*gate, number); });
    if (call.cancellation.stop_possible()) {
      waiting.cancel.emplace(std::move(call.cancellation),
                             [self = weak_from_this(), gate, number, &loop = loop_] {
                               loop.post([self, gate, number] {
                                 if (const auto state = self.lock()) state->cancel(*gate, number);
                               });
                             });
    }
    gate->queue.add(number, std::move(queued));
    {
      const Lock lock(mutex_);
      ++gate->all.waiting;
      ++limit->waiting;
      ++gate->had_to_wait;
    }
    serve(*gate);  // room may have come meanwhile
  }

  Result<Done> foresee(const RegisteredTool& tool, const std::string& caller, Deadline deadline,
                       std::size_t places) {
    if (!loop_.on_loop()) return Done{};
    const auto [gate, limit] = find_locked(tool);
    {
      const Lock lock(mutex_);
      if (gate->all.has_room() && limit->has_room()) return Done{};
    }
    const FairQueue::Call call{
        .caller = caller, .weight = weight_of(caller), .deadline = deadline, .places = places};
    if (gate->queue.places() + places > options_.waiting_max &&
        !gate->queue.displaced_by(call, options_.waiting_max)) {
      return std::unexpected(refuse_full(*gate));
    }
    const auto wait = expected_wait(*gate, *limit, call);
    if (const auto left = deadline.remaining(loop_.now()); wait > left) {
      return std::unexpected(refuse(
          *gate, Overload::turn_too_late, wait,
          fmt::format(
              "\"{}\" would wait about {:.1f} s for its turn, and its deadline is in {:.1f} s",
              tool.namespaced_name, seconds(wait), seconds(left))));
    }
    return Done{};
  }

  void give_back(PluginGate& gate, CallLimit& limit, TimePoint since, Turn::Lesson lesson) {
    const auto took = seconds(loop_.now() - since);
    {
      const Lock lock(mutex_);
      for (auto* each : {&gate.all, &limit}) {
        --each->running;
        if (lesson == Turn::Lesson::learn) each->learn(took);
      }
      if (gate.all.waiting == 0) return;
    }
    loop_.dispatch([self = shared_from_this(), &gate] { self->serve(gate); });
  }

  // Loop thread, or after the loop has ended.
  void close() {
    is_closed_ = true;
    std::vector<PluginGate*> all;
    {
      const Lock lock(mutex_);
      for (const auto& [key, gate] : gates_) all.push_back(gate.get());
    }
    for (auto* gate : all) {
      while (!gate->waiting.empty()) end(*gate, gate->waiting.begin()->first, closed());
    }
  }

  AdmissionDiagnostics diagnostics(std::string_view plugin_key) {
    const Lock lock(mutex_);
    const auto found = gates_.find(std::string(plugin_key));
    return found == gates_.end() ? AdmissionDiagnostics{.plugin_key = std::string(plugin_key),
                                                        .waiting_max = options_.waiting_max}
                                 : seen_of(*found->second);
  }

  std::vector<AdmissionDiagnostics> diagnostics() {
    const Lock lock(mutex_);
    std::vector<AdmissionDiagnostics> all;
    all.reserve(gates_.size());
    for (const auto& [key, gate] : gates_) all.push_back(seen_of(*gate));
    return all;
  }

 private:
  // --- under the lock ---

  AdmissionDiagnostics seen_of(const PluginGate& gate) const {
    return {.plugin_key = gate.plugin_key,
            .running = gate.all.running,
            .running_max = gate.all.running_max,
            .waiting = gate.all.waiting,
            .waiting_max = options_.waiting_max,
            .had_to_wait = gate.had_to_wait,
            .refused = gate.refused,
            .expired = gate.expired};
  }

  // A gate stays: there are as many as plugins were ever called.
  std::pair<PluginGate*, CallLimit*> find(const RegisteredTool& tool) {
    auto& gate = gates_[tool.plugin_id];
    if (!gate) gate = std::make_unique<PluginGate>(tool.plugin_id);
    auto& limit = gate->tools[tool.name];
    const auto& settings = tool.plugin_settings;
    gate->all.running_max =
        settings.concurrency.value_or(options_.concurrency) * settings.instances.value_or(1);
    limit.running_max = tool.settings.concurrency.value_or(gate->all.running_max);
    return {gate.get(), &limit};
  }

  std::optional<Turn> enter(PluginGate& gate, CallLimit& limit) {
    if (!gate.all.has_room() || !limit.has_room()) return std::nullopt;
    ++gate.all.running;
    ++limit.running;
    return Turn(shared_from_this(), gate, limit, loop_.now());
  }

  // --- loop thread ---

  std::pair<PluginGate*, CallLimit*> find_locked(const RegisteredTool& tool) {
    const Lock lock(mutex_);
    return find(tool);
  }

  static std::size_t number_of(PluginGate& gate, CallLimit& limit) {
    const auto found = std::ranges::find(gate.limits, &limit);
    if (found == gate.limits.end()) {
      gate.limits.push_back(&limit);
      return gate.limits.size() - 1;
    }
    return static_cast<std::size_t>(found - gate.limits.begin());
  }

  std::uint32_t weight_of(std::string_view caller) const {
    const auto found = options_.caller_weights.find(caller);
    return found == options_.caller_weights.end() ? 1 : found->second;
  }

  // A turn where those who wait do so for other tools, which are full.
  std::optional<Turn> enter_past_the_full(PluginGate& gate, CallLimit& limit) {
    if (gate.is_serving) return std::nullopt;  // somebody else may be next
    const Lock lock(mutex_);
    return enter(gate, limit);
  }

  // How long this call would wait for its turn.
  Clock::duration expected_wait(const PluginGate& gate, const CallLimit& limit,
                                const FairQueue::Call& call) {
    const auto ahead = gate.queue.ahead_of(call.caller, call.weight);
    const Lock lock(mutex_);
    return as_duration(std::max(gate.all.wait_behind(ahead),
                                limit.wait_behind(std::min<std::size_t>(ahead, limit.waiting))));
  }

  double wait_behind_all(const PluginGate& gate) {
    const Lock lock(mutex_);
    return gate.all.wait_behind(gate.all.waiting);
  }

  Error refuse(PluginGate& gate, Overload why, Clock::duration wait, std::string message) {
    const Lock lock(mutex_);
    ++gate.refused;
    return {.code = ErrorCode::overloaded,
            .message = std::move(message),
            .remedy =
                "try again later; a larger `concurrency` or more `instances` let the plugin "
                "do more at once",
            .retry_after = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(wait),
                                      k_retry_after_min, k_retry_after_max),
            .overload = why};
  }

  Error refuse_full(PluginGate& gate) {
    return refuse(gate, Overload::queue_full, as_duration(wait_behind_all(gate)),
                  fmt::format("the queue of plugin \"{}\" is full: {} calls wait for their turn",
                              gate.plugin_key, gate.queue.size()));
  }

  static Error closed() {
    return {.code = ErrorCode::shutting_down,
            .message = "the host stopped while the call waited for its turn"};
  }

  // Gives turns to those who wait, as many as there is room for.
  void serve(PluginGate& gate) {
    if (std::exchange(gate.is_serving, true)) return;  // inside a call that has just begun
    const auto self = shared_from_this();
    while (!is_closed_) {
      std::optional<FairQueue::Number> number;
      std::optional<Turn> turn;
      {
        const Lock lock(mutex_);
        number = gate.queue.next(
            [&](std::size_t tool) { return gate.all.has_room() && gate.limits[tool]->has_room(); });
        if (!number) break;
        turn = enter(gate, *gate.waiting.at(*number).limit);
      }
      gate.queue.start(*number);
      take_out(gate, *number)(*std::move(turn));
    }
    gate.is_serving = false;
  }

  // Nothing of the call is left, its timer neither, when anybody hears of its end.
  Reply<Turn> take_out(PluginGate& gate, FairQueue::Number number) {
    auto call = gate.waiting.extract(number);
    auto reply = std::move(call.mapped().reply);
    const Lock lock(mutex_);
    --gate.all.waiting;
    --call.mapped().limit->waiting;
    return reply;
  }

  void end(PluginGate& gate, FairQueue::Number number, Error error) {
    gate.queue.remove(number);
    take_out(gate, number)(std::unexpected(std::move(error)));
  }

  void expire(PluginGate& gate, FairQueue::Number number) {
    const auto self = shared_from_this();
    const auto& call = gate.waiting.at(number);
    std::uint32_t running = 0;
    {
      const Lock lock(mutex_);
      ++gate.expired;
      running = call.limit->has_room() ? gate.all.running : call.limit->running;
    }
    end(gate, number,
        {.code = ErrorCode::timeout,
         .message = fmt::format(
             "\"{}\" waited {} ms for its turn: {} of its calls were in flight, which is the limit",
             call.tool->namespaced_name,
             std::chrono::round<std::chrono::milliseconds>(call.allowed).count(), running),
         .remedy = "give it more time with timeoutMs; a larger `concurrency` or more `instances` "
                   "let the plugin do more at once"});
  }

  void cancel(PluginGate& gate, FairQueue::Number number) {
    if (!gate.waiting.contains(number)) return;  // its turn came first
    end(gate, number, {.code = ErrorCode::cancelled, .message = "the caller cancelled"});
  }

  Loop& loop_;
  const AdmissionOptions options_;
  FairQueue::Number last_number_ = 0;  // loop thread only, as is the next
  bool is_closed_ = false;
  Mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<PluginGate>> gates_ GUARDED_BY(mutex_);
};

Turn::Turn(std::shared_ptr<AdmissionState> state, PluginGate& gate, CallLimit& tool,
           TimePoint since)
    : state_(std::move(state)), gate_(&gate), tool_(&tool), since_(since) {}

Turn& Turn::operator=(Turn&& other) noexcept {
  if (this != &other) {
    give_back();
    state_ = std::move(other.state_);
    gate_ = other.gate_;
    tool_ = other.tool_;
    since_ = other.since_;
  }
  return *this;
}

void Turn::give_back(Lesson lesson) {
  if (const auto state = std::exchange(state_, nullptr))
    state->give_back(*gate_, *tool_, since_, lesson);
}

Admission::Admission(Loop& loop, AdmissionOptions options)
    : state_(std::make_shared<AdmissionState>(loop, std::move(options))) {}

Admission::~Admission() {
  state_->close();
}

std::optional<Turn> Admission::try_enter(const RegisteredTool& tool) {
  return state_->try_enter(tool);
}

Result<Done> Admission::foresee(const RegisteredTool& tool, const ToolCall& call) {
  return state_->foresee(tool, call.context.agent_id, *call.deadline, places_of(call));
}

void Admission::wait(std::shared_ptr<const RegisteredTool> tool, const ToolCall& call,
                     Reply<Turn> reply) {
  state_->wait({.tool = std::move(tool),
                .caller = call.context.agent_id,
                .deadline = *call.deadline,
                .cancellation = call.cancellation,
                .places = places_of(call)},
               std::move(reply));
}

std::vector<AdmissionDiagnostics> Admission::diagnostics() const {
  return state_->diagnostics();
}

AdmissionDiagnostics Admission::diagnostics(std::string_view plugin_key) const {
  return state_->diagnostics(plugin_key);
}

}  // namespace collet::tool
