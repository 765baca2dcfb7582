#include "host/watcher_path.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace collet {
namespace {

namespace fs = std::filesystem;

class WatcherPath : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder); }

  fs::path make(const fs::path& where, fs::perms mode = fs::perms::owner_all) {
    const auto path = folder / where;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "#!/bin/sh\n";
    fs::permissions(path, mode);
    return path;
  }

  const fs::path folder = fs::path(testing::TempDir()) / "watcher_path";
  const fs::path executable = folder / "bin/collet";
};

TEST_F(WatcherPath, IsTheOneThatIsWanted) {
  const auto wanted = make("elsewhere/my-watcher");
  make("bin/collet-watcher");
  EXPECT_EQ(find_watcher(wanted, executable), wanted);
}

TEST_F(WatcherPath, RefusesAWantedOneThatCannotRun) {
  for (const auto& wanted : {folder / "missing", make("plain", fs::perms::owner_read), folder}) {
    const auto found = find_watcher(wanted, executable);
    ASSERT_FALSE(found) << wanted;
    EXPECT_EQ(found.error().message,
              "HostOptions: watcher " + wanted.string() + " is no executable file");
  }
}

TEST_F(WatcherPath, IsBesideTheProgramOrInLibexec) {
  const auto installed = make("libexec/collet/collet-watcher");
  EXPECT_EQ(find_watcher({}, executable), installed);
  const auto built = make("bin/collet-watcher");
  EXPECT_EQ(find_watcher({}, executable), built);
}

}  // namespace
}  // namespace collet
