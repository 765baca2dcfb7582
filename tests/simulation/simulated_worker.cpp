#include "simulated_worker.hpp"

#include <charconv>
#include <csignal>
#include <optional>
#include <utility>

#include "process/process.hpp"

namespace collet::simulation {
namespace {

using namespace std::chrono_literals;
using process::ExitStatus;

/// The digits that follow `before` in `line`; 0 where it is not there.
std::uint64_t number_after(std::string_view line, std::string_view before) {
  const auto at = line.find(before);
  if (at == line.npos) return 0;
  std::uint64_t number = 0;
  const auto digits = line.substr(at + before.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

std::string answer_line(std::uint64_t id, std::string_view members) {
  return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + "," + std::string(members) + "}\n";
}

/// The process itself; it may live on for a while after the host let go of it.
class Body : public std::enable_shared_from_this<Body> {
 public:
  Body(WorkerWorld& world, process::ProcessEvents& events, int number)
      : pid(number), world_(world), events_(&events) {
    ++world_.processes;
  }

  void begin() {
    if (world_.strikes(Fault::exits_at_start)) {
      after(world_.dice.between(1ms, 100ms), [this] { exit(127); });
    }
  }

  // --- what the host does; nothing is told to it inside these ---

  void read(std::string bytes) {
    if (!is_alive_ || is_stdin_closed_) return;
    input_ += bytes;
    for (auto end = input_.find('\n'); end != input_.npos; end = input_.find('\n')) {
      heard(input_.substr(0, end));
      input_.erase(0, end + 1);
    }
  }

  void signal(int number) {
    if (!is_alive_) return;
    if (number == SIGCONT) is_stopped = false;
    if (number == SIGTERM && !world_.strikes(Fault::ignores_term)) {
      after(world_.dice.between(100us, 50ms), [this] { die(SIGTERM); });
    }
    if (number == SIGKILL) {
      is_stopped = false;
      const auto delay = world_.strikes(Fault::dies_slowly) ? 3s : 100us;
      after(delay, [this] { die(SIGKILL); });
    }
  }

  void let_go() {
    events_ = nullptr;
    signal(SIGKILL);
  }

  const int pid;
  bool is_stopped = false;

 private:
  // Only what lives and runs does anything; what is stopped does it when it goes on.
  void after(Clock::duration delay, std::function<void()> act) {
    auto timer = std::make_shared<Timer>();
    *timer =
        world_.loop.call_after(delay, [self = shared_from_this(), act = std::move(act), timer] {
          if (!self->is_alive_) return;
          if (self->is_stopped) return self->after(100ms, act);
          act();
        });
    timers_.push_back(timer);
  }

  void heard(std::string_view line) {
    if (is_deaf_) return;
    const auto id = number_after(line, R"("id":)");
    const auto is = [line](std::string_view method) {
      return line.find(R"("method":")" + std::string(method) + '"') != line.npos;
    };
    if (is("initialize")) return initialize(id);
    if (is("executeTool")) return execute(id, number_after(line, R"("n":)"));
    if (is("health")) return answer_soon(id, R"("result":{"status":"ok"})");
    if (is("shutdown") && !world_.strikes(Fault::ignores_shutdown)) {
      answer_soon(id, R"("result":null)");
      after(world_.dice.between(1ms, 200ms), [this] { exit(0); });
    }
  }

  void initialize(std::uint64_t id) {
    if (world_.strikes(Fault::never_initializes)) return;
    if (world_.strikes(Fault::initializes_badly))
      return answer_soon(id, R"("result":{"ok":false})");
    const auto delay = world_.strikes(Fault::initializes_late) ? world_.dice.between(1s, 20s)
                                                               : world_.dice.between(1ms, 300ms);
    after(delay, [this, id] {
      say(answer_line(id, R"("result":{"ok":true,"supportedMethods":["health"]})"));
    });
  }

  void execute(std::uint64_t id, std::uint64_t number) {
    ++world_.executed[number];
    const auto result = R"("result":{"data":)" + std::to_string(number) + "}";
    if (world_.strikes(Fault::goes_deaf)) is_deaf_ = true;
    if (is_deaf_ || world_.strikes(Fault::never_answers)) return;
    const auto delay = world_.strikes(Fault::answers_late) ? world_.dice.between(5s, 30s)
                                                           : world_.dice.between(50us, 400ms);
    after(delay, [this, id, result] {
      if (world_.strikes(Fault::is_stopped)) {
        is_stopped = true;
        return after(1ms, [this, id, result] { say(answer_line(id, result)); });
      }
      if (world_.strikes(Fault::crashes)) {
        return world_.dice.chance(2) ? exit(3) : die(SIGSEGV);
      }
      if (world_.strikes(Fault::dies_inside_an_answer)) {
        const auto line = answer_line(id, result);
        say(line.substr(0, world_.dice.below(line.size())));
        return die(SIGKILL);
      }
      if (world_.strikes(Fault::writes_noise))
        say(world_.dice.chance(2) ? "[debug] hm\n" : "{\"a\":\n");
      if (world_.strikes(Fault::answers_what_nobody_asked))
        say(answer_line(id + 1'000'000, result));
      if (world_.strikes(Fault::answers_result_and_error)) {
        return say(answer_line(id, result + R"(,"error":{"code":1,"message":"both"})"));
      }
      if (world_.strikes(Fault::answers_neither)) return say(answer_line(id, R"("x":1)"));
      if (world_.strikes(Fault::closes_stdin)) close_stdin();
      say(answer_line(id, result));
      if (world_.strikes(Fault::answers_twice)) say(answer_line(id, result));
      if (world_.strikes(Fault::closes_stdout)) close_stdout();
    });
  }

  void answer_soon(std::uint64_t id, std::string members) {
    after(world_.dice.between(50us, 5ms), [this, line = answer_line(id, members)] { say(line); });
  }

  // --- what it does to the host; each may be the end of `events_` ---

  void say(const std::string& line) {
    if (is_stdout_closed_) return;
    if (!world_.strikes(Fault::writes_in_pieces))
      return tell([&](auto& host) { host.on_stdout(line); });
    for (std::size_t at = 0; at < line.size();) {
      const auto piece = line.substr(at, 1 + world_.dice.below(9));
      at += piece.size();
      tell([&](auto& host) { host.on_stdout(piece); });
    }
  }

  void close_stdout() {
    if (std::exchange(is_stdout_closed_, true)) return;
    world_.trace("worker " + std::to_string(pid) + " closes its standard output");
    tell([](auto& host) { host.on_stdout_closed(); });
  }

  void close_stdin() {
    if (std::exchange(is_stdin_closed_, true)) return;
    world_.trace("worker " + std::to_string(pid) + " closes its standard input");
    tell([](auto& host) { host.on_stdin_closed("broken pipe"); });
  }

  void exit(int code) { end({.kind = ExitStatus::Kind::exited, .code = code}); }
  void die(int number) { end({.kind = ExitStatus::Kind::signalled, .signal = number}); }

  void end(ExitStatus status) {
    if (!std::exchange(is_alive_, false)) return;
    --world_.processes;
    world_.trace("worker " + std::to_string(pid) + " " + status.describe());
    const auto self = shared_from_this();  // the host lets go of it in this event
    for (const auto& timer : timers_) timer->cancel();
    tell([&](auto& host) { host.on_exit(status); });
  }

  template <class Event>
  void tell(Event event) {
    if (events_ != nullptr) event(*events_);
  }

  WorkerWorld& world_;
  process::ProcessEvents* events_;  // null once the host let go
  std::string input_;
  bool is_alive_ = true;
  bool is_deaf_ = false;
  bool is_stdin_closed_ = false;
  bool is_stdout_closed_ = false;
  std::vector<std::shared_ptr<Timer>> timers_;
};

class Handle final : public process::Process {
 public:
  explicit Handle(std::shared_ptr<Body> body) : body_(std::move(body)) {}
  ~Handle() override { body_->let_go(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  void write(std::string bytes) override { body_->read(std::move(bytes)); }
  std::size_t unwritten() const override { return 0; }
  void close_stdin() override {}
  void pause_stdout() override {}
  void resume_stdout() override {}
  void signal_group(int signal) override { body_->signal(signal); }
  bool is_stopped() const override { return body_->is_stopped; }
  LimitsHit limits_hit() const override { return {}; }
  int pid() const override { return body_->pid; }

 private:
  std::shared_ptr<Body> body_;
};

}  // namespace

WorkerWorld::WorkerWorld(Loop& on, Dice& rolled, std::function<void(std::string)> tracing)
    : loop(on), dice(rolled), trace(std::move(tracing)) {
  for (auto& possible : is_possible_) possible = dice.chance(4);
}

bool WorkerWorld::strikes(Fault fault) {
  if (is_healed_ || !is_possible_[static_cast<std::size_t>(fault)] || !dice.chance(8)) return false;
  trace("fault " + std::to_string(static_cast<int>(fault)));
  return true;
}

Result<std::unique_ptr<process::Process>> SimulatedSpawner::spawn(const process::SpawnRequest&,
                                                                  process::ProcessEvents& events) {
  world_.spawned.push_back(world_.loop.now());
  if (world_.strikes(Fault::spawn_fails)) {
    return fail(ErrorCode::worker_unavailable, "there is no such program");
  }
  const auto body = std::make_shared<Body>(world_, events, ++last_pid_);
  world_.trace("worker " + std::to_string(body->pid) + " starts");
  body->begin();
  return std::make_unique<Handle>(body);
}

}  // namespace collet::simulation
