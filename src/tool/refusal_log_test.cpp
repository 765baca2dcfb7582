#include "tool/refusal_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/virtual_loop.hpp"

namespace collet::tool {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class RefusalLogTest : public testing::Test {
 protected:
  void refuse(std::string_view plugin, std::optional<Overload> reason = Overload::queue_full,
              std::string message = "full", int times = 1) {
    for (int i = 0; i < times; ++i) {
      refusals->refused(plugin,
                        {.code = ErrorCode::overloaded, .message = message, .overload = reason});
    }
  }
  /// What was told since the last look.
  std::vector<std::string> told() {
    const std::vector<std::string> all = log.alarms();
    std::vector<std::string> lines(all.begin() + static_cast<std::ptrdiff_t>(seen_), all.end());
    seen_ = all.size();
    return lines;
  }
  static std::string line(std::string_view plugin, int calls,
                          std::string_view reason = "queue_full", std::string_view last = "full") {
    return "warn calls refused as overloaded plugin=" + std::string(plugin) +
           " reason=" + std::string(reason) + " calls=" + std::to_string(calls) +
           " last=" + std::string(last);
  }

  VirtualLoop loop;
  RecordingLogger log;
  std::optional<RefusalLog> refusals{std::in_place, loop, log};

 private:
  std::size_t seen_ = 0;
};

TEST_F(RefusalLogTest, TheFirstIsToldAtOnceAndThoseOfTenSecondsTogether) {
  refuse("acme");
  EXPECT_THAT(told(), ElementsAre(line("acme", 1)));
  refuse("acme", Overload::queue_full, "full", 1000);
  loop.advance(10s - 1ns);
  refuse("acme", Overload::queue_full, "fuller");
  EXPECT_THAT(told(), IsEmpty());
  loop.advance(1ns);
  EXPECT_THAT(told(), ElementsAre(line("acme", 1001, "queue_full", "fuller")));
  refuse("acme");
  loop.advance(10s - 1ns);
  EXPECT_THAT(told(), IsEmpty()) << "ten seconds since the last line";
  loop.advance(1ns);
  EXPECT_THAT(told(), ElementsAre(line("acme", 1)));
}

TEST_F(RefusalLogTest, AfterTenQuietSecondsTheNextIsAFirstOne) {
  refuse("acme");
  (void)told();
  loop.advance(10s);
  EXPECT_EQ(loop.pending_timers(), 0u);
  refuse("acme");
  EXPECT_THAT(told(), ElementsAre(line("acme", 1)));
}

TEST_F(RefusalLogTest, EachPluginAndEachReasonHasLinesOfItsOwn) {
  refuse("acme");
  refuse("acme", Overload::unsent_bytes);
  refuse("other");
  refuse("other", std::nullopt);
  EXPECT_THAT(told(), ElementsAre(line("acme", 1), line("acme", 1, "unsent_bytes"),
                                  line("other", 1), line("other", 1, "unknown")));
  refuse("acme");
  refuse("other", Overload::queue_full, "full", 2);
  loop.advance(10s);
  EXPECT_THAT(told(), ElementsAre(line("acme", 1), line("other", 2)));
}

TEST_F(RefusalLogTest, AtItsEndItTellsWhatItHasNotTold) {
  refuse("acme", Overload::queue_full, "full", 3);
  (void)told();
  refusals.reset();
  EXPECT_THAT(told(), ElementsAre(line("acme", 2)));
  EXPECT_EQ(loop.pending_timers(), 0u);
}

}  // namespace
}  // namespace collet::tool
