#include "http/accept_pause.hpp"

#include <gmock/gmock.h>

#include <vector>

#include "base/virtual_loop.hpp"

namespace collet::http {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class AcceptPauseTest : public testing::Test {
 protected:
  /// How long the next pause takes.
  std::chrono::milliseconds next() {
    const auto begin = loop_.now();
    bool over = false;
    pause_.begin([&] { over = true; });
    while (!over) {
      EXPECT_TRUE(pause_.is_under_way());
      loop_.advance(1ms);
    }
    EXPECT_FALSE(pause_.is_under_way());
    return std::chrono::duration_cast<std::chrono::milliseconds>(loop_.now() - begin);
  }

  VirtualLoop loop_;
  AcceptPause pause_{loop_};
};

TEST_F(AcceptPauseTest, DoublesFromTenMillisecondsToASecond) {
  std::vector<std::chrono::milliseconds> pauses;
  for (int i = 0; i < 10; ++i) pauses.push_back(next());
  EXPECT_THAT(pauses,
              ElementsAre(10ms, 20ms, 40ms, 80ms, 160ms, 320ms, 640ms, 1000ms, 1000ms, 1000ms));
  pause_.forget();
  EXPECT_EQ(next(), 10ms);
}

TEST_F(AcceptPauseTest, OneThatIsCutShortEndsAtOnceAndCounts) {
  int resumed = 0;
  pause_.begin([&] { ++resumed; });
  pause_.cut_short();
  pause_.cut_short();
  EXPECT_EQ(resumed, 0) << "not inside the call";
  loop_.advance(0ms);
  EXPECT_EQ(resumed, 1);
  loop_.advance(1s);
  EXPECT_EQ(resumed, 1);
  EXPECT_EQ(next(), 20ms);
  pause_.cut_short();  // none is under way
  EXPECT_EQ(loop_.pending_timers(), 0u);
}

TEST_F(AcceptPauseTest, OneThatIsTakenBackResumesNothing) {
  pause_.begin([] { ADD_FAILURE(); });
  pause_.cancel();
  EXPECT_FALSE(pause_.is_under_way());
  loop_.advance(1s);
}

}  // namespace
}  // namespace collet::http
