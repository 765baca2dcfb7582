// Worker processes that exist in virtual time only, and do whatever a process can do to its host.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.hpp"
#include "dice.hpp"
#include "process/process.hpp"

namespace collet::simulation {

/// What can go wrong in a worker. In each run a few are possible, and those happen often: rare
/// faults would hardly ever meet.
enum class Fault : std::uint8_t {
  spawn_fails,
  exits_at_start,
  never_initializes,
  initializes_badly,
  initializes_late,
  crashes,
  dies_inside_an_answer,
  never_answers,
  answers_late,
  answers_twice,
  answers_what_nobody_asked,
  answers_result_and_error,
  answers_neither,
  writes_noise,
  writes_in_pieces,
  closes_stdout,
  closes_stdin,
  is_stopped,
  goes_deaf,
  ignores_shutdown,
  ignores_term,
  dies_slowly,
};
inline constexpr std::size_t k_faults = 22;

/// What happens to one run's workers, and what they did.
class WorkerWorld {
 public:
  WorkerWorld(Loop& loop, Dice& dice, std::function<void(std::string)> trace);

  /// Whether this happens now.
  [[nodiscard]] bool strikes(Fault fault);
  /// From now on nothing goes wrong any more; what went wrong stays so.
  void heal() { is_healed_ = true; }

  Loop& loop;
  Dice& dice;
  const std::function<void(std::string)> trace;
  std::map<std::uint64_t, int> executed;  ///< how often each call was begun, by its number
  std::vector<TimePoint> spawned;
  std::size_t processes = 0;  ///< that live

 private:
  std::array<bool, k_faults> is_possible_{};
  bool is_healed_ = false;
};

class SimulatedSpawner final : public process::Spawner {
 public:
  explicit SimulatedSpawner(WorkerWorld& world) : world_(world) {}
  Result<std::unique_ptr<process::Process>> spawn(const process::SpawnRequest& request,
                                                  process::ProcessEvents& events) override;

  std::vector<UnenforcedLimit> not_enforced(const WorkerLimits&) const override { return {}; }

 private:
  WorkerWorld& world_;
  int last_pid_ = 0;
};

}  // namespace collet::simulation
