// A worker's life: its starts and ends. What goes back and forth meanwhile: worker_calls.cpp.
#include "worker/worker.hpp"

#include <fmt/format.h>

#include <csignal>

#include "base/seconds.hpp"
#include "worker/paperclip.hpp"

namespace collet::worker {
namespace {

constexpr auto k_drain_look = std::chrono::milliseconds(50);

std::string with_stderr(std::string text, std::string_view tail) {
  if (tail.empty()) return text;
  if (tail.size() > limits::worker::stderr_told_bytes_max) {
    tail.remove_prefix(tail.size() - limits::worker::stderr_told_bytes_max);
    if (const auto line = tail.find('\n'); line != tail.npos) tail.remove_prefix(line + 1);
  }
  return text.append("\n\nWorker stderr:\n").append(tail);
}

}  // namespace

Worker::Worker(const WorkerContext& context, WorkerIdentity identity)
    : context_(context),
      identity_(std::move(identity)),
      restarts_(context.policy.restarts),
      pending_(context.loop),
      empty_params_(*json::Document::parse("{}")),
      output_(context.policy.output) {}

Worker::~Worker() = default;

std::string Worker::named() const {
  return fmt::format("the worker of plugin \"{}\"", identity_.plugin_key);
}

Channel* Worker::channel() const {
  if (const auto* starting = std::get_if<Starting>(&state_)) return starting->channel.get();
  if (const auto* running = std::get_if<Running>(&state_)) return running->channel.get();
  if (const auto* stopping = std::get_if<Stopping>(&state_)) return stopping->channel.get();
  return nullptr;
}

// ---- start

void Worker::expect() {
  if (auto* stopping = std::get_if<Stopping>(&state_)) {
    stopping->after = AfterStop::expect_start;
  } else if (std::holds_alternative<Stopped>(state_) || std::holds_alternative<Failed>(state_)) {
    state_ = Expected{};
  }
}

void Worker::start(WorkerStart start, Reply<Done> reply) {
  if (channel() != nullptr) {
    return reply(fail(ErrorCode::invalid_request, fmt::format("{} runs already", named()),
                      fmt::format("use `collet plugin restart {}`", identity_.plugin_key)));
  }
  what_to_start_ = std::move(start);
  start_reply_ = std::move(reply);
  restarts_.forgive();
  launch();
}

void Worker::launch() {
  auto opened = Channel::open(context_.spawner, launch_request(context_.launch, what_to_start_),
                              context_.policy.channel, *this);
  if (!opened) return start_failed(std::move(opened.error()));

  ++run_;
  noise_of_run_ = 0;
  first_noise_.clear();
  output_.reset();
  host_calls_pending_ = 0;
  listen_again_.cancel();
  start_error_.reset();
  lack_.reset();
  hangup_.reset();
  kill_reason_.clear();
  auto& starting = state_.emplace<Starting>();
  starting.channel = std::move(*opened);
  const auto id = pending_.add(
      "initialize", Deadline::after(context_.loop.now(), context_.policy.initialize_timeout), {},
      Reply<std::string>([this](Result<std::string> outcome) { initialized(std::move(outcome)); }));
  starting.channel->send(jsonrpc::request_line(
      id, "initialize", paperclip::initialize_params(what_to_start_.manifest->json)));
}

// What the answer to `initialize` amounts to: the worker's methods, or why it cannot be used.
Result<std::vector<std::string>> Worker::judge_initialize(Result<std::string> outcome) const {
  const auto remedy = fmt::format("see `collet plugin logs {}`", identity_.plugin_key);
  if (!outcome && outcome.error().code == ErrorCode::timeout) {
    auto why = fmt::format("{} did not answer \"initialize\" within {} s", named(),
                           seconds(context_.policy.initialize_timeout));
    if (channel()->is_stopped()) {
      why += "; a signal has stopped it";
    } else if (noise_of_run_ > 0) {
      why += fmt::format("; it wrote {} that {} no message of the protocol, first: {}",
                         noise_of_run_ == 1 ? "a line" : fmt::format("{} lines", noise_of_run_),
                         noise_of_run_ == 1 ? "is" : "are", first_noise_);
    }
    return fail(ErrorCode::worker_unavailable, std::move(why), remedy);
  }
  if (!outcome) {
    return fail(ErrorCode::worker_unavailable,
                fmt::format("{} failed to initialize: {}", named(), outcome.error().message),
                remedy);
  }
  // It was part of a line before, so it parses within the limits of a line.
  const auto& limits = context_.policy.channel;
  const auto result = json::Document::parse(
      std::move(*outcome), {.bytes_max = limits.line_bytes_max, .depth_max = limits.depth_max});
  if (!result)
    return fail(ErrorCode::worker_unavailable,
                fmt::format("{} answered \"initialize\" with nonsense", named()), remedy);
  return paperclip::read_initialize_result(result->root());
}

void Worker::initialized(Result<std::string> outcome) {
  auto* starting = std::get_if<Starting>(&state_);
  if (starting == nullptr || start_error_) return;  // stopped, or gone, meanwhile
  auto methods = judge_initialize(std::move(outcome));
  if (!methods) {
    start_error_ = std::move(methods.error());
    starting->channel->signal(SIGKILL);
    starting->give_up =
        context_.loop.call_after(context_.policy.reap_grace, [this] { on_exit({}); });
    return;
  }
  supported_methods_ = std::move(*methods);
  auto channel = std::move(starting->channel);
  const auto now = context_.loop.now();
  state_ = Running{.channel = std::move(channel),
                   .since = now,
                   .liveness = Liveness(context_.policy.liveness, now),
                   .look = {},
                   .end = {}};
  expired_before_ = pending_.expired();
  look_later();
  context_.log.info("worker started", {{"plugin", identity_.plugin_key},
                                       {"pid", std::to_string(this->channel()->pid())}});
  if (!start_reply_ && context_.on_status) context_.on_status(identity_, WorkerStatus::running, {});
  context_.services.started(identity_);
  for (auto& line : pending_.take_held()) this->channel()->send(std::move(line));
  if (hangup_) hung_up();  // it answered, and closed a stream before
  if (start_reply_) start_reply_(Done{});
}

void Worker::start_failed(Error error) {
  const bool host_is_short = error.code == ErrorCode::overloaded;
  const auto known_lack = std::exchange(lack_, host_is_short ? std::optional(error) : std::nullopt);
  if (host_is_short) ++starts_postponed_;
  if (!host_is_short || !known_lack) {  // else the log has it
    context_.log.warn(
        "worker did not start",
        {{"plugin", identity_.plugin_key}, {"reason", error.message}, {"remedy", error.remedy}});
  }
  if (start_reply_) {  // the first start is the caller's to judge; nothing is tried again
    state_ = Stopped{};
    pending_.fail_all(error);
    start_reply_(std::unexpected(std::move(error)));
    return;
  }
  if (host_is_short) return start_later(std::move(error));
  last_exit_ = "failed to start again";
  crashed(error.message, {});  // first: whoever calls again from its answer finds the back-off
  pending_.fail_all(error);
}

// What the host lacks is no crash of the plugin's: it uses up none of its restarts, and is tried
// again soon, because it may be there any moment.
void Worker::start_later(Error lack) {
  lack_ = std::move(lack);
  wait_to_start<Backoff>(backoff_delay(context_.policy.restarts, 1, context_.entropy.next()));
  pending_.fail_all(*lack_);
}

// ---- crashes

void Worker::crashed(std::string how, Clock::duration ran) {
  last_crash_at_ = context_.wall_clock();
  const auto next = restarts_.crashed(context_.loop.now(), ran, context_.entropy.next());
  context_.log.warn("worker crashed", {{"plugin", identity_.plugin_key},
                                       {"how", how},
                                       {"in_a_row", std::to_string(restarts_.in_a_row())}});
  if (next.has_failed) {
    wait_to_start<Failed>(next.delay);
    context_.log.error("worker gave up",
                       {{"plugin", identity_.plugin_key},
                        {"crashes", std::to_string(context_.policy.restarts.crashes_max)},
                        {"next_try_seconds", fmt::format("{:.0f}", seconds(next.delay))}});
  } else {
    wait_to_start<Backoff>(next.delay);
  }
  if (context_.on_status) context_.on_status(identity_, status(), how);
}

template <class Wait>
void Worker::wait_to_start(Clock::duration delay) {
  Wait waiting;
  waiting.until = context_.loop.now() + delay;
  waiting.until_wall =
      context_.wall_clock() + std::chrono::duration_cast<WallTime::duration>(delay);
  waiting.timer = context_.loop.call_at(waiting.until, [this] {
    state_ = Expected{};
    launch();
  });
  state_ = std::move(waiting);
}

// ---- liveness

void Worker::look_later() {
  std::get<Running>(state_).look =
      context_.loop.call_after(context_.policy.liveness.look_every, [this] { look_at_liveness(); });
}

void Worker::look_at_liveness() {
  look_later();
  if (!kill_reason_.empty()) return;
  auto& running = std::get<Running>(state_);
  const auto expired = pending_.expired();
  if (std::exchange(expired_before_, expired) != expired) running.liveness.missed_deadline();
  const auto now = context_.loop.now();
  const Liveness::Sight sight{
      .is_stopped = running.channel->is_stopped(),
      .is_idle = calls_open() == 0,
      .is_excused = pending_.has_older_than(health_id_) || now < pending_.cancelled_until()};
  switch (running.liveness.look(now, sight)) {
    case Liveness::Verdict::fine:
      return;
    case Liveness::Verdict::ask:
      return ask_for_health();
    case Liveness::Verdict::stopped:
      return kill("was stopped by a signal and did not go on");
    case Liveness::Verdict::deaf:
      return kill(running.liveness.has_missed_deadline()
                      ? "answered neither its calls by their deadlines nor \"health\""
                      : "did not answer \"health\", though it had nothing else to do");
  }
}

void Worker::ask_for_health() {
  auto& running = std::get<Running>(state_);
  running.liveness.asked(context_.loop.now());
  pending_.answer(health_id_, fail(ErrorCode::timeout, "it is asked again"));
  // Without a deadline: what an unanswered question means is for `liveness` to say.
  health_id_ = pending_.add("health", Deadline::never(), {},
                            Reply<std::string>([this](Result<std::string>) { health_id_ = 0; }));
  running.channel->send(jsonrpc::request_line(health_id_, "health", "{}"));
}

std::size_t Worker::calls_open() const {
  return pending_.size() - (health_id_ != 0 ? 1 : 0);
}

void Worker::kill(std::string reason) {
  auto* running = std::get_if<Running>(&state_);
  if (running == nullptr || !kill_reason_.empty()) return;
  kill_reason_ = std::move(reason);
  running->channel->signal(SIGKILL);
  running->end = context_.loop.call_after(context_.policy.reap_grace, [this] {
    context_.log.error("worker survives SIGKILL", {{"plugin", identity_.plugin_key},
                                                   {"pid", std::to_string(channel()->pid())}});
    on_exit({});
  });
}

void Worker::kill_now() {
  if (auto* to = channel()) to->signal(SIGKILL);
}

// ---- stop

void Worker::stop(ErrorCode why, AfterStop after, Reply<Done> reply) {
  const Error error{.code = why, .message = fmt::format("{} was stopped", named())};
  if (auto* stopping = std::get_if<Stopping>(&state_)) {
    stopping->after = after;
    stopping->why = why;
    stopping->replies.push_back(std::move(reply));
    return;
  }
  const bool answers = std::holds_alternative<Running>(state_) && kill_reason_.empty();
  std::unique_ptr<Channel> channel;
  if (auto* starting = std::get_if<Starting>(&state_)) channel = std::move(starting->channel);
  if (auto* running = std::get_if<Running>(&state_)) channel = std::move(running->channel);

  if (channel == nullptr) {
    if (after == AfterStop::expect_start) {
      state_ = Expected{};
    } else {
      state_ = Stopped{};
      pending_.fail_all(error);
    }
    return reply(Done{});
  }
  auto& stopping = state_.emplace<Stopping>();
  stopping.channel = std::move(channel);
  stopping.after = after;
  stopping.why = why;
  stopping.replies.push_back(std::move(reply));
  if (health_id_ != 0) pending_.answer(health_id_, std::unexpected(error));
  if (start_reply_) start_reply_(std::unexpected(error));
  // A worker that has not answered `initialize` knows nothing yet that it could put in order.
  if (!answers || hangup_) {
    after == AfterStop::expect_start ? pending_.fail_sent(error) : pending_.fail_all(error);
    return terminate();
  }
  stopping.drained_by = context_.loop.now() + context_.policy.drain_grace;
  drain();
}

// Waits for the calls in flight; those that came since are held.
void Worker::drain() {
  auto& stopping = std::get<Stopping>(state_);
  const auto left = Deadline::at(*stopping.drained_by).remaining(context_.loop.now());
  if (pending_.size() == pending_.held() || left == Clock::duration::zero()) return drained();
  // An answer ends the wait at once (on_response); that a caller gives up is seen here.
  stopping.next_step =
      context_.loop.call_after(std::min<Clock::duration>(left, k_drain_look), [this] { drain(); });
}

void Worker::drained() {
  auto& stopping = std::get<Stopping>(state_);
  stopping.drained_by.reset();
  pending_.fail_sent({.code = stopping.why, .message = fmt::format("{} was stopped", named())});
  hangup_ ? terminate() : ask_to_shut_down();
}

void Worker::ask_to_shut_down() {
  auto& stopping = std::get<Stopping>(state_);
  stopping.shutdown_id =
      pending_.add("shutdown", Deadline::after(context_.loop.now(), context_.policy.shutdown_grace),
                   {}, Reply<std::string>([this](Result<std::string> outcome) {
                     auto* current = std::get_if<Stopping>(&state_);
                     if (current == nullptr) return;
                     if (!outcome) return terminate();
                     current->next_step = context_.loop.call_after(context_.policy.exit_grace,
                                                                   [this] { terminate(); });
                   }));
  stopping.channel->send(jsonrpc::request_line(stopping.shutdown_id, "shutdown", "{}"));
}

void Worker::terminate() {
  auto& stopping = std::get<Stopping>(state_);
  stopping.channel->signal(SIGTERM);
  stopping.channel->signal(SIGCONT);  // a stopped process cannot die of SIGTERM
  stopping.next_step =
      context_.loop.call_after(context_.policy.kill_grace, [this] { kill_for_good(); });
}

void Worker::kill_for_good() {
  auto& stopping = std::get<Stopping>(state_);
  stopping.channel->signal(SIGKILL);
  stopping.next_step = context_.loop.call_after(context_.policy.reap_grace, [this] {
    context_.log.error("worker survives SIGKILL", {{"plugin", identity_.plugin_key},
                                                   {"pid", std::to_string(channel()->pid())}});
    stopped();
  });
}

void Worker::stopped() {
  context_.services.ended(identity_);
  auto& stopping = std::get<Stopping>(state_);
  const auto replies = std::make_unique<std::vector<Reply<Done>>>(std::move(stopping.replies));
  const auto after = stopping.after;
  Error error{.code = stopping.why, .message = fmt::format("{} was stopped", named())};
  if (stopping.drained_by) {  // it died of one of its last calls
    error = {.code = ErrorCode::worker_crashed,
             .message = with_stderr(fmt::format("{} {} during the call", named(), last_exit_),
                                    stopping.channel->stderr_tail()),
             .remedy = "whether the call had an effect is not known"};
  }
  context_.log.info("worker stopped", {{"plugin", identity_.plugin_key}, {"how", last_exit_}});
  if (after == AfterStop::expect_start) {
    state_ = Expected{};  // calls that came meanwhile wait on
    pending_.fail_sent(error);
  } else {
    state_ = Stopped{};
    pending_.fail_all(error);
  }
  for (auto& reply : *replies) reply(Done{});
}

// ---- its end

void Worker::on_hangup(std::string_view what) {
  if (hangup_) return;
  hangup_ = what;
  hung_up();
}

// At an ordinary exit the streams close a moment before the exit is known; a process that lives on
// is deaf or mute.
void Worker::hung_up() {
  if (const auto* stopping = std::get_if<Stopping>(&state_)) {
    if (stopping->drained_by) return drained();  // it answers no call any more
    // Its answer to `shutdown` cannot come any more, or it cannot have heard the question: as if it
    // had answered.
    (void)pending_.answer(stopping->shutdown_id, std::string("null"));
    return;
  }
  if (auto* running = std::get_if<Running>(&state_)) {
    if (!kill_reason_.empty()) return;  // and `end` waits for that
    running->end = context_.loop.call_after(context_.policy.exit_grace, [this] { kill(*hangup_); });
    return;
  }
  auto* starting = std::get_if<Starting>(&state_);
  if (starting == nullptr || start_error_) return;
  starting->give_up = context_.loop.call_after(context_.policy.exit_grace, [this] {
    start_error_ =
        Error{.code = ErrorCode::worker_unavailable,
              .message = fmt::format("{} {} before it answered \"initialize\"", named(), *hangup_),
              .remedy = fmt::format("see `collet plugin logs {}`", identity_.plugin_key)};
    auto& doomed = std::get<Starting>(state_);
    doomed.channel->signal(SIGKILL);
    doomed.give_up = context_.loop.call_after(context_.policy.reap_grace, [this] { on_exit({}); });
  });
}

void Worker::on_exit(process::ExitStatus status) {
  last_exit_ = status.describe();
  limits_hit_ += status.limits_hit;
  if (!kill_reason_.empty()) last_exit_ += fmt::format(" because it {}", kill_reason_);
  const auto* gone = channel();
  const auto tail = gone ? gone->stderr_tail() : std::string();

  if (std::holds_alternative<Stopping>(state_)) return stopped();
  context_.services.ended(identity_);
  if (std::holds_alternative<Starting>(state_)) {
    auto remedy = limits_remedy(context_.launch, what_to_start_, status.limits_hit);
    if (remedy.empty()) {
      remedy =
          fmt::format("start it by hand in its folder to see more, or see `collet plugin logs {}`",
                      identity_.plugin_key);
    }
    auto error = start_error_.value_or(Error{
        .code = ErrorCode::worker_unavailable,
        .message = fmt::format("{} {} before it answered \"initialize\"", named(), last_exit_),
        .remedy = std::move(remedy)});
    error.message = with_stderr(std::move(error.message), tail);
    start_error_ = error;  // `initialize` still waits for its answer, which must change nothing
    return start_failed(std::move(error));
  }
  if (auto* running = std::get_if<Running>(&state_)) {
    const auto ran = context_.loop.now() - running->since;
    Error error{
        .code = ErrorCode::worker_crashed,
        .message = with_stderr(fmt::format("{} {} during the call", named(), last_exit_), tail)};
    crashed(last_exit_, ran);  // first: whoever calls again from its answer finds the back-off
    error.remedy =
        std::holds_alternative<Failed>(state_)
            ? fmt::format("it crashed too often; mend the plugin, then `collet plugin restart {}`",
                          identity_.plugin_key)
            : "the worker is restarted by itself; whether the call had an effect is not known";
    pending_.fail_all(error);
  }
}

// ---- what others see

bool Worker::is_doomed() const {
  return std::holds_alternative<Running>(state_) && (!kill_reason_.empty() || hangup_);
}

std::optional<TimePoint> Worker::next_start() const {
  if (const auto* backoff = std::get_if<Backoff>(&state_)) return backoff->until;
  if (const auto* failed = std::get_if<Failed>(&state_)) return failed->until;
  return std::nullopt;
}

WorkerStatus Worker::status() const {
  struct Name {
    WorkerStatus operator()(const Stopped&) const { return WorkerStatus::stopped; }
    WorkerStatus operator()(const Expected&) const { return WorkerStatus::starting; }
    WorkerStatus operator()(const Starting&) const { return WorkerStatus::starting; }
    WorkerStatus operator()(const Running&) const { return WorkerStatus::running; }
    WorkerStatus operator()(const Stopping&) const { return WorkerStatus::stopping; }
    WorkerStatus operator()(const Backoff&) const { return WorkerStatus::backoff; }
    WorkerStatus operator()(const Failed&) const { return WorkerStatus::failed; }
  };
  return std::visit(Name{}, state_);
}

ProtocolLimits Worker::protocol_limits() const {
  const auto& policy = context_.policy;
  return {.line_bytes_max = policy.channel.line_bytes_max,
          .depth_max = policy.channel.depth_max,
          .stderr_line_bytes_max = policy.channel.stderr_line_bytes_max,
          .calls_pending_max = policy.calls_pending_max,
          .unsent_bytes_max = policy.unsent_bytes_max,
          .chatter_bytes_a_second_max = policy.output.chatter_bytes_a_second_max};
}

WorkerDiagnostics Worker::diagnostics() const {
  WorkerDiagnostics seen;
  seen.plugin_id = identity_.plugin_id;
  seen.plugin_key = identity_.plugin_key;
  seen.status = status();
  if (const auto* to = channel()) seen.pid = to->pid();
  if (const auto* running = std::get_if<Running>(&state_))
    seen.uptime = context_.loop.now() - running->since;
  if (const auto* backoff = std::get_if<Backoff>(&state_))
    seen.next_restart_at = backoff->until_wall;
  if (const auto* failed = std::get_if<Failed>(&state_)) seen.next_restart_at = failed->until_wall;
  seen.consecutive_crashes = restarts_.in_a_row();
  seen.total_crashes = restarts_.total();
  seen.pending_requests = static_cast<std::uint32_t>(calls_open());
  seen.late_replies = late_replies_;
  seen.invalid_lines = invalid_lines_;
  seen.times_paused = times_paused_;
  seen.starts_postponed = starts_postponed_;
  seen.last_crash_at = last_crash_at_;
  seen.last_exit = last_exit_;
  if (lack_) {
    if (!seen.last_exit.empty()) seen.last_exit += "; ";
    seen.last_exit += lack_->message;
  }
  seen.supported_methods = supported_methods_;
  auto limits = limit_report(context_.launch, what_to_start_, context_.spawner);
  seen.limits = limits.enforced;
  seen.limits_unenforced = std::move(limits.unenforced);
  seen.limits_hit = limits_hit_;
  if (const auto* to = channel()) seen.limits_hit += to->limits_hit();
  seen.protocol_limits = protocol_limits();
  seen.protocol_limits_hit = protocol_limits_hit_;
  return seen;
}

}  // namespace collet::worker
