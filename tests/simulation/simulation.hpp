// One run: a dispatcher, its admission and its workers in virtual time, agents that call, an
// operator that restarts, and faults; all of it from one seed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace collet::simulation {

/// A fault of the host's own that a run plants, to show that it would be found.
enum class Planted : std::uint8_t {
  nothing,
  lost_answer,  ///< one call's answer is kept for ever
  late_answer,  ///< one answer comes after its deadline
  second_run,   ///< one call is sent to the worker twice
};

struct Outcome {
  std::string broken;        ///< the first promise that did not hold, empty where all did
  std::uint64_t digest = 0;  ///< of everything that happened: the same seed has the same
  std::size_t calls = 0;
  std::size_t results = 0;
  std::size_t starts = 0;  ///< of processes
};

/// `trace` gets a line for everything that happens; may be empty.
[[nodiscard]] Outcome simulate(std::uint64_t seed, Planted planted,
                               const std::function<void(std::string_view)>& trace);

}  // namespace collet::simulation
