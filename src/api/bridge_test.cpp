#include "api/bridge.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace collet::api {
namespace {

// What the worker gets, or "error: <text>".
std::string asked(BridgeMethod method, std::string body, std::string key = {},
                  std::string company = "default") {
  http::Request request{.body = std::move(body)};
  const auto call = read_bridge(request, method, key, company);
  return call ? call->params_json : "error: " + call.error().message;
}
std::string data(std::string body, std::string key = {}, std::string company = "default") {
  return asked(BridgeMethod::get_data, std::move(body), std::move(key), std::move(company));
}
std::string action(std::string body, std::string key = {}, std::string company = "default") {
  return asked(BridgeMethod::perform_action, std::move(body), std::move(key), std::move(company));
}

TEST(Bridge, DataIsAskedForAsTheReferenceDoes) {
  EXPECT_EQ(
      data(R"({"key":"health","companyId":"c","params":{"n": 1.0},"renderEnvironment":{"x":[]}})"),
      R"({"key":"health","companyId":"c","params":{"n":1.0},"renderEnvironment":{"x":[]}})");
  EXPECT_EQ(data(R"({"key":"health"})"),
            R"({"key":"health","companyId":"default","params":{},"renderEnvironment":null})");
  EXPECT_EQ(data("", "health", ""), R"({"key":"health","params":{},"renderEnvironment":null})");
}

TEST(Bridge, ActionsAreToldWhoActsAndForWhom) {
  EXPECT_EQ(
      action(R"({"key":"sync","companyId":"c","params":{"n":1.0,"companyId":"forged","m":2}})"),
      R"({"key":"sync","params":{"n":1.0,"m":2,"companyId":"c"},)"
      R"("actorContext":{"type":"user","userId":"local-board","agentId":null,"runId":null,)"
      R"("companyId":"c"},"renderEnvironment":null})");
  EXPECT_EQ(action(R"({"params":{"n":1}})", "sync", ""),
            R"({"key":"sync","params":{"n":1},)"
            R"("actorContext":{"type":"user","userId":"local-board","agentId":null,"runId":null,)"
            R"("companyId":null},"renderEnvironment":null})");
  EXPECT_EQ(action("", "sync"),
            R"({"key":"sync","params":{"companyId":"default"},)"
            R"("actorContext":{"type":"user","userId":"local-board","agentId":null,"runId":null,)"
            R"("companyId":"default"},"renderEnvironment":null})");
}

TEST(Bridge, TheKeyInThePathWins) {
  EXPECT_EQ(data(R"({"key":"body"})", "path"),
            R"({"key":"path","companyId":"default","params":{},"renderEnvironment":null})");
}

TEST(Bridge, SaysWhatIsWrong) {
  for (const auto* body : {"", "{}", R"({"key":""})", R"({"key":7})", R"({"key":null})"})
    EXPECT_EQ(data(body), "error: \"key\" is required and must be a string") << body;
  EXPECT_EQ(data(R"({"companyId":" c\n"})", "k"),
            R"({"key":"k","companyId":"c","params":{},"renderEnvironment":null})");
  for (const auto* body : {R"({"companyId":7})", R"({"companyId":" "})"})
    EXPECT_EQ(data(body, "k"), "error: \"companyId\" must be a non-empty string when provided");
  EXPECT_EQ(action(R"({"params":[1]})", "k"), "error: \"params\" must be an object when provided");
  EXPECT_EQ(data("[1]", "k"), "error: the body must be a JSON object");
  EXPECT_EQ(data(R"({"timeoutMs":0})", "k"),
            "error: \"timeoutMs\" must be a whole number of milliseconds from 1 to 86400000");
}

TEST(Bridge, TheDeadlineIsThatOfAToolCall) {
  http::Request request{.headers = {{"X-Collet-Timeout-Ms", "250"}}, .body = "{}"};
  EXPECT_EQ(read_bridge(request, BridgeMethod::get_data, "k", "")->timeout,
            std::chrono::milliseconds(250));
  request.body = R"({"timeoutMs":7})";
  EXPECT_EQ(read_bridge(request, BridgeMethod::get_data, "k", "")->timeout,
            std::chrono::milliseconds(7));
}

TEST(Bridge, FailuresHaveTheReferencesCodes) {
  const auto of_worker = [](int code) {
    return bridge_code({.code = ErrorCode::tool_error, .message = {}, .rpc_code = code});
  };
  EXPECT_EQ(of_worker(-32000), "WORKER_UNAVAILABLE");
  EXPECT_EQ(of_worker(-32001), "CAPABILITY_DENIED");
  EXPECT_EQ(of_worker(-32002), "WORKER_ERROR");
  EXPECT_EQ(of_worker(-32003), "TIMEOUT");
  EXPECT_EQ(of_worker(-32004), "UNKNOWN");
  EXPECT_EQ(of_worker(-32005), "INVOCATION_SCOPE_DENIED");
  const auto of_host = [](ErrorCode code) { return bridge_code({.code = code, .message = {}}); };
  EXPECT_EQ(of_host(ErrorCode::worker_unavailable), "WORKER_UNAVAILABLE");
  EXPECT_EQ(of_host(ErrorCode::worker_crashed), "WORKER_UNAVAILABLE");
  EXPECT_EQ(of_host(ErrorCode::overloaded), "WORKER_UNAVAILABLE");
  EXPECT_EQ(of_host(ErrorCode::timeout), "TIMEOUT");
  EXPECT_EQ(of_host(ErrorCode::invalid_result), "UNKNOWN");
}

TEST(Bridge, AFailureIs502WithItsCodeAndItsTextAlone) {
  const auto response = bridge_error({.code = ErrorCode::overloaded,
                                      .message = "full",
                                      .remedy = "wait",
                                      .retry_after = std::chrono::milliseconds(1'500)});
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.body, R"({"code":"WORKER_UNAVAILABLE","message":"full"})");
  ASSERT_EQ(response.headers.size(), 1u);
  EXPECT_EQ(response.headers[0].name, "Retry-After");
}

}  // namespace
}  // namespace collet::api
