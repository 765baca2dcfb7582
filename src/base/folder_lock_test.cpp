#include "base/folder_lock.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

#include "base/no_descriptors.hpp"

namespace collet {
namespace {

class FolderLockTest : public testing::Test {
 protected:
  ~FolderLockTest() override { std::filesystem::remove_all(folder_.parent_path()); }
  const std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) /
                                        ("collet-lock-" + std::to_string(::getpid())) / "data";
};

TEST_F(FolderLockTest, ASecondOwnerIsRefusedWithTheFirstOnesPid) {
  auto first = FolderLock::take(folder_);
  ASSERT_TRUE(first);
  const auto second = FolderLock::take(folder_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "the data folder " + folder_.string() +
                                        " is in use by the process " + std::to_string(::getpid()));
}

TEST_F(FolderLockTest, IsFreeAgainAfterItsOwner) {
  std::optional<FolderLock> first(std::move(*FolderLock::take(folder_)));
  first.reset();
  EXPECT_TRUE(FolderLock::take(folder_));
}

TEST_F(FolderLockTest, MakesTheFolderForItsOwnerOnly) {
  const auto lock = FolderLock::take(folder_);
  EXPECT_EQ(std::filesystem::status(folder_).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(FolderLockTest, WithoutDescriptorsSaysSo) {
  std::optional<Result<FolderLock>> lock;
  {
    const NoDescriptors none;
    lock.emplace(FolderLock::take(folder_));
  }
  ASSERT_FALSE(lock->has_value());
  EXPECT_EQ(lock->error().code, ErrorCode::overloaded);
  EXPECT_EQ(lock->error().remedy,
            "raise the limit (ulimit -n, or LimitNOFILE= of its service), or run fewer plugins");
  EXPECT_TRUE(FolderLock::take(folder_)) << "a moment later";
}

TEST_F(FolderLockTest, AFolderThatCannotBeMadeSaysWhy) {
  const auto lock = FolderLock::take("/proc/collet");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().message,
            "cannot make the data folder /proc/collet: No such file or directory");
}

}  // namespace
}  // namespace collet
