#include "app/serve.hpp"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "app/listen_address.hpp"
#include "app/paths.hpp"
#include "base/entropy.hpp"

namespace collet::app {
namespace {

/// The signals that end a daemon. While it lives they are blocked in this thread and in all that it
/// starts, and wait to be taken by `wait`.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void wait() const {
    int signal = 0;
    ::sigwait(&set_, &signal);
  }
  /// From now on one of them kills the process, as is its default.
  void let_through() const {
    // A shell that starts us in the background may have left SIGINT ignored.
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
    ::pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  }

 private:
  sigset_t set_{};
};

}  // namespace

Outcome<ExitCode> run_daemon(const ServePlan& plan, Terminal& terminal) {
  const StopSignals signals;
  auto options = plan.options;
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
  signals.let_through();
  remove_run_file(data_dir);  // first, while the folder's lock keeps the next daemon's file away
  (*host)->stop();
  terminal.out("Stopped.\n");
  return ExitCode::ok;
}

}  // namespace collet::app
