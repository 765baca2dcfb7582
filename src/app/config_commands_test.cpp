// What `collet plugin config …` prints, asks and sends.
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_fixture.hpp"

namespace collet::app {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr auto k_get = "GET /api/plugins/acme.x/config";
constexpr auto k_post = "POST /api/plugins/acme.x/config";
constexpr auto k_test = "POST /api/plugins/acme.x/config/test";
constexpr auto k_refused =
    R"({"error":"Configuration does not match the plugin's instanceConfigSchema",)"
    R"("code":"invalid_request","violations":[{"instancePointer":"/n","schemaPointer":"",)"
    R"("keyword":"type","message":"/n must be an integer"}]})";

class ConfigCommandsTest : public AppTest {
 protected:
  ConfigCommandsTest() {
    answer("GET /api/plugins/acme.x",
           R"({"pluginKey":"acme.x","manifestJson":{"instanceConfigSchema":{"type":"object",)"
           R"("properties":{"n":{"type":"integer"},"tags":{"type":"array"},)"
           R"("db":{"type":"object","properties":{"host":{"type":"string"},)"
           R"("port":{"type":"integer"}}},)"
           R"("token":{"type":"string","format":"secret-ref"}}}}})");
    answer(k_post, R"({"configJson":{},"lastError":null})");
  }
  void stored(const std::string& config) {
    answer(k_get, R"({"companyId":"default","configJson":)" + config + R"(,"lastError":null})");
  }
  /// The body of the last request.
  std::string sent() const { return requests.empty() ? "nothing" : requests.back().body; }
};

// ---- get

TEST_F(ConfigCommandsTest, GetPrintsTheConfiguration) {
  stored(R"({"b":1.0,"a":[]})");
  EXPECT_EQ(run({"plugin", "config", "get", "acme.x"}), 0);
  EXPECT_EQ(terminal.out_text, "{\n  \"b\": 1.0,\n  \"a\": []\n}\n");
  EXPECT_EQ(terminal.err_text, "");
  EXPECT_EQ(run({"plugin", "config", "get", "acme.x", "--json"}), 0);
  EXPECT_EQ(terminal.out_text,
            R"({"companyId":"default","configJson":{"b":1.0,"a":[]},"lastError":null})"
            "\n");
}

TEST_F(ConfigCommandsTest, GetSaysThatThereIsNone) {
  answer(std::string(k_get) + "?companyId=a%20b", "null");
  EXPECT_EQ(run({"plugin", "config", "get", "acme.x", "--company", "a b"}), 0);
  EXPECT_EQ(terminal.out_text, "{}\n");
  EXPECT_EQ(terminal.err_text,
            "acme.x is not configured. Configure it: collet plugin config edit acme.x\n");
}

// ---- set

TEST_F(ConfigCommandsTest, SetTakesJson) {
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--json", R"({"n": 1.0})"}), 0);
  EXPECT_EQ(sent(), R"({"configJson":{"n":1.0}})");
  EXPECT_EQ(requests.size(), 1u);
  EXPECT_EQ(terminal.out_text, "Configured acme.x.\n");
  EXPECT_EQ(terminal.err_text, "");
}

TEST_F(ConfigCommandsTest, SetTakesAFileAndStandardInput) {
  write("config.json", R"({"n":2})");
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--file", data_dir / "config.json",
                 "--company", "acme"}),
            0);
  EXPECT_EQ(sent(), R"({"configJson":{"n":2},"companyId":"acme"})");
  terminal.input = R"({"n":3})";
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--file", "-"}), 0);
  EXPECT_EQ(sent(), R"({"configJson":{"n":3}})");
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--file", "/none"}), 2);
  EXPECT_THAT(terminal.err_text, StartsWith("error: the file /none cannot be read"));
}

TEST_F(ConfigCommandsTest, SetReadsParametersByTheSchemaOntoWhatIsStored) {
  stored(R"({"n":1,"tags":["a","b"],"db":{"host":"h","port":1},"other":null})");
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--param", "n=5", "--param", "tags=c",
                 "--param", "db.port=2"}),
            0);
  EXPECT_EQ(sent(), R"({"configJson":{"n":5,"tags":["c"],"db":{"host":"h","port":2},)"
                    R"("other":null}})");
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--param", R"(db={"port":3})"}), 0);
  EXPECT_EQ(sent(), R"({"configJson":{"n":1,"tags":["a","b"],"db":{"port":3},"other":null}})")
      << "a value that is given whole replaces the old one";
  answer(k_get, "null");
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--param", "n=5"}), 0);
  EXPECT_EQ(sent(), R"({"configJson":{"n":5}})");
}

