// The connection to a worker process: bytes become messages, messages become bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/tail.hpp"
#include "collet/limits.hpp"
#include "json/document.hpp"
#include "jsonrpc/line_framer.hpp"
#include "jsonrpc/message.hpp"
#include "process/process.hpp"

namespace collet::worker {

struct ChannelLimits {
  std::size_t line_bytes_max = limits::worker::line_bytes_max;
  std::uint32_t depth_max = limits::worker::depth_max;
  std::size_t stderr_line_bytes_max = limits::worker::stderr_line_bytes_max;
  std::size_t stderr_tail_bytes_max = limits::worker::stderr_tail_bytes_max;
};

/// A line on standard output that is not read, because it passes a limit.
struct UnreadLine {
  enum class Limit : std::uint8_t {
    bytes,  ///< `line_bytes_max`; told as soon as it is passed, which may be long before the end
    depth,  ///< `depth_max`
  };
  Limit limit;
  std::string_view text;  ///< of a long line the beginning, of a deep one the whole
  /// The id of the request that it answers, where its beginning shows that it answers one.
  std::optional<std::int64_t> answered;
};

/// What a channel tells its worker, on the loop. Messages point into the current line and end with
/// the call.
class ChannelEvents {
 public:
  virtual ~ChannelEvents() = default;
  virtual void on_response(const jsonrpc::Response& response) = 0;
  virtual void on_request(const jsonrpc::Request& request) = 0;
  virtual void on_notification(const jsonrpc::Notification& notification) = 0;
  virtual void on_unread_line(const UnreadLine& line) = 0;
  /// A line on standard output that is no message; `line` may be long.
  virtual void on_noise(std::string_view line, std::string_view reason) = 0;
  virtual void on_stderr_line(std::string_view line) = 0;
  /// A line on standard error that is longer than its limit; nothing of it is told.
  virtual void on_long_stderr_line() = 0;
  /// One direction is closed although the process may live: it is deaf or mute from now on.
  virtual void on_hangup(std::string_view what) = 0;
  /// The process is gone. The last event; the channel may be destroyed in it.
  virtual void on_exit(process::ExitStatus status) = 0;
};

/// Owns one worker process and speaks NDJSON with it. Loop thread only.
class Channel final : private process::ProcessEvents {
 public:
  /// Starts the process. `events` outlives the channel.
  [[nodiscard]] static Result<std::unique_ptr<Channel>> open(process::Spawner& spawner,
                                                             const process::SpawnRequest& request,
                                                             const ChannelLimits& limits,
                                                             ChannelEvents& events);

  /// Queues one line, which ends with LF.
  void send(std::string line) { process_->write(std::move(line)); }
  [[nodiscard]] std::size_t unsent_bytes() const { return process_->unwritten(); }
  /// Back-pressure: the process waits when its pipe is full.
  void pause() { process_->pause_stdout(); }
  void resume() { process_->resume_stdout(); }
  void signal(int number) { process_->signal_group(number); }
  [[nodiscard]] bool is_stopped() const { return process_->is_stopped(); }
  [[nodiscard]] LimitsHit limits_hit() const { return process_->limits_hit(); }
  [[nodiscard]] int pid() const { return process_->pid(); }
  /// What the process wrote to standard error last.
  [[nodiscard]] std::string stderr_tail() const { return stderr_tail_.text(); }

 private:
  Channel(const ChannelLimits& limits, ChannelEvents& events);
  void on_stdout(std::string_view bytes) override;
  void on_stderr(std::string_view bytes) override;
  void on_stdout_closed() override;
  void on_stdin_closed(std::string_view reason) override;
  void on_exit(process::ExitStatus status) override;
  void take_line(std::string_view line);
  void leave_unread(UnreadLine::Limit limit, std::string_view text, std::string_view head);

  ChannelEvents& events_;
  jsonrpc::LineFramer stdout_lines_;
  jsonrpc::LineFramer stderr_lines_;
  Tail stderr_tail_;
  json::Parser parser_;
  std::unique_ptr<process::Process> process_;  // last: it goes first, and with it every event
};

}  // namespace collet::worker
