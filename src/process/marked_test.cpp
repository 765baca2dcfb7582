#include "process/marked.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/no_descriptors.hpp"

namespace collet::process {
namespace {

using namespace std::literals;

TEST(MarkIn, FindsTheVariableAmongOthers) {
  EXPECT_EQ(mark_in("COLLET_MARK=h/1\0PATH=/bin\0"sv), "h/1");
  EXPECT_EQ(mark_in("PATH=/bin\0COLLET_MARK=h/22\0"sv), "h/22");
  EXPECT_EQ(mark_in("PATH=/bin\0COLLET_MARK=cut off"sv), "cut off");
}

TEST(MarkIn, TakesTheFirst) {
  EXPECT_EQ(mark_in("COLLET_MARK=h/1\0COLLET_MARK=h/2\0"sv), "h/1");
}

TEST(MarkIn, IsEmptyWhereThereIsNone) {
  EXPECT_EQ(mark_in(""), "");
  EXPECT_EQ(mark_in("PATH=/bin\0"sv), "");
  EXPECT_EQ(mark_in("COLLET_MARKED=h/1\0X_COLLET_MARK=h/1\0"sv), "");
  EXPECT_EQ(mark_in("COLLET_MARK\0"sv), "");
  EXPECT_EQ(mark_in("COLLET_MARK=\0"sv), "");
}

TEST(KillMarked, FindsNobodyByAMarkThatNobodyHas) {
  EXPECT_FALSE(kill_marked([](std::string_view mark) { return mark == "nobody/0"; },
                           [](pid_t, const std::string& mark) { ADD_FAILURE() << mark; }));
}

TEST(KillMarked, CannotSayThatNobodyIsLeftWhereItCannotLook) {
  const auto nobody = [](std::string_view) { return false; };
  const auto killed = [](pid_t, const std::string& mark) { ADD_FAILURE() << mark; };
  EXPECT_FALSE(kill_marked(nobody, killed));
  bool may_be_left = false;
  {
    const NoDescriptors none;
    may_be_left = kill_marked(nobody, killed);
  }
  EXPECT_TRUE(may_be_left);
}

TEST(MarkOf, IsEmptyForAProcessThatIsNotThere) {
  EXPECT_EQ(mark_of(0), "");
}

}  // namespace
}  // namespace collet::process