TEST_F(ConfigCommandsTest, SetTakesAReferenceToASecretWhereTheSchemaAsksForAString) {
  stored(R"({"token":{"type":"secret_ref","secretId":"old","version":7}})");
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--param",
                 R"(token={"type":"secret_ref","secretId":"new"})"}),
            0);
  EXPECT_EQ(sent(), R"({"configJson":{"token":{"type":"secret_ref","secretId":"new"}}})");
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--param", "token.secretId=newer"}), 0);
  EXPECT_EQ(sent(),
            R"({"configJson":{"token":{"type":"secret_ref","secretId":"newer","version":7}}})");
}

TEST_F(ConfigCommandsTest, SetRefusesWhatItCannotSend) {
  stored("{}");
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: there is nothing to set\n"
            "  hint: use --param name=value, --json or --file, or `collet plugin config edit`\n");
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--json", "{'n':1}"}), 2);
  EXPECT_THAT(terminal.err_text, StartsWith("error: the configuration is no JSON: "));
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--json", "[]"}), 2);
  EXPECT_THAT(terminal.err_text, StartsWith("error: the configuration is no JSON object\n"));
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--param", "m=1"}), 2);
  EXPECT_THAT(terminal.err_text, StartsWith("error: there is no parameter \"m\"\n"));
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--json", "{}", "--param", "n=1"}), 2);
  for (const auto& request : requests) EXPECT_EQ(request.method, "GET");
}

TEST_F(ConfigCommandsTest, SetShowsWhatDoesNotFit) {
  answer(k_post, k_refused, 400);
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--json", R"({"n":"x"})"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: Configuration does not match the plugin's instanceConfigSchema\n"
            "  /n must be an integer\n");
}

TEST_F(ConfigCommandsTest, SetWarnsOfWhatWentWrongOnTheWay) {
  answer(k_post, R"({"configJson":{},"lastError":"boom","warning":"not judged"})");
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--json", "{}"}), 0);
  EXPECT_EQ(terminal.out_text, "Configured acme.x.\n");
  EXPECT_EQ(terminal.err_text,
            "warning: not judged\n"
            "warning: its worker did not take the configuration: boom\n");
  EXPECT_EQ(run({"plugin", "config", "set", "acme.x", "--json", "{}", "--output", "json"}), 0);
  EXPECT_EQ(terminal.out_text, R"({"configJson":{},"lastError":"boom","warning":"not judged"})"
                               "\n");
}

// ---- edit

TEST_F(ConfigCommandsTest, EditSendsWhatTheUserSaves) {
  stored(R"({"n":1})");
  machine.edits = {R"({"n": 2})"};
  environment.variables["EDITOR"] = "nano";
  EXPECT_EQ(run({"plugin", "config", "edit", "acme.x"}), 0);
  EXPECT_THAT(machine.edited, ElementsAre("nano: {\n  \"n\": 1\n}\n"));
  EXPECT_EQ(sent(), R"({"configJson":{"n":2}})");
  EXPECT_EQ(terminal.out_text, "Configured acme.x.\n");
}

TEST_F(ConfigCommandsTest, TheEditorIsVisualThenEditorThenVi) {
  answer(k_get, "null");
  machine.edits = {"{}\n", "{}\n", "{}\n"};
  EXPECT_EQ(run({"plugin", "config", "edit", "acme.x"}), 0);
  environment.variables["EDITOR"] = "ed";
  EXPECT_EQ(run({"plugin", "config", "edit", "acme.x"}), 0);
  environment.variables["VISUAL"] = "code --wait";
  EXPECT_EQ(run({"plugin", "config", "edit", "acme.x"}), 0);
  EXPECT_THAT(machine.edited, ElementsAre("vi: {}\n", "ed: {}\n", "code --wait: {}\n"));
  EXPECT_EQ(terminal.out_text, "Nothing was changed.\n");
  EXPECT_EQ(requests.size(), 1u) << "nothing is sent";
}

