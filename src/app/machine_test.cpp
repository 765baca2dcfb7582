#include "app/machine.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "app/app_fixture.hpp"

namespace collet::app {
namespace {

TEST_F(AppTest, TheMachineKnowsAFreePortFromATakenOne) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(descriptor, generic, size), 0);
  ASSERT_EQ(::listen(descriptor, 1), 0);
  ASSERT_EQ(::getsockname(descriptor, generic, &size), 0);
  const ListenAddress taken{"127.0.0.1", ntohs(address.sin_port)};

  const auto system = make_system_machine();
  const auto refused = system->can_listen(taken);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "Address already in use");
  ::close(descriptor);
  EXPECT_TRUE(system->can_listen(taken));
}

TEST_F(AppTest, TheMachineKnowsFilesAndFolders) {
  const auto system = make_system_machine();
  EXPECT_TRUE(system->exists(data_dir));
  EXPECT_FALSE(system->exists(data_dir / "none"));
  EXPECT_TRUE(system->can_write(data_dir));
  EXPECT_TRUE(system->can_write(data_dir / "not" / "yet"));
  const auto file = system->can_write(data_dir / "run.json");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message, (data_dir / "run.json").string() + " is not a folder");
  std::filesystem::create_directory_symlink(data_dir, data_dir / "link");
  EXPECT_EQ(system->absolute(data_dir / "link" / "x" / ""),
            std::filesystem::canonical(data_dir) / "x");
}

TEST_F(AppTest, TheMachineSaysWhereItLookedForAProgram) {
  const auto system = make_system_machine();
  const auto none = system->program("run.json", data_dir.string() + ":/nowhere");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "run.json was not found in " + data_dir.string() + ":/nowhere");
}

}  // namespace
}  // namespace collet::app
