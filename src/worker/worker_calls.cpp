// What goes back and forth between a worker's process and its host. The worker's life: worker.cpp.
#include "worker/worker.hpp"

#include <fmt/format.h>

#include "base/seconds.hpp"
#include "worker/paperclip.hpp"

namespace collet::worker {

// ---- calls

Result<Done> Worker::admit(const std::string& what) {
  const auto refuse_until = [&](TimePoint until, std::string why, std::string remedy) {
    const auto left = Deadline::at(until).remaining(context_.loop.now());
    return std::unexpected(
        Error{.code = ErrorCode::worker_unavailable,
              .message = fmt::format("Cannot execute {}: {} {}; it starts again in {:.1f} s", what,
                                     named(), why, seconds(left)),
              .remedy = std::move(remedy),
              .retry_after = std::chrono::ceil<std::chrono::milliseconds>(left)});
  };
  if (const auto* backoff = std::get_if<Backoff>(&state_); backoff != nullptr && lack_) {
    const auto left = Deadline::at(backoff->until).remaining(context_.loop.now());
    return std::unexpected(
        Error{.code = ErrorCode::overloaded,
              .message = fmt::format("Cannot execute {}: {}; it is tried again in {:.1f} s", what,
                                     lack_->message, seconds(left)),
              .remedy = lack_->remedy,
              .retry_after = std::chrono::ceil<std::chrono::milliseconds>(left)});
  }
  if (const auto* backoff = std::get_if<Backoff>(&state_)) {
    return refuse_until(
        backoff->until, last_exit_,
        fmt::format("try again then, or see `collet plugin logs {}`", identity_.plugin_key));
  }
  if (const auto* failed = std::get_if<Failed>(&state_)) {
    const auto& restarts = context_.policy.restarts;
    return refuse_until(
        failed->until,
        fmt::format("crashed {} times within {:.0f} s, the last time it {}", restarts.crashes_max,
                    seconds(restarts.window), last_exit_),
        fmt::format("mend the plugin, then `collet plugin restart {}`", identity_.plugin_key));
  }
  if (is_doomed()) {
    return refuse_until(context_.loop.now() + context_.policy.restarts.first,
                        kill_reason_.empty() ? *hangup_ : kill_reason_, "try again then");
  }
  const auto* stopping = std::get_if<Stopping>(&state_);
  if (std::holds_alternative<Stopped>(state_) ||
      (stopping != nullptr && stopping->after == AfterStop::stay_stopped)) {
    return fail(ErrorCode::worker_unavailable,
                fmt::format("Cannot execute {}: {} is not running", what, named()),
                fmt::format("see `collet plugin show {}`", identity_.plugin_key));
  }
  if (calls_open() >= context_.policy.calls_pending_max) {
    ++protocol_limits_hit_.calls_pending;
    return std::unexpected(Error{
        .code = ErrorCode::overloaded,
        .message =
            fmt::format("{} has {} calls in flight, which is the limit", named(), calls_open()),
        .remedy = "try again later",
        .retry_after = std::chrono::seconds(1),
        .overload = Overload::calls_pending});
  }
  const auto unsent =
      pending_.held_bytes() + (channel() != nullptr ? channel()->unsent_bytes() : 0);
  if (unsent > context_.policy.unsent_bytes_max) {
    ++protocol_limits_hit_.unsent_bytes;
    return std::unexpected(Error{
        .code = ErrorCode::overloaded,
        .message = fmt::format("{} does not read its input; {} bytes wait for it", named(), unsent),
        .remedy = "try again later",
        .retry_after = std::chrono::seconds(1),
        .overload = Overload::unsent_bytes});
  }
  return Done{};
}

void Worker::call(std::string what, const WorkerRequest& request, Reply<std::string> reply) {
  if (auto admitted = admit(what); !admitted)
    return reply(std::unexpected(std::move(admitted.error())));
  if (request.only_running && !std::holds_alternative<Running>(state_)) {
    return reply(fail(ErrorCode::worker_unavailable,
                      fmt::format("Cannot execute {}: {} is not running", what, named())));
  }
  std::string invocation;
  if (!request.company_id.empty()) {
    auto invocation_id = make_uuid(context_.entropy);
    invocation = paperclip::invocation_member(invocation_id, request.company_id);
    invocations_.begin(invocation_id, request.company_id);
    // Before the answer, which may end this worker.
    reply = Reply<std::string>([this, invocation_id = std::move(invocation_id),
                                reply = std::move(reply)](Result<std::string> outcome) mutable {
      invocations_.end(invocation_id);
      reply(std::move(outcome));
    });
  }
  const auto id =
      pending_.add(std::move(what), request.deadline, request.cancellation, std::move(reply));
  auto line = jsonrpc::request_line(id, request.method, request.params_json, invocation);
  if (auto* running = std::get_if<Running>(&state_)) {
    running->channel->send(std::move(line));
  } else {
    pending_.hold(id, std::move(line));
  }
}

// ---- what the process says

// Whether somebody waits for this answer of the process. It shows that the process listens, however
// late it comes, and whatever can be made of it.
bool Worker::is_awaited(std::int64_t id) {
  const auto number = static_cast<std::uint64_t>(id);
  if (id < 1 || !pending_.was_issued(number)) {
    ++invalid_lines_;
    return false;
  }
  if (auto* running = std::get_if<Running>(&state_)) {
    const auto now = context_.loop.now();
    number == health_id_ ? running->liveness.answered_health(now) : running->liveness.answered(now);
  }
  if (pending_.contains(number)) return true;
  ++late_replies_;
  return false;
}

void Worker::answer(std::int64_t id, Result<std::string> outcome) {
  pending_.answer(static_cast<std::uint64_t>(id), std::move(outcome));
  const auto* stopping = std::get_if<Stopping>(&state_);
  if (stopping != nullptr && stopping->drained_by) drain();
}

void Worker::on_response(const jsonrpc::Response& response) {
  // Ids are matched strictly, as the reference does: ours are integers, so a string "7" answers
  // nothing.
  const auto id = response.id.as_int64();
  if (!id) {
    if (!response.id.is_null()) ++invalid_lines_;
    return;
  }
  if (is_awaited(*id)) answer(*id, paperclip::read_response(response));
}

// Whoever waits for the answer is told now; the rest of a long line may never come.
void Worker::on_unread_line(const UnreadLine& line) {
  const bool is_long = line.limit == UnreadLine::Limit::bytes;
  ++(is_long ? protocol_limits_hit_.line_bytes : protocol_limits_hit_.depth);
  if (!line.answered) {
    return on_noise(line.text, is_long ? "longer than the limit of a line"
                                       : "nested deeper than a line may be");
  }
  if (!is_awaited(*line.answered)) return;
  const auto& limits = context_.policy.channel;
  answer(*line.answered, std::unexpected(is_long ? paperclip::too_long_answer(limits.line_bytes_max)
                                                 : paperclip::too_deep_answer(limits.depth_max)));
}

void Worker::on_request(const jsonrpc::Request& request) {
  if (output_.spends_all_with_request(context_.loop.now())) listen_later();
  const auto id = json::compact(request.id);
  if (host_calls_pending_ >= context_.policy.host_calls_pending_max) {
    return channel()->send(jsonrpc::error_line(
        id, jsonrpc::code::internal_error,
        fmt::format("{} requests of this worker wait for the host, which is the limit; wait for "
                    "some of the answers before you ask for more",
                    host_calls_pending_)));
  }
  ++host_calls_pending_;
  // The answer may come when this process, or this worker, is gone.
  auto reply = Reply<std::string>(
      [this, alive = std::weak_ptr(alive_), run = run_, id](Result<std::string> outcome) {
        if (alive.expired() || run != run_) return;
        --host_calls_pending_;
        auto* to = channel();
        if (to == nullptr) return;
        if (to->unsent_bytes() > context_.policy.unsent_bytes_max) {
          ++protocol_limits_hit_.unsent_bytes;
          constexpr std::string_view why = "asked its host for more than it read the answers of";
          if (std::holds_alternative<Running>(state_)) return kill(std::string(why));
          // A start or a stop has an end of its own, and may be waiting for this answer.
          if (to->unsent_bytes() / 2 > context_.policy.unsent_bytes_max) return kill_now();
          return to->send(jsonrpc::error_line(id, jsonrpc::code::internal_error,
                                              fmt::format("this worker {}", why)));
        }
        if (outcome) return to->send(jsonrpc::result_line(id, *outcome));
        const auto& error = outcome.error();
        to->send(jsonrpc::error_line(id, error.rpc_code.value_or(jsonrpc::code::internal_error),
                                     error.message));
      });
  context_.services.request(host_call(request.method, request.params, request.message),
                            std::move(reply));
}

HostCall Worker::host_call(const std::string& method, const std::optional<json::Value>& params,
                           json::Value message) const {
  return {.worker = identity_,
          .manifest = *what_to_start_.manifest,
          .method = method,
          .params = params.value_or(empty_params_.root()),
          .invocation_id = paperclip::invocation_id_of(message),
          .invocations = invocations_};
}

// Only the process that writes so much has to wait for it to be read.
void Worker::heard_chatter(std::size_t bytes) {
  if (output_.spends_all_with_chatter(context_.loop.now(), bytes)) listen_later();
}

void Worker::listen_later() {
  auto* from = channel();
  if (from == nullptr) return;
  from->pause();
  listen_again_ = context_.loop.call_at(output_.next_second(), [this] {
    if (auto* still = channel()) still->resume();
  });
  if (times_paused_++ == 0) {
    const auto& limits = context_.policy.output;
    context_.log.warn("worker floods its standard output; it is read slowly",
                      {{"plugin", identity_.plugin_key},
                       {"bytes_a_second", std::to_string(limits.chatter_bytes_a_second_max)},
                       {"requests_a_second", std::to_string(limits.requests_a_second_max)}});
  }
}

void Worker::on_notification(const jsonrpc::Notification& notification) {
  heard_chatter(notification.message.raw().size());
  context_.services.notify(
      host_call(notification.method, notification.params, notification.message));
}

void Worker::on_noise(std::string_view line, std::string_view reason) {
  ++invalid_lines_;
  heard_chatter(line.size());
  if (++noise_of_run_ == 1)
    first_noise_ = line.substr(0, limits::worker::noise_line_told_bytes_max);
  if (noise_of_run_ > limits::worker::noise_lines_told_max) return;
  context_.log.warn(
      "worker wrote a line that is no message",
      {{"plugin", identity_.plugin_key},
       {"reason", std::string(reason)},
       {"line", std::string(line.substr(0, limits::worker::noise_line_told_bytes_max))}});
}

void Worker::on_stderr_line(std::string_view line) {
  if (context_.on_stderr_line) context_.on_stderr_line(identity_, line);
}

}  // namespace collet::worker
