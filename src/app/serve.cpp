#include "app/serve.hpp"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>
#include <utility>

#include "app/listen_address.hpp"
#include "app/paths.hpp"
#include "base/entropy.hpp"

namespace collet::app {
namespace {

/// The signals that end a daemon. While it lives they are blocked in this thread and in all that it
/// starts, and wait to be taken here. One that whoever started us had ignored (`nohup`) stays
/// ignored.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      struct sigaction now {};
      ::sigaction(signal, nullptr, &now);
      if (now.sa_handler != SIG_IGN) sigaddset(&set_, signal);
    }
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void wait() const {
    int signal = 0;
    ::sigwait(&set_, &signal);
  }
  /// The next one, or nothing after `patience`. Any thread.
  std::optional<int> wait_for(std::chrono::milliseconds patience) const {
    const timespec time{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(patience).count()};
    const int signal = ::sigtimedwait(&set_, nullptr, &time);
    return signal > 0 ? std::optional(signal) : std::nullopt;
  }

 private:
  sigset_t set_{};
};

/// Whoever read our output may be gone (`| head`, a closed terminal): a daemon lives on. A handler,
/// because SIG_IGN would be inherited by programs that are executed.
void survive_closed_output() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGPIPE, &action, nullptr);
}

/// Stops the host; another signal meanwhile kills all workers and ends the process at once.
void stop_or_give_up(Host& host, const StopSignals& signals) {
  std::atomic<bool> stopped = false;
  std::thread impatience([&] {
    while (!stopped) {
      const auto signal = signals.wait_for(std::chrono::milliseconds(50));
      if (!signal) continue;
      host.kill_workers();
      ::_exit(128 + *signal);  // as a shell reports it
    }
  });
  host.stop();
  stopped = true;
  impatience.join();
}

}  // namespace

Outcome<ExitCode> run_daemon(const ServePlan& plan, Terminal& terminal) {
  const StopSignals signals;
  survive_closed_output();
  auto options = plan.options;
  options.orphans = Orphans::reaped;
  const auto data_dir = options.data_dir;
  const std::string address = options.http->address;
  if (plan.auth == Authentication::token) {
    const auto entropy = make_system_entropy();
    auto token = ensure_token(data_dir, *entropy);
    if (!token) return std::unexpected(Failure{ExitCode::failure, std::move(token.error())});
    options.http->operator_token = *std::move(token);
  }

  auto host = Host::start(std::move(options));
  // The arguments were right: whatever stops the start (the lock, the port, the store) is no usage.
  if (!host) return std::unexpected(Failure{ExitCode::failure, std::move(host.error())});

  const auto url = to_url({.address = address, .port = (*host)->http_port()});
  const RunFile run{
      .url = url, .pid = ::getpid(), .started_at = to_iso8601(std::chrono::system_clock::now())};
  if (auto written = write_run_file(data_dir, run); !written) {
    return std::unexpected(Failure{ExitCode::failure, std::move(written.error())});
  }
  terminal.out(greeting(plan, url));

  signals.wait();
  terminal.out("\nStopping the plugins. Once more to stop at once.\n");
  remove_run_file(data_dir);  // first, while the folder's lock keeps the next daemon's file away
  stop_or_give_up(**host, signals);
  terminal.out("Stopped.\n");
  return ExitCode::ok;
}

}  // namespace collet::app
