// Everything outside that commands touch, in one place: main gives the real ones, tests give fakes.
#pragma once

#include <functional>

#include "app/environment.hpp"
#include "app/exit_code.hpp"
#include "app/failure.hpp"
#include "app/machine.hpp"
#include "app/terminal.hpp"
#include "base/wall_clock.hpp"
#include "http/client.hpp"

namespace collet::app {

struct ServePlan;

using Fetch = std::function<Result<http::Response>(const http::ClientRequest&)>;

/// References are borrowed.
struct Surroundings {
  const Environment& environment;
  Terminal& terminal;
  Machine& machine;
  Fetch fetch;    ///< `http::fetch`
  WallClock now;  ///< the time of day, for `--since`
  /// Runs a daemon until it is told to stop (`run_daemon` in serve.hpp).
  std::function<Outcome<ExitCode>(const ServePlan&, Terminal&)> run_daemon;
};

}  // namespace collet::app
