#include "process/process_stat.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace collet::process {
namespace {

TEST(ReadStat, SaysWhatTheKernelSaysOfThisProcess) {
  const auto stat = read_stat(::getpid());
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->state, 'R');
  EXPECT_EQ(stat->parent, ::getppid());
  EXPECT_EQ(stat->group, ::getpgrp());
}

TEST(ReadStat, IsNothingWhereThereIsNoProcess) {
  EXPECT_FALSE(read_stat(0));
}

}  // namespace
}  // namespace collet::process
