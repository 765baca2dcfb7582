#include "app/command_line.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_fixture.hpp"

namespace collet::app {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST_F(AppTest, VersionIsOneLine) {
  EXPECT_EQ(run({"--version"}), 0);
  EXPECT_EQ(terminal.out_text, "collet 0.1.0\n");
}

TEST_F(AppTest, AloneItPrintsHelp) {
  EXPECT_EQ(run({}), 0);
  const auto alone = terminal.out_text;
  EXPECT_THAT(alone, StartsWith("Collet, a plugin tool host for AI agents"));
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_EQ(terminal.out_text, alone);
  EXPECT_EQ(terminal.err_text, "");
}

TEST_F(AppTest, EveryCommandHasHelpWithAnExample) {
  const std::vector<std::vector<std::string>> commands{{},
                                                       {"serve"},
                                                       {"plugin"},
                                                       {"plugin", "install"},
                                                       {"plugin", "list"},
                                                       {"plugin", "show"},
                                                       {"plugin", "enable"},
                                                       {"plugin", "disable"},
                                                       {"plugin", "restart"},
                                                       {"plugin", "uninstall"},
                                                       {"plugin", "logs"},
                                                       {"plugin", "config"},
                                                       {"plugin", "config", "get"},
                                                       {"plugin", "config", "set"},
                                                       {"plugin", "config", "edit"},
                                                       {"plugin", "config", "test"},
                                                       {"plugin", "activity"},
                                                       {"plugin", "jobs"},
                                                       {"tool"},
                                                       {"tool", "list"},
                                                       {"tool", "show"},
                                                       {"tool", "call"},
                                                       {"schema"},
                                                       {"schema", "check"},
                                                       {"schema", "validate"},
                                                       {"doctor"}};
  for (auto command : commands) {
    std::string name = "  collet";
    for (const auto& word : command) name += " " + word;
    command.emplace_back("--help");
    EXPECT_EQ(run(command), 0) << name;
    EXPECT_THAT(terminal.out_text, HasSubstr("Examples:\n" + name)) << name;
    EXPECT_THAT(terminal.out_text, testing::EndsWith("\n"));
    EXPECT_EQ(terminal.err_text, "");
  }
}

TEST_F(AppTest, EveryClientCommandHasJsonForMachines) {
  for (const auto& command :
       std::vector<std::vector<std::string>>{{"plugin", "install", "--help"},
                                             {"plugin", "list", "--help"},
                                             {"plugin", "show", "--help"},
                                             {"plugin", "enable", "--help"},
                                             {"plugin", "disable", "--help"},
                                             {"plugin", "restart", "--help"},
                                             {"plugin", "uninstall", "--help"},
                                             {"plugin", "logs", "--help"},
                                             {"plugin", "config", "get", "--help"},
                                             {"plugin", "config", "edit", "--help"},
                                             {"plugin", "activity", "--help"},
                                             {"plugin", "jobs", "--help"},
                                             {"tool", "list", "--help"},
                                             {"tool", "show", "--help"},
                                             {"doctor", "--help"}}) {
    EXPECT_EQ(run(command), 0);
    EXPECT_THAT(terminal.out_text, HasSubstr("--json ")) << command[0] << " " << command[1];
    EXPECT_THAT(terminal.out_text, HasSubstr("print JSON, for programs"));
    EXPECT_THAT(terminal.out_text, HasSubstr("--url URL"));
  }
}

TEST_F(AppTest, WrongArgumentsNameTheHelp) {
  EXPECT_EQ(run({"plugn"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: \"plugn\" is not known to `collet`\n"
            "  hint: did you mean \"plugin\"? see `collet --help`\n");
  EXPECT_EQ(terminal.out_text, "");

  EXPECT_EQ(run({"plugin", "show"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: plugin is required\n"
            "  hint: see `collet plugin show --help`\n");
  EXPECT_EQ(run({"tool", "list", "--jsn"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: \"--jsn\" is not known to `collet tool list`\n"
            "  hint: did you mean \"--json\"? see `collet tool list --help`\n");
  EXPECT_EQ(run({"doctor", "a", "zzzzzz"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: \"zzzzzz\" is not known to `collet doctor`\n"
            "  hint: see `collet doctor --help`\n");
  EXPECT_TRUE(requests.empty());
}

TEST(CommandLine, ReadsServe) {
  const std::vector<std::string> arguments{"serve", "--config", "c.toml",         "--data-dir",
                                           "d",     "--listen", "127.0.0.1:7421", "--no-auth"};
  const auto command = parse_command_line(arguments);
  ASSERT_TRUE(command);
  const auto& serve = std::get<ServeCommand>(*command);
  EXPECT_EQ(serve.config, "c.toml");
  EXPECT_EQ(serve.data_dir, "d");
  EXPECT_EQ(serve.listen, "127.0.0.1:7421");
  EXPECT_EQ(serve.auth, Authentication::none);
  EXPECT_EQ(serve.log_level, std::nullopt);
}

TEST(CommandLine, KeepsWhatLooksLikeAListTogether) {
  const std::vector<std::string> arguments{"tool",    "call",    "a:b",       "--param", "x=[1,2]",
                                           "--param", "[y,z]=1", "--timeout", "10s"};
  const auto command = parse_command_line(arguments);
  ASSERT_TRUE(command);
  const auto& call = std::get<ToolCallCommand>(*command);
  EXPECT_EQ(call.tool, "a:b");
  EXPECT_THAT(call.parameters, testing::ElementsAre("x=[1,2]", "[y,z]=1"));
  EXPECT_EQ(call.timeout, "10s");
}

TEST(CommandLine, TheToolMayFollowItsParameters) {
  const std::vector<std::string> arguments{"tool", "call", "--param", "x=1", "a:b"};
  const auto command = parse_command_line(arguments);
  ASSERT_TRUE(command);
  EXPECT_EQ(std::get<ToolCallCommand>(*command).tool, "a:b");
  EXPECT_THAT(std::get<ToolCallCommand>(*command).parameters, testing::ElementsAre("x=1"));
}

}  // namespace
}  // namespace collet::app
