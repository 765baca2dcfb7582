#include "base/background.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/asio_loop.hpp"
#include "base/virtual_loop.hpp"

namespace collet {
namespace {

TEST(Background, WorksOffTheLoopAndAnswersOnIt) {
  AsioLoop loop;
  auto background = make_background(loop);
  const auto here = std::this_thread::get_id();
  std::vector<std::string> seen;
  for (const std::string name : {"first", "second"}) {
    off_loop<std::string>(
        *background,
        [name, here]() -> Result<std::string> {
          return name + (std::this_thread::get_id() == here ? " on the loop" : " elsewhere");
        },
        Reply<std::string>([&](Result<std::string> outcome) {
          EXPECT_TRUE(loop.on_loop());
          seen.push_back(outcome.value());
          if (seen.size() == 2) loop.stop();
        }));
  }
  loop.run();
  EXPECT_EQ(seen, (std::vector<std::string>{"first elsewhere", "second elsewhere"}));
}

TEST(Background, PassesFailuresOn) {
  VirtualLoop loop;
  InlineBackground background(loop);
  std::string said;
  off_loop<Done>(
      background, []() -> Result<Done> { return fail(ErrorCode::install_failed, "no"); },
      Reply<Done>([&](Result<Done> outcome) { said = outcome.error().message; }));
  EXPECT_EQ(said, "");
  loop.run_ready();
  EXPECT_EQ(said, "no");
}

TEST(Background, FinishesWhatWaitsWhenItEnds) {
  AsioLoop loop;
  int done = 0;
  {
    auto background = make_background(loop);
    for (int i = 0; i < 100; ++i) background->run([&done] { ++done; }, [] {});
  }
  EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace collet
