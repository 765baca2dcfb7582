// A process as the loop holds it: its streams and its exit. Internal to process/, and heavy with
// Asio: for source files only.
#pragma once

#include <sys/types.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "process/child.hpp"
#include "process/process.hpp"

namespace collet::process {

/// One read takes at most this much: what a pipe holds. Pipes are left at that size, because larger
/// ones (256 KiB gave 15 % more throughput) count against a limit of pages per user.
inline constexpr std::size_t k_read_bytes_max = 64u << 10;
/// Where handling what a read brought takes longer than this, the next one takes half as much, down
/// to the least: a call of another plugin waits for three or four such turns of the loop. 64 KiB
/// of a large answer take far less; of short lines, each a message, they are a thousand.
inline constexpr std::chrono::microseconds k_turn(500);
inline constexpr std::size_t k_read_bytes_least = 1u << 10;

class RunningProcess;

/// What all processes of a spawner use, one at a time.
struct SharedByProcesses {
  std::array<char, k_read_bytes_max> read_buffer;  // used only between a read and its event
  SilentWrite silent_write = SilentWrite::by_kernel;
  /// The first processes of groups that are not reaped yet, each by the one that will.
  std::map<pid_t, const RunningProcess*> unreaped;
};

/// Lives on after its owner let go, until it is reaped. Loop thread only.
class RunningProcess : public std::enable_shared_from_this<RunningProcess> {
 public:
  /// `on_reaped` is called when the process is reaped, also where its owner let go of it before; it
  /// is not called where the loop ends earlier.
  RunningProcess(boost::asio::io_context& context, std::shared_ptr<SharedByProcesses> shared,
                 Child child, ProcessEvents& events, std::move_only_function<void()> on_reaped);
  ~RunningProcess();
  RunningProcess(const RunningProcess&) = delete;
  RunningProcess& operator=(const RunningProcess&) = delete;

  /// Whether the loop could take all descriptors; else this object goes, and the process with it.
  [[nodiscard]] boost::system::error_code start();

  // --- what the owner calls ---

  void abandon();
  /// Closes its streams and waits, at most `patience`, until it has ended by itself and is reaped;
  /// where it takes longer it is left alone.
  void await_end(std::chrono::milliseconds patience);
  void write(std::string bytes);
  void close_stdin();
  void pause_stdout() { stdout_.paused = true; }
  void resume_stdout();
  void signal_group(int signal) { leader_.signal_group(signal); }
  [[nodiscard]] std::size_t unwritten() const { return unwritten_; }
  [[nodiscard]] LimitsHit limits_hit();
  [[nodiscard]] bool is_stopped() const { return leader_.is_stopped(); }
  [[nodiscard]] int pid() const { return leader_.pid(); }

 private:
  using Descriptor =
      boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;
  struct Output {
    Descriptor pipe;
    void (ProcessEvents::*deliver)(std::string_view);
    std::size_t turn_bytes_max = k_read_bytes_max;
    bool waiting = false;
    bool paused = false;
  };
  enum class Next { more, later, closed };

  void adopt(FileDescriptor& from, Descriptor& to);
  void wait_to_read(Output& output);
  void read(Output& output);
  Next read_once(Output& output, std::size_t bytes_max, std::size_t& taken);
  void drain(Output& output);
  void flush();
  void wait_to_write();
  ssize_t write_queue();
  void take_off_queue(std::size_t written);
  void lose_stdin(std::string reason);
  void watch_stdin();
  void wait_for_exit();
  void look_at_exit();
  void release_number();
  void close_streams();
  static void close(Descriptor& descriptor);

  GroupLeader leader_;
  ControlGroup group_;
  const ResourceLimits limits_;
  std::optional<LimitsHit> limits_hit_;  // in all, once it has ended
  Descriptor exit_watch_;
  Descriptor stdin_;
  Output stdout_;
  Output stderr_;
  std::shared_ptr<SharedByProcesses> shared_;
  ProcessEvents* events_;  // null: the owner let go, or was told of the exit
  std::move_only_function<void()> on_reaped_;
  std::deque<std::string> queue_;
  std::size_t front_written_ = 0;  // bytes of the first in the queue that the kernel has
  std::size_t unwritten_ = 0;
  bool closing_stdin_ = false;
  boost::system::error_code failure_;
};

}  // namespace collet::process
