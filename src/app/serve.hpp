// `collet serve`: flags over configuration over defaults, then a daemon until a signal.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/config.hpp"
#include "app/environment.hpp"
#include "app/failure.hpp"
#include "app/terminal.hpp"
#include "base/wall_clock.hpp"
#include "collet/host.hpp"

namespace collet::app {

/// The flags of `collet serve`.
struct ServeCommand {
  std::optional<std::string> config{};
  std::optional<std::string> data_dir{};
  std::optional<std::string> listen{};
  std::optional<std::string> log_level{};
  std::optional<Authentication> auth{};
};

/// What a daemon is started with. `options.http` is always set; its operator token is not yet.
struct ServePlan {
  HostOptions options{};
  Authentication auth = Authentication::token;
  std::vector<std::string> warnings{};
};

/// Decides everything that needs no machine: a pure function. Refuses a daemon that strangers could
/// use: one beyond loopback without authentication. Fails with exit code 2.
[[nodiscard]] Outcome<ServePlan> plan_daemon(const ServeCommand& command, const Config& config,
                                             const Environment& environment);

/// What a started daemon tells the person who started it.
[[nodiscard]] std::string greeting(const ServePlan& plan, const std::string& url);

/// Makes the token, starts the host, writes the run file, and serves until SIGINT, SIGTERM or
/// SIGHUP; a second one ends the process at once. Main thread, before any other thread exists: it
/// blocks those signals for the threads that come.
[[nodiscard]] Outcome<ExitCode> run_daemon(const ServePlan& plan, Terminal& terminal);

}  // namespace collet::app
