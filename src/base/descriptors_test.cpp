#include "base/descriptors.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <string>

namespace collet {
namespace {

TEST(Descriptors, TheLimitIsTheOneThatHolds) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit less{.rlim_cur = before.rlim_cur - 1, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &less), 0);
  const auto seen = open_files_max();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(seen, before.rlim_cur - 1);
  EXPECT_EQ(open_files_max(), before.rlim_cur);
}

TEST(Descriptors, OnlyTwoErrorsTellOfThem) {
  EXPECT_TRUE(is_out_of_descriptors(EMFILE));
  EXPECT_TRUE(is_out_of_descriptors(ENFILE));
  for (const int other : {0, ENOENT, EACCES, ENOMEM, EAGAIN}) {
    EXPECT_FALSE(is_out_of_descriptors(other)) << other;
  }
}

TEST(Descriptors, AProcessThatHasTooManyIsToldItsLimit) {
  const auto error = too_many_open_files("cannot read /x", EMFILE);
  EXPECT_EQ(error.code, ErrorCode::overloaded);
  EXPECT_EQ(error.message, "cannot read /x: the host has too many open files (its limit is " +
                               std::to_string(open_files_max()) + ")");
  EXPECT_EQ(error.remedy,
            "raise the limit (ulimit -n, or LimitNOFILE= of its service), or run fewer plugins");
  EXPECT_EQ(error.retry_after, std::chrono::seconds(1));
}

TEST(Descriptors, AMachineThatHasTooManyIsAnotherMatter) {
  const auto error = too_many_open_files("cannot read /x", ENFILE);
  EXPECT_EQ(error.code, ErrorCode::overloaded);
  EXPECT_EQ(error.message, "cannot read /x: the machine has too many open files");
  EXPECT_EQ(error.remedy, "raise fs.file-max with sysctl, or end what holds so many files");
}

TEST(Descriptors, AnyOtherFailureKeepsItsCodeAndRemedy) {
  const auto refused =
      fail_by_system(ErrorCode::invalid_request, "cannot read /x", EACCES, "make it readable");
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_request);
  EXPECT_EQ(refused.error().message, "cannot read /x: Permission denied");
  EXPECT_EQ(refused.error().remedy, "make it readable");
  EXPECT_FALSE(refused.error().retry_after);

  const auto wanting =
      fail_by_system(ErrorCode::invalid_request, "cannot read /x", ENFILE, "make it readable");
  EXPECT_EQ(wanting.error().code, ErrorCode::overloaded);
  EXPECT_EQ(wanting.error().message, "cannot read /x: the machine has too many open files");
}

}  // namespace
}  // namespace collet
