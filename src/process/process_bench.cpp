// A line to /bin/cat and back, through Process and through bare blocking pipes, in turns on one
// core of the same machine: the ratio is what the loop and the adapter cost.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "base/asio_loop.hpp"
#include "base/file_descriptor.hpp"
#include "process/child.hpp"
#include "process/system_spawner.hpp"

namespace collet::process {
namespace {

using namespace std::chrono_literals;

const SpawnRequest k_cat{.executable = "/bin/cat"};

struct Counter : ProcessEvents {
  void on_stdout(std::string_view bytes) override { received += bytes.size(); }
  void on_stderr(std::string_view) override {}
  void on_stdout_closed() override {}
  void on_stdin_closed(std::string_view) override {}
  void on_exit(ExitStatus) override {}
  std::size_t received = 0;
};

// Sends `line` and waits for as many bytes.
class ThroughProcess {
 public:
  ThroughProcess() { process_ = *spawner_->spawn(k_cat, counter_); }
  void exchange(const std::string& line) {
    const auto target = counter_.received + line.size();
    process_->write(line);
    while (counter_.received < target) loop_.context().run_one();
  }

 private:
  AsioLoop loop_;
  std::unique_ptr<Spawner> spawner_ = make_system_spawner(loop_);
  Counter counter_;
  std::unique_ptr<Process> process_;
};

class ThroughBarePipes {
 public:
  ThroughBarePipes() {
    int to[2];
    int from[2];
    if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(to[0], STDIN_FILENO);
      ::dup2(from[1], STDOUT_FILENO);
      ::execl("/bin/cat", "cat", nullptr);
      ::_exit(127);
    }
    to_ = FileDescriptor(to[1]);
    from_ = FileDescriptor(from[0]);
    ::close(to[0]);
    ::close(from[1]);
  }
  ~ThroughBarePipes() {
    to_.close();
    ::waitpid(child_, nullptr, 0);
  }
  ThroughBarePipes(const ThroughBarePipes&) = delete;
  ThroughBarePipes& operator=(const ThroughBarePipes&) = delete;

  void exchange(const std::string& line) {
    if (::write(to_.get(), line.data(), line.size()) < 0) std::abort();
    for (std::size_t got = 0; got < line.size();) {
      const auto taken = ::read(from_.get(), buffer_.data(), buffer_.size());
      if (taken <= 0) std::abort();
      got += static_cast<std::size_t>(taken);
    }
  }

 private:
  pid_t child_ = 0;
  FileDescriptor to_;
  FileDescriptor from_;
  std::vector<char> buffer_ = std::vector<char>(64u << 10);
};

// Keeps this thread and what it starts on the core it is on: which core wakes which would otherwise
// decide the result, by a factor of four.
class OnOneCore {
 public:
  OnOneCore() {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(::sched_getcpu(), &one);
    ::sched_setaffinity(0, sizeof one, &one);
  }
  ~OnOneCore() { ::sched_setaffinity(0, sizeof before_, &before_); }
  OnOneCore(const OnOneCore&) = delete;
  OnOneCore& operator=(const OnOneCore&) = delete;

 private:
  cpu_set_t before_{};
};

double median_microseconds(std::vector<std::chrono::nanoseconds>& times) {
  const auto middle = times.begin() + std::ssize(times) / 2;
  std::ranges::nth_element(times, middle);
  return std::chrono::duration<double, std::micro>(*middle).count();
}

// Argument: bytes of the line.
void BM_PingPong(benchmark::State& state) {
  const std::string line(static_cast<std::size_t>(state.range(0)), 'x');
  const OnOneCore one_core;
  ThroughProcess process;
  ThroughBarePipes bare;
  std::vector<std::chrono::nanoseconds> process_times;
  std::vector<std::chrono::nanoseconds> bare_times;
  const auto measure = [&](auto& way, auto& times) {
    for (int i = 0; i < 100; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      way.exchange(line);
      times.push_back(std::chrono::steady_clock::now() - begin);
    }
  };
  for (auto _ : state) {
    measure(bare, bare_times);
    measure(process, process_times);
  }
  const double process_median = median_microseconds(process_times);
  const double bare_median = median_microseconds(bare_times);
  state.counters["process_p50_us"] = process_median;
  state.counters["bare_p50_us"] = bare_median;
  state.counters["ratio"] = process_median / bare_median;
}
BENCHMARK(BM_PingPong)->Arg(100)->Arg(4096)->MinTime(2);

// How much goes to /bin/cat and back in one large piece: the effect of k_stream_buffer_bytes.
void BM_Throughput(benchmark::State& state) {
  const std::string bytes(32u << 20, 'x');
  ThroughProcess process;
  for (auto _ : state) process.exchange(bytes);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * std::ssize(bytes));
}
BENCHMARK(BM_Throughput)->UseRealTime();

// One start, end and reaping of the smallest program.
void BM_SpawnToExit(benchmark::State& state) {
  struct Ended final : Counter {
    void on_exit(ExitStatus) override { ended = true; }
    bool ended = false;
  };
  AsioLoop loop;
  const auto spawner = make_system_spawner(loop);
  for (auto _ : state) {
    Ended events;
    const auto process = *spawner->spawn({.executable = "/bin/true"}, events);
    while (!events.ended) loop.context().run_one();
  }
}
BENCHMARK(BM_SpawnToExit)->UseRealTime();

// The same without the loop, one start after the other: with limits of its own, and through one
// more program, as a launcher that sets them would be.
void start_to_exit(benchmark::State& state, const SpawnRequest& request) {
  for (auto _ : state) {
    auto child = *start_child(request);
    while (!child.leader.try_reap()) child.leader.await_end(1s);
  }
}
void BM_StartToExit(benchmark::State& state) {
  start_to_exit(state, {.executable = "/bin/true"});
}
void BM_StartWithLimits(benchmark::State& state) {
  start_to_exit(state, {.executable = "/bin/true", .limits = ResourceLimits{}});
}
void BM_StartThroughAnotherProgram(benchmark::State& state) {
  start_to_exit(state, {.executable = "/usr/bin/env", .arguments = {"/bin/true"}});
}
BENCHMARK(BM_StartToExit)->UseRealTime();
BENCHMARK(BM_StartWithLimits)->UseRealTime();
BENCHMARK(BM_StartThroughAnotherProgram)->UseRealTime();

}  // namespace
}  // namespace collet::process
