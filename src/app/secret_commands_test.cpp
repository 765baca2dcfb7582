#include <gmock/gmock.h>

#include "app/app_fixture.hpp"

namespace collet::app {
namespace {
using testing::Eq;
using testing::HasSubstr;

class SecretCommands : public AppTest {
 protected:
  std::string body() const { return requests.empty() ? "none" : requests.back().body; }
  const std::string kept = R"({"id":"x","companyId":"default","version":2})";
};

TEST_F(SecretCommands, TheValueIsAskedForAndNotShown) {
  terminal.typed = "hunter2";
  answer("POST /api/secrets", kept);
  EXPECT_EQ(run({"secret", "set", "x"}), 0);
  EXPECT_EQ(terminal.questions, "Value of x (not shown): ");
  EXPECT_EQ(body(), R"({"id":"x","value":"hunter2"})");
  EXPECT_EQ(terminal.out_text, "Kept x, version 2.\n");
  EXPECT_EQ(terminal.err_text, "");
}

TEST_F(SecretCommands, OrReadFromStandardInputWithoutItsLineEnd) {
  answer("POST /api/secrets", kept);
  for (const auto* input : {"hunter2", "hunter2\n", "hunter2\r\n"}) {
    terminal.input = input;
    EXPECT_EQ(run({"secret", "set", "x", "--stdin", "--company", "acme", "--plugin", "acme.x"}), 0);
    EXPECT_EQ(body(), R"({"id":"x","value":"hunter2","companyId":"acme","plugin":"acme.x"})");
  }
  EXPECT_EQ(terminal.questions, "");
  EXPECT_EQ(run({"secret", "set", "x", "--stdin", "--json"}), 0);
  EXPECT_EQ(terminal.out_text, kept + "\n");
}

TEST_F(SecretCommands, ItIsNoArgument) {
  EXPECT_EQ(run({"secret", "set", "x", "hunter2"}), 2);
  EXPECT_THAT(terminal.err_text, HasSubstr("\"hunter2\" is not known to `collet secret set`"));
  EXPECT_TRUE(requests.empty());
}

TEST_F(SecretCommands, WithoutATerminalItSaysHowToGiveIt) {
  EXPECT_EQ(run({"secret", "set", "x"}), 2);
  EXPECT_THAT(terminal.err_text, HasSubstr("pipe it in: … | collet secret set x --stdin"));
  EXPECT_TRUE(requests.empty());
}

TEST_F(SecretCommands, AnEmptyValueIsRefused) {
  terminal.input = "\n";
  EXPECT_EQ(run({"secret", "set", "x", "--stdin"}), 2);
  EXPECT_THAT(terminal.err_text, HasSubstr("the value is empty"));
  EXPECT_TRUE(requests.empty());
}

TEST_F(SecretCommands, ListShowsNamesVersionsAndPlugins) {
  answer("GET /api/secrets", "[]");
  EXPECT_EQ(run({"secret", "list"}), 0);
  EXPECT_EQ(terminal.out_text, "No secrets. Set one with: collet secret set <name>\n");
  const std::string rows =
      R"([{"id":"x","companyId":"acme","versions":[1,3],"plugins":["a.b","c.d"],)"
      R"("updatedAt":"2026-11-20T06:22:29.038Z"}])";
  answer("GET /api/secrets?companyId=acme", rows);
  EXPECT_EQ(run({"secret", "list", "--company", "acme"}), 0);
  EXPECT_EQ(terminal.out_text,
            "SECRET  COMPANY  VERSION  BOUND TO  UPDATED\n"
            "x       acme     3        a.b, c.d  2026-11-20 06:22:29\n");
  EXPECT_EQ(run({"secret", "list", "--company", "acme", "--json"}), 0);
  EXPECT_EQ(terminal.out_text, rows + "\n");
}

TEST_F(SecretCommands, RemoveNamesWhatIsGone) {
  answer("DELETE /api/secrets/a%2Fb?companyId=acme", R"({"id":"a/b","companyId":"acme"})");
  EXPECT_EQ(run({"secret", "remove", "a/b", "--company", "acme"}), 0);
  EXPECT_EQ(terminal.out_text, "Removed a/b.\n");
  answer("DELETE /api/secrets/x", R"({"error":"there is no secret","code":"not_found"})", 404);
  EXPECT_EQ(run({"secret", "remove", "x"}), 4);
  EXPECT_THAT(terminal.err_text, HasSubstr("there is no secret"));
}

TEST_F(SecretCommands, HelpHasExamples) {
  for (const auto* command : {"set", "list", "remove"}) {
    EXPECT_EQ(run({"secret", command, "--help"}), 0);
    EXPECT_THAT(terminal.out_text, HasSubstr("Examples:\n  collet secret " + std::string(command)));
  }
}

}  // namespace
}  // namespace collet::app
