#include "process/running_process.hpp"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

namespace collet::process {
namespace {

using boost::system::error_code;

// After so many full writes for one process the others get their turn.
constexpr int k_writes_per_turn_max = 4;
// One writev gathers at most so many queued writes; the kernel takes 1024.
constexpr std::size_t k_gathered_writes_max = 64;

}  // namespace

RunningProcess::RunningProcess(boost::asio::io_context& context,
                               std::shared_ptr<SharedByProcesses> shared, Child child,
                               ProcessEvents& events, std::move_only_function<void()> on_reaped)
    : leader_(std::move(child.leader)),
      group_(std::move(child.group)),
      limits_(child.limits),
      exit_watch_(context),
      stdin_(context),
      stdout_{Descriptor(context), &ProcessEvents::on_stdout},
      stderr_{Descriptor(context), &ProcessEvents::on_stderr},
      shared_(std::move(shared)),
      events_(&events),
      on_reaped_(std::move(on_reaped)) {
  adopt(child.stdin_pipe, stdin_);
  adopt(child.stdout_pipe, stdout_.pipe);
  adopt(child.stderr_pipe, stderr_.pipe);
  if (leader_.pidfd() >= 0) shared_->unreaped.insert_or_assign(leader_.pid(), this);
}

// The pidfd stays with the leader, which closes it after its last use.
RunningProcess::~RunningProcess() {
  release_number();
  if (exit_watch_.is_open()) static_cast<void>(exit_watch_.release());
}

error_code RunningProcess::start() {
  if (!failure_ && leader_.pidfd() >= 0) exit_watch_.assign(leader_.pidfd(), failure_);
  if (failure_) return failure_;
  wait_for_exit();
  wait_to_read(stdout_);
  wait_to_read(stderr_);
  watch_stdin();
  return {};
}

// --- what the owner calls ---

void RunningProcess::abandon() {
  events_ = nullptr;
  close_streams();
  leader_.signal_group(SIGKILL);
}

void RunningProcess::await_end(std::chrono::milliseconds patience) {
  events_ = nullptr;
  close_streams();
  const bool has_ended = leader_.await_end(patience);
  if (exit_watch_.is_open()) static_cast<void>(exit_watch_.release());
  if (!has_ended) return leader_.release();
  static_cast<void>(leader_.try_reap());
}

void RunningProcess::write(std::string bytes) {
  if (!stdin_.is_open() || closing_stdin_ || bytes.empty()) return;
  unwritten_ += bytes.size();
  queue_.push_back(std::move(bytes));
  if (queue_.size() == 1) flush();
}

void RunningProcess::close_stdin() {
  if (std::exchange(closing_stdin_, true) || !stdin_.is_open()) return;
  if (queue_.empty()) close(stdin_);
}

LimitsHit RunningProcess::limits_hit() {
  return limits_hit_ ? *limits_hit_ : group_.hits();
}

void RunningProcess::resume_stdout() {
  stdout_.paused = false;
  wait_to_read(stdout_);
}

void RunningProcess::adopt(FileDescriptor& from, Descriptor& to) {
  if (failure_) return;
  to.assign(from.get(), failure_);
  if (!failure_) static_cast<void>(from.release());
}

// --- standard output and error ---

void RunningProcess::wait_to_read(Output& output) {
  if (!events_ || output.waiting || output.paused || !output.pipe.is_open()) return;
  output.waiting = true;
  output.pipe.async_wait(Descriptor::wait_read,
                         [self = shared_from_this(), &output](error_code error) {
                           output.waiting = false;
                           if (!error) self->read(output);
                         });
}

void RunningProcess::read(Output& output) {
  if (!events_ || output.paused || !output.pipe.is_open()) return;
  // Once a turn: the others have their turns between a flood's.
  const auto begin = std::chrono::steady_clock::now();
  std::size_t taken = 0;
  const auto next = read_once(output, output.turn_bytes_max, taken);
  if (std::chrono::steady_clock::now() - begin > k_turn) {
    output.turn_bytes_max = std::max(output.turn_bytes_max / 2, k_read_bytes_least);
  } else {
    output.turn_bytes_max = std::min(output.turn_bytes_max * 2, k_read_bytes_max);
  }
  if (next != Next::closed) wait_to_read(output);
}

// Any event may end the owner's interest, so callers look at `events_` afterwards.
RunningProcess::Next RunningProcess::read_once(Output& output, std::size_t bytes_max,
                                               std::size_t& taken) {
  const auto got = ::read(output.pipe.native_handle(), shared_->read_buffer.data(), bytes_max);
  if (got > 0) {
    taken = static_cast<std::size_t>(got);
    (events_->*output.deliver)(std::string_view(shared_->read_buffer.data(), taken));
    return Next::more;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Next::later;
  close(output.pipe);
  if (&output == &stdout_) events_->on_stdout_closed();
  return Next::closed;
}

// Takes what is in the pipe now and no more, so that a grandchild that goes on writing cannot
// hold the exit back.
void RunningProcess::drain(Output& output) {
  if (!events_ || !output.pipe.is_open()) return;
  int readable = 0;
  ::ioctl(output.pipe.native_handle(), FIONREAD, &readable);
  auto left = static_cast<std::size_t>(std::max(readable, 0)) + 1;  // one more finds the end
  auto next = Next::more;
  while (events_ && left > 0 && next == Next::more) {
    std::size_t taken = 0;
    next = read_once(output, std::min(left, k_read_bytes_max), taken);
    left -= taken;
  }
}

// --- standard input ---

// Writes what the kernel takes now, and waits for the rest.
void RunningProcess::flush() {
  for (int i = 0; i < k_writes_per_turn_max && !queue_.empty(); ++i) {
    const auto written = write_queue();
    if (written > 0) take_off_queue(static_cast<std::size_t>(written));
    if (written >= 0 || errno == EINTR) continue;
    if (errno == EAGAIN) break;
    return lose_stdin(errno == EPIPE ? "the process closed its standard input"
                                     : "writing to its standard input failed: " +
                                           std::generic_category().message(errno));
  }
  if (!queue_.empty()) return wait_to_write();
  if (closing_stdin_) close(stdin_);
}

void RunningProcess::wait_to_write() {
  stdin_.async_wait(Descriptor::wait_write, [self = shared_from_this()](error_code error) {
    if (!error && self->stdin_.is_open()) self->flush();
  });
}

ssize_t RunningProcess::write_queue() {
  std::array<iovec, k_gathered_writes_max> parts;
  const auto count = std::min(queue_.size(), parts.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto skip = i == 0 ? front_written_ : 0;
    parts[i] = {.iov_base = queue_[i].data() + skip, .iov_len = queue_[i].size() - skip};
  }
  return write_silently(stdin_.native_handle(), std::span(parts).first(count),
                        shared_->silent_write);
}

void RunningProcess::take_off_queue(std::size_t written) {
  unwritten_ -= written;
  front_written_ += written;
  while (!queue_.empty() && front_written_ >= queue_.front().size()) {
    front_written_ -= queue_.front().size();
    queue_.pop_front();
  }
}

void RunningProcess::lose_stdin(std::string reason) {
  close(stdin_);
  queue_.clear();
  unwritten_ = 0;
  boost::asio::post(exit_watch_.get_executor(),
                    [self = shared_from_this(), reason = std::move(reason)] {
                      if (self->events_) self->events_->on_stdin_closed(reason);
                    });
}

// The kernel reports an error on a pipe that nobody reads any more, before anything is written.
void RunningProcess::watch_stdin() {
  stdin_.async_wait(Descriptor::wait_error, [self = shared_from_this()](error_code error) {
    if (!error && self->stdin_.is_open()) {
      self->lose_stdin("the process closed its standard input");
    }
  });
}

// --- the end ---

void RunningProcess::wait_for_exit() {
  if (!exit_watch_.is_open()) {  // gone before it could be watched
    boost::asio::post(exit_watch_.get_executor(),
                      [self = shared_from_this()] { self->look_at_exit(); });
    return;
  }
  exit_watch_.async_wait(Descriptor::wait_read, [self = shared_from_this()](error_code error) {
    if (!error) self->look_at_exit();
  });
}

void RunningProcess::look_at_exit() {
  // The leader closes the pidfd when it has reaped, so the loop lets go of it before.
  if (exit_watch_.is_open()) static_cast<void>(exit_watch_.release());
  auto status = leader_.try_reap();
  if (!status) {
    error_code error;
    exit_watch_.assign(leader_.pidfd(), error);
    return wait_for_exit();
  }
  release_number();
  drain(stdout_);
  drain(stderr_);
  close_streams();
  // Before the group is removed.
  limits_hit_ = group_.hits();
  if (is_out_of_cpu(*status, limits_)) ++limits_hit_->cpu;
  status->limits_hit = *limits_hit_;
  status->limits_text = limits_text(*status, limits_, *limits_hit_);
  on_reaped_();
  if (auto* const events = std::exchange(events_, nullptr)) events->on_exit(*status);
}

// Once it is reaped, its number may be another process's.
void RunningProcess::release_number() {
  const auto entry = shared_->unreaped.find(leader_.pid());
  if (entry != shared_->unreaped.end() && entry->second == this) shared_->unreaped.erase(entry);
}

void RunningProcess::close_streams() {
  close(stdin_);
  close(stdout_.pipe);
  close(stderr_.pipe);
  queue_.clear();
  unwritten_ = 0;
}

void RunningProcess::close(Descriptor& descriptor) {
  error_code ignored;
  descriptor.close(ignored);
}

}  // namespace collet::process
