#include "base/loop_watch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace collet {
namespace {

// Forty times a second: an idle host is idle. What is seen of a gap is how late the look came: up
// to this much less than the gap.
constexpr auto k_look_every = std::chrono::milliseconds(25);

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

LoopWatch::LoopWatch(Loop& loop, Logger& log) : loop_(loop), log_(log) {
  const auto path = fmt::format("/proc/self/task/{}/schedstat", ::gettid());
  schedstat_ = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  waited_before_ = waited_for_processor();
  looked_at_ = loop_.now();
  timer_ = loop_.call_after(k_look_every, [this] { look(); });
}

LoopWatch::~LoopWatch() = default;

void LoopWatch::look() {
  const auto now = loop_.now();
  const auto waited = waited_for_processor();
  const auto gap = now - looked_at_ - k_look_every - (waited - waited_before_);
  looked_at_ = now;
  waited_before_ = waited;
  seen_.longest = std::max(seen_.longest, gap);
  if (gap > gap_max - k_look_every) {
    ++seen_.too_long;
    log_.warn("the event loop stood still", {{"ms", fmt::format("{:.0f}", milliseconds(gap))}});
  }
  timer_ = loop_.call_after(k_look_every, [this] { look(); });
}

// The second number of the file is the nanoseconds that the thread was ready and did not run.
Clock::duration LoopWatch::waited_for_processor() const {
  std::array<char, 128> text{};
  const auto size = ::pread(schedstat_.get(), text.data(), text.size(), 0);
  if (size <= 0) return {};
  const std::string_view line(text.data(), static_cast<std::size_t>(size));
  const auto space = line.find(' ');
  if (space == line.npos) return {};
  std::int64_t nanoseconds = 0;
  std::from_chars(line.data() + space + 1, line.data() + line.size(), nanoseconds);
  return std::chrono::nanoseconds(nanoseconds);
}

}  // namespace collet
