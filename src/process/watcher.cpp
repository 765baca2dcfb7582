#include "process/watcher.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "process/running_process.hpp"

namespace collet::process {
namespace {

// Longer than the watcher takes to end a sweep that is under way and begin its last.
constexpr std::chrono::seconds k_end_patience(10);
// Between two starts of a watcher that does not live; doubled each time.
constexpr std::chrono::seconds k_first_restart_delay(1);
constexpr std::chrono::seconds k_longest_restart_delay(60);
// Some megabytes of runs that wait for a watcher.
constexpr std::size_t k_runs_kept_max = 10'000;

}  // namespace

Watcher::Watcher(Loop& loop, WatcherProgram program, Start start, Logger* log)
    : loop_(loop),
      program_(std::move(program)),
      start_(std::move(start)),
      log_(log),
      restart_delay_(k_first_restart_delay) {}

Watcher::~Watcher() {
  if (!process_) return;
  process_->write("stop\n");
  process_->await_end(k_end_patience);
}

std::uint64_t Watcher::begin_run(const std::filesystem::path& executable) {
  if (last_run_ == 0) start_program();
  runs_.emplace(++last_run_, Run{.executable = executable.native()});
  return last_run_;
}

std::string Watcher::mark(std::uint64_t run) const {
  return program_.host + '/' + std::to_string(run);
}

void Watcher::started(std::uint64_t number, int pid) {
  auto& run = runs_.at(number);
  run.pid = pid;
  tell(number, run);
}

void Watcher::end_run(std::uint64_t number) {
  auto& run = runs_.at(number);
  run.has_ended = true;
  tell(number, run);
  // Nobody asks for them while no watcher runs; those of its next start are enough.
  if (!process_ && runs_.size() > k_runs_kept_max) runs_.erase(number);
}

void Watcher::start_program() {
  SpawnRequest request{.executable = program_.file,
                       .arguments = {program_.host, std::to_string(::getpid())}};
  for (const auto& folder : program_.group_folders) request.arguments.push_back(folder.native());
  auto started = start_(request, *this);
  if (!started) {
    log(LogLevel::error, "the watcher does not start",
        {{"reason", started.error().message}, {"remedy", started.error().remedy}});
    return start_later();
  }
  process_ = std::move(*started);
  answers_.clear();
  for (const auto& [number, run] : runs_) tell(number, run);
}

void Watcher::start_later() {
  restart_ = loop_.call_after(restart_delay_, [this] { start_program(); });
  restart_delay_ = std::min<Clock::duration>(restart_delay_ * 2, k_longest_restart_delay);
}

// The part of a line that a watcher missed because it died is in `runs_`.
void Watcher::tell(std::uint64_t number, const Run& run) {
  if (!process_) return;
  if (run.has_ended) return process_->write(fmt::format("end {}\n", number));
  if (run.pid != 0) process_->write(fmt::format("start {} {}\n", number, run.pid));
}

void Watcher::on_stdout(std::string_view bytes) {
  answers_ += bytes;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = answers_.find('\n', begin)) != answers_.npos; begin = end + 1) {
    take_answer(std::string_view(answers_).substr(begin, end - begin));
  }
  answers_.erase(0, begin);
}

// "RUN KILLED"
void Watcher::take_answer(std::string_view line) {
  const char* const line_end = line.data() + line.size();
  std::uint64_t number = 0;
  std::uint64_t killed = 0;
  const auto [space, no_number] = std::from_chars(line.data(), line_end, number);
  if (no_number != std::errc() || space == line_end || *space != ' ') return;
  const auto [end, no_count] = std::from_chars(space + 1, line_end, killed);
  const auto run = runs_.find(number);
  if (no_count != std::errc() || end != line_end || run == runs_.end() || !run->second.has_ended) {
    return;
  }
  restart_delay_ = k_first_restart_delay;
  if (killed != 0) {
    log(LogLevel::warn, "killed processes that outlived the one that started them",
        {{"program", run->second.executable}, {"count", std::to_string(killed)}});
  }
  runs_.erase(run);
}

void Watcher::on_stderr(std::string_view bytes) {
  log(LogLevel::error, "the watcher complains", {{"text", std::string(bytes)}});
}

void Watcher::on_exit(ExitStatus status) {
  log(LogLevel::error, "the watcher ended", {{"how", status.describe()}});
  process_ = nullptr;
  start_later();
}

void Watcher::log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (log_ != nullptr) log_->write(level, event, fields);
}

}  // namespace collet::process
