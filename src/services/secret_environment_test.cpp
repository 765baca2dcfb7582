#include "services/secret_environment.hpp"

#include "services/secret_source_fixture.hpp"

namespace collet::services {
namespace {

class SecretEnvironmentTest : public SecretSourceTest {};

TEST_F(SecretEnvironmentTest, FindsVariablesByTheirNames) {
  SecretEnvironment source({{"GITHUB_TOKEN", "g"}, {"other", "o"}}, "");
  EXPECT_EQ(read(source, "GITHUB_TOKEN"), "\"g\"");
  EXPECT_EQ(read(source, "other"), "\"o\"");
  EXPECT_EQ(read(source, "github-token"), "nothing");
  EXPECT_EQ(read(source, "GITHUB_TOKEN"), "\"g\"");
}

TEST_F(SecretEnvironmentTest, FindsThoseWithThePrefixByTheRestOfTheirNames) {
  SecretEnvironment source({{"S_GITHUB_TOKEN", "g"}, {"GITHUB_TOKEN", "no"}, {"S_A_B_1", "a"}},
                           "S_");
  EXPECT_EQ(read(source, "github-token"), "\"g\"");
  EXPECT_EQ(read(source, "a/b.1"), "\"a\"");
  EXPECT_EQ(read(source, "token"), "nothing");
}

}  // namespace
}  // namespace collet::services
