// What `collet tool …` prints, letter by letter.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_fixture.hpp"

namespace collet::app {
namespace {

constexpr std::string_view k_tools =
    R"([{"name":"collet.calc:evaluate","displayName":"Evaluate",)"
    R"("description":"Evaluates an expression. Exactly.","parametersSchema":{"type":"object",)"
    R"("properties":{"expression":{"type":"string","description":"What to work out","examples":["6*7"]},)"
    R"("digits":{"type":"integer","default":10},"tags":{"type":"array","items":{"type":"string"}},)"
    R"("mode":{"enum":["fast","exact"]}},"required":["expression"]},"pluginId":"0b0b"},)"
    R"({"name":"acme.x:now","displayName":"Now","description":"The time\nof day",)"
    R"("parametersSchema":{},"pluginId":"1c1c"}])";

class ToolCommandsTest : public AppTest {
 protected:
  ToolCommandsTest() { answer("GET /api/plugins/tools", std::string(k_tools)); }
  void answer_call(const std::string& result) {
    answer("POST /api/plugins/tools/execute",
           R"({"pluginId":"collet.calc","toolName":"evaluate","result":)" + result + "}");
  }
};

TEST_F(ToolCommandsTest, ListShowsFirstSentences) {
  EXPECT_EQ(run({"tool", "list"}), 0);
  EXPECT_EQ(terminal.out_text,
            "TOOL                  DESCRIPTION\n"
            "collet.calc:evaluate  Evaluates an expression.\n"
            "acme.x:now            The time\n");
  EXPECT_EQ(run({"tool", "list", "--json"}), 0);
  EXPECT_EQ(terminal.out_text, std::string(k_tools) + "\n");
}

TEST_F(ToolCommandsTest, ListIsCutToTheTerminal) {
  terminal.traits = {.width = 40};
  EXPECT_EQ(run({"tool", "list"}), 0);
  EXPECT_THAT(terminal.out_text, testing::HasSubstr("collet.calc:evaluate  Evaluates an expr…\n"));
}

TEST_F(ToolCommandsTest, ListOfOnePluginOrNone) {
  answer("GET /api/plugins/tools?pluginId=acme.x", "[]");
  EXPECT_EQ(run({"tool", "list", "--plugin", "acme.x"}), 0);
  EXPECT_EQ(terminal.out_text,
            "The plugin acme.x offers no tools now.\nSee why: collet doctor acme.x\n");
  answer("GET /api/plugins/tools", "[]");
  EXPECT_EQ(run({"tool", "list"}), 0);
  EXPECT_EQ(terminal.out_text, "There are no tools.\nSee the plugins: collet plugin list\n");
}

TEST_F(ToolCommandsTest, CallSaysOnWhoseBehalfWhereItIsTold) {
  answer("POST /api/plugins/tools/execute", R"({"result":{"content":"ok"}})");
  EXPECT_EQ(run({"tool", "call", "acme.x:now"}), 0);
  EXPECT_EQ(requests.back().body, R"({"tool":"acme.x:now","parameters":{}})");
  EXPECT_EQ(run({"tool", "call", "acme.x:now", "--company", "acme", "--run", "r1"}), 0);
  EXPECT_EQ(requests.back().body,
            R"({"tool":"acme.x:now","parameters":{},"runContext":{"agentId":"default",)"
            R"("runId":"r1","companyId":"acme","projectId":"default"}})");
}

TEST_F(ToolCommandsTest, ShowListsParametersAndACall) {
  EXPECT_EQ(run({"tool", "show", "collet.calc:evaluate"}), 0);
  EXPECT_EQ(terminal.out_text,
            "collet.calc:evaluate  Evaluate\n"
            "Evaluates an expression. Exactly.\n"
            "\n"
            "PARAMETER   TYPE            REQUIRED  DEFAULT  DESCRIPTION\n"
            "expression  string          yes                What to work out\n"
            "digits      integer         no        10\n"
            "tags        list of string  no\n"
            "mode        fast | exact    no\n"
            "\n"
            "Call it:\n"
            "  collet tool call collet.calc:evaluate --param 'expression=6*7'\n");
}

TEST_F(ToolCommandsTest, ShowOfAToolWithoutParameters) {
  EXPECT_EQ(run({"tool", "show", "acme.x:now"}), 0);
  EXPECT_EQ(terminal.out_text,
            "acme.x:now  Now\n"
            "The time\n"
            "of day\n"
            "\n"
            "It declares no parameters.\n"
            "\n"
            "Call it:\n"
            "  collet tool call acme.x:now\n");
  EXPECT_EQ(run({"tool", "show", "acme.x:now", "--json"}), 0);
  EXPECT_THAT(terminal.out_text, testing::StartsWith(R"({"name":"acme.x:now",)"));
}

TEST_F(ToolCommandsTest, ShowOfAnUnknownToolNamesTheClosest) {
  EXPECT_EQ(run({"tool", "show", "collet.calc:evaluat"}), 4);
  EXPECT_EQ(terminal.err_text,
            "error: there is no tool \"collet.calc:evaluat\"\n"
            "  hint: did you mean \"collet.calc:evaluate\"?\n");
  EXPECT_EQ(run({"tool", "show", "q"}), 4);
  EXPECT_EQ(terminal.err_text,
            "error: there is no tool \"q\"\n"
            "  hint: `collet tool list` shows what there is\n");
}

TEST_F(ToolCommandsTest, CallPrintsContent) {
  answer_call(R"({"content":"42","data":{"value":42}})");
  EXPECT_EQ(run({"tool", "call", "collet.calc:evaluate", "--param", "expression=6*7"}), 0);
  EXPECT_EQ(requests.back().body,
            R"({"tool":"collet.calc:evaluate","parameters":{"expression":"6*7"}})");
  EXPECT_EQ(requests.back().answer_timeout, std::nullopt);
  EXPECT_EQ(terminal.out_text, "42\n");
}

TEST_F(ToolCommandsTest, ParametersThatNeverEndAreAnError) {
  EXPECT_EQ(run({"tool", "call", "collet.calc:evaluate", "--json", "@/dev/zero"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: the file /dev/zero cannot be read: it has more than 134217728 bytes\n");
  EXPECT_TRUE(requests.empty());
}

TEST_F(ToolCommandsTest, CallConvertsBySchema) {
  answer_call("1");
  EXPECT_EQ(run({"tool", "call", "collet.calc:evaluate", "--param", "expression=12", "--param",
                 "digits=3", "--param", "tags=a", "--param", "tags=b", "--param", "mode=fast"}),
            0);
  EXPECT_EQ(requests.back().body,
            R"({"tool":"collet.calc:evaluate","parameters":)"
            R"({"expression":"12","digits":3,"tags":["a","b"],"mode":"fast"}})");
}

TEST_F(ToolCommandsTest, CallTakesListsAndBracketsAsTheyAre) {
  answer_call("1");
  EXPECT_EQ(run({"tool", "call", "collet.calc:evaluate", "--param", R"(tags=["a, b"])", "--param",
                 "expression=[1, 2]"}),
            0);
  EXPECT_EQ(requests.back().body, R"({"tool":"collet.calc:evaluate","parameters":{"tags":["a, b"],)"
                                  R"("expression":"[1, 2]"}})");
}

TEST_F(ToolCommandsTest, CallRefusesAWrongParameterBeforeItIsSent) {
  EXPECT_EQ(run({"tool", "call", "collet.calc:evaluate", "--param", "digits=many"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: parameter \"digits\": expected an integer, got \"many\"\n"
            "  hint: `collet tool show collet.calc:evaluate` lists the parameters\n");
  EXPECT_EQ(requests.size(), 1u);  // the schema was asked for, nothing was called
  EXPECT_EQ(run({"tool", "call", "collet.calc:evaluate", "--param", "digit=1"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: there is no parameter \"digit\"\n"
            "  hint: did you mean \"digits\"?\n");
}

TEST_F(ToolCommandsTest, CallWithoutParametersSendsAnEmptyObject) {
  answer_call("1");
  EXPECT_EQ(run({"tool", "call", "acme.x:now"}), 0);
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].body, R"({"tool":"acme.x:now","parameters":{}})");
}

TEST_F(ToolCommandsTest, CallPassesJsonOnByteByByte) {
  answer_call("1");
  const std::string json = R"({ "n": 1.0, "big": 1234567890123456789012345, "n": "\ud800" })";
  const std::string body = R"({"tool":"a:b","parameters":)" + json + "}";
  EXPECT_EQ(run({"tool", "call", "a:b", "--json", json}), 0);
  EXPECT_EQ(requests.back().body, body);
  EXPECT_EQ(requests.size(), 1u);
  write("parameters.json", json);
  EXPECT_EQ(run({"tool", "call", "a:b", "--json", "@" + (data_dir / "parameters.json").string()}),
            0);
  EXPECT_EQ(requests.back().body, body);
  terminal.input = json;
  EXPECT_EQ(run({"tool", "call", "a:b", "--json", "-"}), 0);
  EXPECT_EQ(requests.back().body, body);
}

TEST_F(ToolCommandsTest, CallRefusesWhatIsNoJson) {
  EXPECT_EQ(run({"tool", "call", "a:b", "--json", "{'a':1}"}), 2);
  EXPECT_THAT(terminal.err_text, testing::StartsWith("error: the parameters are no JSON: "));
  EXPECT_THAT(
      terminal.err_text,
      testing::EndsWith(
          "  hint: give an object such as '{\"name\":\"value\"}', or use --param name=value\n"));
  EXPECT_EQ(run({"tool", "call", "a:b", "--json", "@/no/such/file"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: the file /no/such/file cannot be read: No such file or directory\n");
  EXPECT_EQ(run({"tool", "call", "a:b", "--json", "{}", "--param", "a=1"}), 2);
  EXPECT_TRUE(requests.empty());
}

TEST_F(ToolCommandsTest, CallHasATimeLimit) {
  answer_call("1");
  EXPECT_EQ(run({"tool", "call", "a:b", "--timeout", "1500ms"}), 0);
  EXPECT_EQ(requests.back().body, R"({"tool":"a:b","parameters":{},"timeoutMs":1500})");
  EXPECT_EQ(requests.back().answer_timeout, std::chrono::milliseconds(16'500));
  EXPECT_EQ(run({"tool", "call", "a:b", "--timeout", "10"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: --timeout wants a duration, got \"10\"\n"
            "  hint: write for example 500ms, 10s or 2m\n");
}

TEST_F(ToolCommandsTest, CallPrintsAToolsErrorAndExitsWithOne) {
  answer_call(R"({"error":"division by zero"})");
  EXPECT_EQ(run({"tool", "call", "a:b"}), 1);
  EXPECT_EQ(terminal.out_text, "");
  EXPECT_EQ(terminal.err_text, "error: division by zero\n");
  answer_call(R"({"content":"half","error":{"message":"cut \u001b[0m"}})");
  EXPECT_EQ(run({"tool", "call", "a:b"}), 1);
  EXPECT_EQ(terminal.out_text, "half\n");
  EXPECT_EQ(terminal.err_text, "error: cut \\x1b[0m\n");
  EXPECT_EQ(run({"tool", "call", "a:b", "--raw"}), 1);
  EXPECT_EQ(terminal.err_text, "");
  answer_call(R"({"content":"fine","error":null})");
  EXPECT_EQ(run({"tool", "call", "a:b"}), 0);
}

TEST_F(ToolCommandsTest, CallPrintsWhateverComes) {
  const auto text = [&](const std::string& result) {
    answer_call(result);
    EXPECT_EQ(run({"tool", "call", "a:b"}), 0);
    return terminal.out_text;
  };
  EXPECT_EQ(text(R"({"content":"a\nb\u001b[2J"})"), "a\nb\\x1b[2J\n");
  EXPECT_EQ(text(R"({"content":"ends\n"})"), "ends\n");
  EXPECT_EQ(text(R"({"data":{"n":1.0,"list":[1,2],"none":[]}})"),
            "{\n  \"n\": 1.0,\n  \"list\": [\n    1,\n    2\n  ],\n  \"none\": []\n}\n");
  EXPECT_EQ(text(R"({"content":[{"type":"text","text":"one"},{"type":"image","data":"x"}]})"),
            "one\n{\n  \"type\": \"image\",\n  \"data\": \"x\"\n}\n");
  EXPECT_EQ(text(R"("just text")"), "just text\n");
  EXPECT_EQ(text("1234567890123456789012345"), "1234567890123456789012345\n");
  EXPECT_EQ(text("{}"), "{}\n");
  EXPECT_EQ(text("null"), "null\n");
}

TEST_F(ToolCommandsTest, CallForMachines) {
  const std::string result = R"({"content":"\u001b","n":1.0})";
  answer_call(result);
  EXPECT_EQ(run({"tool", "call", "a:b", "--raw"}), 0);
  EXPECT_EQ(terminal.out_text, result);
  EXPECT_EQ(run({"tool", "call", "a:b", "--output", "json"}), 0);
  EXPECT_EQ(terminal.out_text,
            R"({"pluginId":"collet.calc","toolName":"evaluate","result":)" + result + "}\n");
  EXPECT_EQ(run({"tool", "call", "a:b", "--output", "xml"}), 2);
  EXPECT_EQ(run({"tool", "call", "a:b", "--output", "json", "--raw"}), 2);
}

TEST_F(ToolCommandsTest, CallShowsEveryViolation) {
  answer(
      "POST /api/plugins/tools/execute",
      R"({"error":"The parameters do not fit","code":"invalid_parameters","remedy":"Mend them.",)"
      R"("violations":[{"instancePointer":"","schemaPointer":"/required","keyword":"required",)"
      R"("message":"\"expression\" is missing"},{"instancePointer":"/digits",)"
      R"("schemaPointer":"/properties/digits/maximum","keyword":"maximum",)"
      R"("message":"must be at most 50, is 99"}]})",
      422);
  EXPECT_EQ(run({"tool", "call", "a:b"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: The parameters do not fit\n"
            "  \"expression\" is missing\n"
            "  /digits: must be at most 50, is 99\n"
            "  hint: Mend them.\n");
}

TEST_F(ToolCommandsTest, CallTellsEachViolationOnce) {
  answer(
      "POST /api/plugins/tools/execute",
      R"({"error":"parameters of a:b do not fit its schema: /n must be an integer; got \"1\"; /m is \u001b; )"
      R"(c; and 1 more","code":"invalid_parameters","violations":[)"
      R"({"instancePointer":"/n","schemaPointer":"","keyword":"","message":"/n must be an integer; got \"1\""},)"
      R"({"instancePointer":"/m","schemaPointer":"","keyword":"","message":"/m is \u001b"},)"
      R"({"instancePointer":"","schemaPointer":"","keyword":"","message":"c"},)"
      R"({"instancePointer":"","schemaPointer":"","keyword":"","message":"d"}]})",
      422);
  EXPECT_EQ(run({"tool", "call", "a:b"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: parameters of a:b do not fit its schema\n"
            "  /n must be an integer; got \"1\"\n"
            "  /m is \\x1b\n"
            "  c\n"
            "  d\n");
}

TEST_F(ToolCommandsTest, DisabledToolsSaySo) {
  answer(
      "GET /api/plugins/tools",
      R"([{"name":"a:b","displayName":"B","description":"Does b.","parametersSchema":{"minLength":-1},)"
      R"("pluginId":"0b0b","disabled":"parametersSchema is invalid at /minLength: no"}])");
  EXPECT_EQ(run({"tool", "list"}), 0);
  EXPECT_EQ(terminal.out_text,
            "TOOL  DESCRIPTION\n"
            "a:b   disabled: parametersSchema is invalid at /minLength: no\n");
  EXPECT_EQ(run({"tool", "show", "a:b"}), 0);
  EXPECT_EQ(terminal.out_text,
            "a:b  B\n"
            "Does b.\n"
            "\n"
            "It is disabled: parametersSchema is invalid at /minLength: no\n"
            "\n"
            "It declares no parameters.\n"
            "\n"
            "Call it:\n"
            "  collet tool call a:b\n");
}

TEST_F(ToolCommandsTest, CallPassesFailuresOn) {
  answer(
      "POST /api/plugins/tools/execute",
      R"({"error":"The worker exited with code 3\n\nWorker stderr:\nboom","code":"worker_crashed"})",
      502);
  EXPECT_EQ(run({"tool", "call", "a:b"}), 4);
  EXPECT_EQ(terminal.err_text, "error: The worker exited with code 3\n\nWorker stderr:\nboom\n");
}

}  // namespace
}  // namespace collet::app
