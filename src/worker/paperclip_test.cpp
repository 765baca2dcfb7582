#include "worker/paperclip.hpp"

#include <gtest/gtest.h>

namespace collet::worker::paperclip {
namespace {

TEST(Paperclip, InitializeParamsAreExactly) {
  EXPECT_EQ(
      initialize_params(R"({"id":"acme.x"})"),
      R"({"manifest":{"id":"acme.x"},"config":{},"instanceInfo":{"instanceId":"default","hostVersion":"2026.916.1",)"
      R"("deploymentMode":"local_trusted","deploymentExposure":"private"},"apiVersion":1,"databaseNamespace":null})");
}

TEST(Paperclip, APluginWithADatabaseHearsWhatItIsCalled) {
  const auto params = initialize_params(R"({"id":"acme.x","database":{"namespaceSlug":"notes"}})");
  EXPECT_EQ(params.substr(params.find(R"("databaseNamespace")")),
            R"("databaseNamespace":"plugin_notes_e53c5c23b2"})");
}

class InitializeResult : public testing::Test {
 protected:
  Result<std::vector<std::string>> read(std::string_view text) {
    return read_initialize_result(*parser_.parse(text));
  }

 private:
  json::Parser parser_;
};

TEST_F(InitializeResult, NamesTheSupportedMethods) {
  EXPECT_EQ(*read(R"({"ok":true,"supportedMethods":["health",7,"shutdown"]})"),
            (std::vector<std::string>{"health", "shutdown"}));
  EXPECT_EQ(*read(R"({"ok":true})"), std::vector<std::string>{});
}

TEST_F(InitializeResult, AnythingButOkIsAFailure) {
  for (const auto* text :
       {R"({"ok":false})", "{}", "null", "true", R"({"ok":"true"})", R"({"ok":1})"}) {
    const auto result = read(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().message, "Worker initialize returned ok=false");
  }
}

TEST(Paperclip, ExecuteToolKeepsTheBytesOfTheParameters) {
  EXPECT_EQ(
      execute_tool_params("a \"b\"", R"({"n":1.0,"n":1234567890123456789012345,"s":"\ud800"})",
                          {.agent_id = "a", .run_id = "r", .company_id = "c", .project_id = "p"}),
      R"({"toolName":"a \"b\"","parameters":{"n":1.0,"n":1234567890123456789012345,"s":"\ud800"},)"
      R"("runContext":{"agentId":"a","runId":"r","companyId":"c","projectId":"p"}})");
  EXPECT_EQ(invocation_member("u", "c"),
            R"(,"paperclipInvocation":{"id":"u","scope":{"companyId":"c"}})");
}

class ReadResponse : public testing::Test {
 protected:
  Result<std::string> read(std::string_view line) {
    const auto message = jsonrpc::classify(*parser_.parse(line));
    return read_response(std::get<jsonrpc::Response>(message));
  }

 private:
  json::Parser parser_;
};

TEST_F(ReadResponse, AResultIsPassedOnByteByByte) {
  EXPECT_EQ(*read(R"({"jsonrpc":"2.0","id":1,"result": {"a" : [1.0, "\ud800"]} })"),
            R"({"a":[1.0,"\ud800"]})");
  EXPECT_EQ(*read(R"({"jsonrpc":"2.0","id":1,"result":null})"), "null");
}

TEST_F(ReadResponse, AnErrorIsTheToolsWithItsCode) {
  const auto error =
      read(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"boom"}})").error();
  EXPECT_EQ(error.code, ErrorCode::tool_error);
  EXPECT_EQ(error.message, "boom");
  EXPECT_EQ(error.rpc_code, -32002);
}

TEST_F(ReadResponse, BothIsNeither) {
  const auto error = read(R"({"jsonrpc":"2.0","id":1,"result":1,"error":null})").error();
  EXPECT_EQ(error.code, ErrorCode::invalid_result);
  EXPECT_EQ(error.message,
            "Unexpected response format: the worker sent both a result and an error");
}

TEST(Paperclip, AnswersThatAreNotReadSayWhichLimitTheyPass) {
  const auto too_long = too_long_answer(std::size_t{128} << 20);
  EXPECT_EQ(too_long.code, ErrorCode::invalid_result);
  EXPECT_EQ(too_long.message, "the worker's answer is longer than the limit of 128 MiB for a line");
  EXPECT_EQ(too_long.remedy, "let the tool return less, or raise workers.line_bytes_max");
  const auto too_deep = too_deep_answer(1024);
  EXPECT_EQ(too_deep.code, ErrorCode::invalid_result);
  EXPECT_EQ(too_deep.message, "the worker's answer is nested deeper than the limit of 1024 levels");
  EXPECT_EQ(too_deep.remedy, "let the tool return a flatter result");
}

}  // namespace
}  // namespace collet::worker::paperclip
