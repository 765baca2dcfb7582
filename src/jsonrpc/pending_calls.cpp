#include "jsonrpc/pending_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace collet::jsonrpc {

PendingCalls::~PendingCalls() {
  fail_all(Error{.code = ErrorCode::worker_unavailable,
                 .message = "the connection to the worker was closed"});
}

std::uint64_t PendingCalls::add(std::string what, Deadline deadline, std::stop_token cancellation,
                                Reply<std::string> reply) {
  const auto id = ++last_id_;
  auto& call = calls_[id];
  call.what = std::move(what);
  call.until = deadline.when();
  call.allowed = deadline.remaining(loop_.now());
  call.reply = std::move(reply);
  call.timer = loop_.call_at(deadline.when(), [this, id] { expire(id); });
  if (cancellation.stop_possible())
    call.cancel.emplace(std::move(cancellation), Cancel{this, alive_, id});
  return id;
}

void PendingCalls::hold(std::uint64_t id, std::string line) {
  const auto call = calls_.find(id);
  if (call == calls_.end()) return;
  if (call->second.held.empty()) ++held_;
  held_bytes_ += line.size() - call->second.held.size();
  call->second.held = std::move(line);
}

std::vector<std::string> PendingCalls::take_held() {
  std::map<std::uint64_t, std::string> lines;
  for (auto& [id, call] : calls_) {
    if (!call.held.empty()) lines.emplace(id, std::exchange(call.held, {}));
  }
  held_ = 0;
  held_bytes_ = 0;
  std::vector<std::string> in_order;
  in_order.reserve(lines.size());
  for (auto& [id, line] : lines) in_order.push_back(std::move(line));
  return in_order;
}

bool PendingCalls::answer(std::uint64_t id, Result<std::string> outcome) {
  auto call = calls_.extract(id);
  if (!call) return false;
  auto reply = std::move(call.mapped().reply);
  if (!call.mapped().held.empty()) --held_;
  held_bytes_ -= call.mapped().held.size();
  call = {};  // the timer and the stop callback go before anybody hears the answer
  reply(std::move(outcome));
  return true;
}

void PendingCalls::fail_all(const Error& error) {
  cancelled_until_ = TimePoint::min();
  std::vector<std::uint64_t> ids;
  ids.reserve(calls_.size());
  for (const auto& [id, call] : calls_) ids.push_back(id);
  fail_each(std::move(ids), error);
}

void PendingCalls::fail_sent(const Error& error) {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, call] : calls_) {
    if (call.held.empty()) ids.push_back(id);
  }
  fail_each(std::move(ids), error);
}

// Whoever is answered may add new calls, which are not meant.
void PendingCalls::fail_each(std::vector<std::uint64_t> ids, const Error& error) {
  for (const auto id : ids) answer(id, std::unexpected(error));
}

void PendingCalls::expire(std::uint64_t id) {
  const auto call = calls_.find(id);
  if (call == calls_.end()) return;
  const auto allowed = std::chrono::round<std::chrono::milliseconds>(call->second.allowed);
  const bool was_sent = call->second.held.empty();
  ++expired_;
  answer(id, fail(ErrorCode::timeout,
                  fmt::format("{} did not answer within {} ms{}", call->second.what,
                              allowed.count(), was_sent ? "" : "; its worker has not started yet"),
                  "give it more time with timeoutMs, or look at `collet plugin logs`"));
}

void PendingCalls::cancel(std::uint64_t id) {
  const auto call = calls_.find(id);
  if (call == calls_.end()) return;
  cancelled_until_ = std::max(cancelled_until_, call->second.until);
  answer(id, fail(ErrorCode::cancelled, "the caller cancelled"));
}

bool PendingCalls::has_older_than(std::uint64_t id) const {
  return std::ranges::any_of(calls_, [id](const auto& call) { return call.first < id; });
}

void PendingCalls::Cancel::operator()() const noexcept {
  calls->loop_.post([calls = calls, alive = alive, id = id] {
    if (!alive.expired()) calls->cancel(id);
  });
}

}  // namespace collet::jsonrpc
