#include "app/paths.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_fixture.hpp"
#include "base/no_descriptors.hpp"

namespace collet::app {
namespace {

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777u;
}

TEST(Paths, FollowXdg) {
  const Environment home{.variables = {{"HOME", "/home/ann"}}};
  EXPECT_EQ(default_data_dir(home), "/home/ann/.local/share/collet");
  EXPECT_EQ(default_config_file(home), "/home/ann/.config/collet/collet.toml");
  const Environment xdg{
      .variables = {{"HOME", "/home/ann"}, {"XDG_DATA_HOME", "/d"}, {"XDG_CONFIG_HOME", "/c"}}};
  EXPECT_EQ(default_data_dir(xdg), "/d/collet");
  EXPECT_EQ(default_config_file(xdg), "/c/collet/collet.toml");
  const Environment odd{.variables = {{"HOME", "/home/ann"}, {"XDG_DATA_HOME", "relative"}}};
  EXPECT_EQ(default_data_dir(odd), "/home/ann/.local/share/collet");
  EXPECT_EQ(default_data_dir(Environment{}), std::nullopt);
}

TEST_F(AppTest, RunFileComesBackAsWritten) {
  ASSERT_TRUE(write_run_file(data_dir, {.url = "http://[::1]:1", .pid = 42, .started_at = "now"}));
  const auto run = read_run_file(data_dir);
  ASSERT_TRUE(run);
  EXPECT_EQ(run->url, "http://[::1]:1");
  EXPECT_EQ(run->pid, 42);
  EXPECT_EQ(run->started_at, "now");
  remove_run_file(data_dir);
  EXPECT_FALSE(read_run_file(data_dir));
}

TEST_F(AppTest, ABrokenRunFileIsNone) {
  for (const auto* text : {"", "{", "[]", R"({"pid":1})", R"({"url":7})"}) {
    write("run.json", text);
    EXPECT_FALSE(read_run_file(data_dir)) << text;
  }
}

TEST_F(AppTest, TheTokenIsMadeOnceAndKeptPrivate) {
  const auto folder = data_dir / "deep" / "state";
  const auto entropy = make_seeded_entropy(7);
  const auto token = ensure_token(folder, *entropy);
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->size(), 64u);
  EXPECT_EQ(mode_of(folder), 0700u);
  EXPECT_EQ(mode_of(token_file(folder)), 0600u);
  EXPECT_EQ(ensure_token(folder, *entropy).value_or(""), *token);
  EXPECT_EQ(read_token(folder), *token);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++files;
  EXPECT_EQ(files, 1u);  // nothing is left lying about
}

TEST_F(AppTest, ATokenThatCannotBeOpenedNowIsNotToBeDeleted) {
  const auto folder = data_dir / "state";
  const auto entropy = make_system_entropy();
  const auto token = ensure_token(folder, *entropy);
  ASSERT_TRUE(token);
  Result<std::string> wanting = "";
  {
    const NoDescriptors none;
    wanting = ensure_token(folder, *entropy);
  }
  ASSERT_FALSE(wanting);
  EXPECT_EQ(wanting.error().code, ErrorCode::overloaded);
  EXPECT_THAT(wanting.error().remedy, testing::HasSubstr("ulimit -n"));
  EXPECT_EQ(ensure_token(folder, *entropy), *token);
}

TEST_F(AppTest, ATokenThatOthersMayReadIsRefused) {
  ::chmod(token_file(data_dir).c_str(), 0640);
  const auto entropy = make_seeded_entropy(7);
  const auto token = ensure_token(data_dir, *entropy);
  ASSERT_FALSE(token);
  const auto file = token_file(data_dir).string();
  EXPECT_EQ(token.error().message, file + " may be read by other users, who could run every tool");
  EXPECT_EQ(token.error().remedy, "make it yours alone with: chmod 600 " + file);
  ::chmod(token_file(data_dir).c_str(), 0600);
  EXPECT_EQ(ensure_token(data_dir, *entropy).value_or(""), "secret");
}

TEST_F(AppTest, AnEmptyTokenIsRefused) {
  write("operator-token", "\n");
  ::chmod(token_file(data_dir).c_str(), 0600);
  const auto entropy = make_seeded_entropy(7);
  const auto token = ensure_token(data_dir, *entropy);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().remedy, "delete it; the next start makes a new one");
}

}  // namespace
}  // namespace collet::app
