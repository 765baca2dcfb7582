// The host's side of collet-watcher, the program that ends what workers leave behind
// (watcher_main.cpp). Internal to process/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/logger.hpp"
#include "base/loop.hpp"
#include "process/process.hpp"

namespace collet::process {

class RunningProcess;

/// The watcher's own program, and what it is told from the start.
struct WatcherProgram {
  std::filesystem::path file;
  std::string host;  ///< a name that no other host has
  /// Below which each run has control groups, named by its number.
  std::vector<std::filesystem::path> group_folders{};
};

/// Gives each process a mark that its children inherit, and has the watcher kill whoever still
/// carries it when the process has ended. Loop thread only.
class Watcher final : private ProcessEvents {
 public:
  using Start =
      std::function<Result<std::shared_ptr<RunningProcess>>(const SpawnRequest&, ProcessEvents&)>;

  /// `start` starts `program`: with the first run, and again where it ended. `log` may be null.
  Watcher(Loop& loop, WatcherProgram program, Start start, Logger* log);
  /// Lets the watcher kill what is left of all runs, and waits for that: at most some seconds.
  ~Watcher() override;
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// The number of a new run of `executable`, which is to be started with `mark(run)`.
  [[nodiscard]] std::uint64_t begin_run(const std::filesystem::path& executable);
  /// The value of COLLET_MARK in the environment of that run.
  [[nodiscard]] std::string mark(std::uint64_t run) const;
  /// Its process, which leads a group.
  void started(std::uint64_t run, int pid);
  /// Nothing of it may be left from now on.
  void end_run(std::uint64_t run);

 private:
  struct Run {
    std::string executable;
    int pid = 0;
    bool has_ended = false;  // and the watcher has not said yet that nothing is left
  };

  void on_stdout(std::string_view bytes) override;
  void on_stderr(std::string_view bytes) override;
  void on_stdout_closed() override {}
  void on_stdin_closed(std::string_view) override {}
  void on_exit(ExitStatus status) override;

  void start_program();
  void start_later();
  void tell(std::uint64_t number, const Run& run);
  void take_answer(std::string_view line);
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

  Loop& loop_;
  const WatcherProgram program_;
  const Start start_;
  Logger* const log_;
  std::shared_ptr<RunningProcess> process_;
  Timer restart_;
  Clock::duration restart_delay_;
  std::uint64_t last_run_ = 0;
  std::map<std::uint64_t, Run> runs_;
  std::string answers_;  // the part of a line that has come
};

}  // namespace collet::process