TEST_F(ConfigCommandsTest, OnATerminalTheEditorOpensAgainUntilTheTextIsRight) {
  stored("{}");
  answer(k_post, k_refused, 400);
  terminal.traits.width = 80;
  machine.edits = {"{'n':1}", R"({"n":"x"})"};
  EXPECT_EQ(run({"plugin", "config", "edit", "acme.x"}), 2);
  EXPECT_THAT(machine.edited, ElementsAre("vi: {}\n", "vi: {'n':1}", R"(vi: {"n":"x"})"));
  EXPECT_THAT(terminal.err_text, HasSubstr("error: the configuration is no JSON: "));
  EXPECT_THAT(terminal.err_text, HasSubstr("  /n must be an integer\n"));
  EXPECT_THAT(terminal.err_text, HasSubstr("error: the editor broke\n"));
}

TEST_F(ConfigCommandsTest, WhoeverLeavesAWrongTextAsItIsGivesUp) {
  stored("{}");
  answer(k_post, k_refused, 400);
  terminal.traits.width = 80;
  machine.edits = {R"({"n":"x"})", R"({"n":"x"})"};
  EXPECT_EQ(run({"plugin", "config", "edit", "acme.x"}), 2);
  EXPECT_EQ(machine.edited.size(), 2u);
  EXPECT_EQ(terminal.out_text, "");
}

TEST_F(ConfigCommandsTest, WithoutATerminalAWrongTextIsTheEnd) {
  stored("{}");
  answer(k_post, k_refused, 400);
  machine.edits = {R"({"n":"x"})", "{}"};
  EXPECT_EQ(run({"plugin", "config", "edit", "acme.x"}), 2);
  EXPECT_EQ(machine.edited.size(), 1u);
  EXPECT_THAT(terminal.err_text, HasSubstr("  /n must be an integer\n"));
}

// ---- test

TEST_F(ConfigCommandsTest, TestTriesWhatIsStored) {
  stored(R"({"n":1})");
  answer(k_test, R"({"valid":true,"message":"Warnings: slow"})");
  EXPECT_EQ(run({"plugin", "config", "test", "acme.x"}), 0);
  EXPECT_EQ(sent(), R"({"configJson":{"n":1}})");
  EXPECT_EQ(terminal.out_text, "The configuration works.\n");
  EXPECT_EQ(terminal.err_text, "warning: Warnings: slow\n");
  answer(k_get, "null");
  EXPECT_EQ(run({"plugin", "config", "test", "acme.x"}), 0);
  EXPECT_EQ(sent(), R"({"configJson":{}})");
}

TEST_F(ConfigCommandsTest, TestTriesAnotherConfiguration) {
  answer(k_test, R"({"valid":true})");
  EXPECT_EQ(run({"plugin", "config", "test", "acme.x", "--json", R"({"n":7})"}), 0);
  EXPECT_EQ(sent(), R"({"configJson":{"n":7}})");
  EXPECT_EQ(requests.size(), 1u);
  EXPECT_EQ(terminal.err_text, "");
}

TEST_F(ConfigCommandsTest, WhatThePluginRefusesIsAnErrorOfIts) {
  answer(k_test, R"({"valid":false,"message":"no host; no key"})");
  EXPECT_EQ(run({"plugin", "config", "test", "acme.x", "--json", "{}"}), 1);
  EXPECT_EQ(terminal.out_text, "");
  EXPECT_EQ(terminal.err_text, "error: the plugin refuses the configuration: no host; no key\n");
  EXPECT_EQ(run({"plugin", "config", "test", "acme.x", "--json", "{}", "--output", "json"}), 1);
  EXPECT_EQ(terminal.out_text, "{\"valid\":false,\"message\":\"no host; no key\"}\n");
}

TEST_F(ConfigCommandsTest, APluginMayHaveNoTest) {
  answer(k_test, R"({"valid":false,"supported":false,"message":"No testing."})");
  EXPECT_EQ(run({"plugin", "config", "test", "acme.x", "--json", "{}"}), 0);
  EXPECT_EQ(terminal.out_text, "The configuration fits its schema. No testing.\n");
}

TEST_F(ConfigCommandsTest, AFailureOfTheWorkerIsOne) {
  answer(k_test, R"({"code":"WORKER_ERROR","message":"boom","error":"boom"})", 502);
  EXPECT_EQ(run({"plugin", "config", "test", "acme.x", "--json", "{}"}), 4);
  EXPECT_EQ(terminal.err_text, "error: boom\n");
}

}  // namespace
}  // namespace collet::app
