// Requests that wait for their answer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/loop.hpp"
#include "collet/reply.hpp"

namespace collet::jsonrpc {

/// The requests sent to one peer, by id. Each is answered exactly once: by `answer`, at its
/// deadline (`timeout`), by its caller's wish
/// (`cancelled`), or by `fail_all`. Ids count up from 1 and are never used twice, so an answer that
/// comes too late finds nothing. Loop thread only; a stop may be requested on any thread.
class PendingCalls {
 public:
  explicit PendingCalls(Loop& loop) : loop_(loop) {}
  PendingCalls(const PendingCalls&) = delete;
  PendingCalls& operator=(const PendingCalls&) = delete;
  /// Whoever still waits is told that the peer is gone.
  ~PendingCalls();

  /// Registers a request and gives its id. `what` names it in error texts, e.g. `tool
  /// "acme.x:search"`.
  std::uint64_t add(std::string what, Deadline deadline, std::stop_token cancellation,
                    Reply<std::string> reply);
  /// Keeps the line of the request `id`, which cannot be sent yet; it goes with its call.
  void hold(std::uint64_t id, std::string line);
  /// Takes the lines that are held, in the order of their ids.
  [[nodiscard]] std::vector<std::string> take_held();
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }
  /// Answers the request `id`. False where nobody waits for it (any more).
  bool answer(std::uint64_t id, Result<std::string> outcome);
  /// Fails every request that waits now with a copy of `error`: the peer is gone, or is going.
  void fail_all(const Error& error);
  /// The same for those that were sent; what is held waits on.
  void fail_sent(const Error& error);

  [[nodiscard]] bool contains(std::uint64_t id) const { return calls_.contains(id); }
  [[nodiscard]] std::size_t size() const { return calls_.size(); }
  /// How many of them were not sent yet.
  [[nodiscard]] std::size_t held() const { return held_; }
  /// How many passed their deadline so far.
  [[nodiscard]] std::uint64_t expired() const { return expired_; }
  /// Whether a request that was added before the one with this id still waits.
  [[nodiscard]] bool has_older_than(std::uint64_t id) const;
  /// The latest deadline of the requests that were cancelled: so long the peer may be busy with
  /// one.
  [[nodiscard]] TimePoint cancelled_until() const { return cancelled_until_; }
  /// Whether `id` was given out, however long ago: such an answer is late, any other is noise.
  [[nodiscard]] bool was_issued(std::uint64_t id) const { return id != 0 && id <= last_id_; }

 private:
  // Runs on whichever thread asks for the stop; hops to the loop, where the calls may be gone
  // already.
  struct Cancel {
    PendingCalls* calls;
    std::weak_ptr<char> alive;
    std::uint64_t id;
    void operator()() const noexcept;
  };
  struct Call {
    std::string what;
    TimePoint until;
    Clock::duration allowed;
    Reply<std::string> reply;
    std::string held;
    Timer timer;
    std::optional<std::stop_callback<Cancel>> cancel;
  };
  void fail_each(std::vector<std::uint64_t> ids, const Error& error);
  void expire(std::uint64_t id);
  void cancel(std::uint64_t id);

  Loop& loop_;
  std::unordered_map<std::uint64_t, Call> calls_;
  std::uint64_t last_id_ = 0;
  std::uint64_t expired_ = 0;
  TimePoint cancelled_until_ = TimePoint::min();
  std::size_t held_ = 0;
  std::size_t held_bytes_ = 0;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace collet::jsonrpc
