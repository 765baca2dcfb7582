// One connection of a server. Internal to this room; everything here lives on the loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/loop.hpp"
#include "base/mutex.hpp"
#include "http/guard.hpp"
#include "http/message.hpp"
#include "http/server.hpp"

namespace collet::http {

class Session;

/// What a connection may ask for.
enum class Place : std::uint8_t {
  ordinary,
  /// It came beyond the limits: it is told how the host is, or that there is no room, and closes.
  spare,
};

/// The way back onto the loop for answers that are given on other threads; outlives the server and
/// the loop.
class LoopGate {
 public:
  explicit LoopGate(Loop& loop) : loop_(&loop) {}
  /// Posts `task`, or drops it where the gate is shut. Any thread.
  void post(Task task);
  void shut();

 private:
  Mutex mutex_;
  Loop* loop_ GUARDED_BY(mutex_);
};

/// What a session knows of its server.
struct SessionHost {
  virtual ~SessionHost() = default;
  /// The session's socket is closed. The host may forget the session.
  virtual void session_closed(Session& session) = 0;
  /// The session waits for its client (see `Session::quiet_since`).
  virtual void session_quiet() = 0;
  /// What a session in a spare place answers.
  [[nodiscard]] virtual Error why_no_room() const = 0;
  /// No further requests after the one under way.
  [[nodiscard]] virtual bool stopping() const = 0;

  AsioLoop& loop;
  Logger& log;
  Handler& handler;
  const ServerOptions options;
  const GuardOptions guard;
  const std::shared_ptr<LoopGate> gate;
  ServerCounters counts{};
  std::size_t open_requests = 0;
  std::size_t bodies_bytes = 0;  ///< of all sessions, held against `bodies_bytes_max`

 protected:
  SessionHost(AsioLoop& the_loop, Logger& the_log, Handler& the_handler, ServerOptions the_options);
};

/// Reads requests, hands them to the handler one at a time, writes the answers in order.
class Session {
 public:
  virtual ~Session() = default;
  /// Takes over `descriptor`, an accepted non-blocking TCP socket. Null where the loop cannot watch
  /// one more.
  [[nodiscard]] static std::shared_ptr<Session> open(SessionHost& host, int descriptor,
                                                     Place place);
  [[nodiscard]] virtual Place place() const = 0;
  /// Starts reading.
  virtual void start() = 0;
  /// Closes the socket at once; a request under way learns that its client is gone. The host is not
  /// touched afterwards.
  virtual void close() = 0;
  /// Closes where no request is under way, else after its answer.
  virtual void drain() = 0;
  /// Since when it has waited for a request, for the rest of a request's head, or, behind its last
  /// answer, for the client to close; nothing where a request is under way.
  [[nodiscard]] virtual std::optional<TimePoint> quiet_since() const = 0;
  /// Closes, or answers 408, where the time of what it waits for is over.
  virtual void check_time(TimePoint now) = 0;
};

}  // namespace collet::http
