#include "api/body.hpp"

#include <gtest/gtest.h>

namespace collet::api {
namespace {

http::Request with(std::string body,
                   std::vector<http::Header> headers = {{"Content-Type", "application/json"}}) {
  return {.method = "POST",
          .path = "/",
          .query = "",
          .headers = std::move(headers),
          .body = std::move(body),
          .closed = {}};
}

std::string refusal(std::string body, const services::GatePolicy& policy = {}) {
  auto request = with(std::move(body));
  const auto read = read_execute(request, policy);
  return read ? "accepted" : read.error().message;
}

TEST(ExecuteBody, IsReadWithItsBytes) {
  auto request = with(
      R"( { "tool" : "k:t", "parameters" : { "n" : 1.0, "s" : "\ud800" }, "runContext": {"agentId":"a","runId":null}, "timeoutMs": 250 } )");
  const auto read = read_execute(request, {});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->call.tool, "k:t");
  EXPECT_EQ(read->call.parameters.text(), R"({"n":1.0,"s":"\ud800"})");
  EXPECT_EQ(read->call.context.agent_id, "a");
  EXPECT_EQ(read->call.context.run_id, "default");
  EXPECT_EQ(read->timeout, std::chrono::milliseconds(250));
}

TEST(ExecuteBody, OnlyTheToolIsNeeded) {
  auto request = with(R"({"tool":"k:t"})");
  const auto read = read_execute(request, {});
  EXPECT_EQ(read->call.parameters.text(), "{}");
  EXPECT_EQ(read->call.context.company_id, "default");
  EXPECT_EQ(read->timeout, std::nullopt);
}

TEST(ExecuteBody, TheHeaderGivesTheDeadlineWhereTheBodyDoesNot) {
  const std::vector<http::Header> headers{{"x-collet-timeout-ms", "70"}};
  auto by_header = with(R"({"tool":"k:t"})", headers);
  EXPECT_EQ(read_execute(by_header, {})->timeout, std::chrono::milliseconds(70));
  auto by_body = with(R"({"tool":"k:t","timeoutMs":5})", headers);
  EXPECT_EQ(read_execute(by_body, {})->timeout, std::chrono::milliseconds(5));
  auto bad = with(R"({"tool":"k:t"})", {{"X-Collet-Timeout-Ms", "70 s"}});
  EXPECT_FALSE(read_execute(bad, {}));
}

TEST(ExecuteBody, WhatIsWrongIsSaid) {
  EXPECT_EQ(refusal(""), "Request body is required");
  EXPECT_EQ(refusal("[]"), "Request body is required");
  EXPECT_EQ(refusal("{}"), "\"tool\" is required and must be a string");
  EXPECT_EQ(refusal(R"({"tool":""})"), "\"tool\" is required and must be a string");
  EXPECT_EQ(refusal(R"({"tool":7})"), "\"tool\" is required and must be a string");
  EXPECT_EQ(refusal(R"({"tool":"t","runContext":"x"})"), "\"runContext\" must be an object");
  EXPECT_EQ(refusal(R"({"tool":"t","runContext":{"runId":7}})"),
            "\"runContext.runId\" must be a non-empty string");
  EXPECT_EQ(refusal(R"({"tool":"t","runContext":{"projectId":""}})"),
            "\"runContext.projectId\" must be a non-empty string");
  const auto* timeout = "\"timeoutMs\" must be a whole number of milliseconds from 1 to 86400000";
  for (const auto* bad : {"0", "-1", "1.5", "\"1\"", "86400001", "1e3"}) {
    EXPECT_EQ(refusal(std::string(R"({"tool":"t","timeoutMs":)") + bad + "}"), timeout) << bad;
  }
  EXPECT_EQ(refusal(R"({"tool":"t","timeoutMs":86400000})"), "accepted");
  EXPECT_EQ(refusal(R"({"tool":"t",})").substr(0, 30), "the body is not valid JSON: ex");
}

TEST(ExecuteBody, WithOneTenantTheCompanyIsHisWhereNoneIsNamed) {
  auto request = with(R"({"tool":"k:t","runContext":{"agentId":"a"}})");
  const auto read = read_execute(request, {.company_id = "acme"});
  EXPECT_EQ(read->call.context.company_id, "acme");
  EXPECT_EQ(read->call.context.project_id, "default");
  auto named = with(R"({"tool":"k:t","runContext":{"companyId":"c"}})");
  EXPECT_EQ(read_execute(named, {.company_id = "acme"})->call.context.company_id, "c");
}

TEST(ExecuteBody, WithSeveralTenantsTheWholeContextIsRequired) {
  const services::GatePolicy multi{.tenancy = Tenancy::multi};
  const auto with_context = [&](std::string_view context) {
    return refusal(R"({"tool":"t","runContext":)" + std::string(context) + "}", multi);
  };
  constexpr auto none = "\"runContext\" is required and must be an object";
  constexpr auto some = "\"runContext\" must include agentId, runId, companyId, and projectId";
  EXPECT_EQ(refusal("{}", multi), "\"tool\" is required and must be a string");
  EXPECT_EQ(refusal(R"({"tool":"t"})", multi), none);
  for (const auto* context : {"null", "false", "\"\"", "0", "\"x\"", "7", "[]"}) {
    EXPECT_EQ(with_context(context), none) << context;
  }
  EXPECT_EQ(with_context("{}"), some);
  for (const auto* missing : {"agentId", "runId", "companyId", "projectId"}) {
    for (const auto* value : {"", "null", "\"\"", "0", "false"}) {
      std::string context = "{";
      for (const auto* name : {"agentId", "runId", "companyId", "projectId"}) {
        const bool is_missing = std::string_view(name) == missing;
        if (is_missing && *value == 0) continue;
        context += std::string(context.size() > 1 ? "," : "") + "\"" + name + "\":";
        context += is_missing ? value : "\"x\"";
      }
      EXPECT_EQ(with_context(context + "}"), some) << context;
    }
  }
  EXPECT_EQ(with_context(R"({"agentId":"a","runId":7,"companyId":"c","projectId":"p"})"),
            "\"runContext.runId\" must be a non-empty string");
  EXPECT_EQ(with_context(R"({"agentId":"a","runId":"r","companyId":"c","projectId":"p"})"),
            "accepted");
}

TEST(ConfigBody, IsReadWithItsBytes) {
  auto request = with(R"({"configJson": {"b": 1.0}, "companyId": "acme"})");
  request.query = "companyId=other";
  const auto read = read_config(request);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(json::compact(read->config), R"({"b":1.0})");
  EXPECT_EQ(read->company_id, "acme");
}

TEST(ConfigBody, TheCompanyMayStandInTheQuery) {
  for (const auto* body : {R"({"configJson":{}})", R"({"configJson":{},"companyId":null})"}) {
    auto request = with(body);
    EXPECT_EQ(read_config(request)->company_id, std::nullopt);
    auto asked = with(body);
    asked.query = "companyId=a%20b";
    EXPECT_EQ(read_config(asked)->company_id, "a b");
  }
}

TEST(ConfigBody, WhatIsWrongIsSaid) {
  const auto wrong = [](std::string body) {
    auto request = with(std::move(body));
    const auto read = read_config(request);
    return read ? "accepted" : read.error().message;
  };
  for (const auto* body : {"", "[]", "{}", R"({"configJson":null})", R"({"configJson":[]})",
                           R"({"configJson":"{}"})", R"({"configJson":7,"companyId":7})"}) {
    EXPECT_EQ(wrong(body), "\"configJson\" is required and must be an object") << body;
  }
  EXPECT_EQ(wrong(R"({"configJson":{},"companyId":7})"),
            "\"companyId\" is required and must be a non-empty string");
}

TEST(Body, MediaTypesOfJsonAreTaken) {
  for (const auto* type : {"application/json", "application/json; charset=utf-8",
                           "Application/JSON", "application/problem+json"}) {
    auto request = with("{}", {{"Content-Type", type}});
    EXPECT_TRUE(parse_body(request)) << type;
  }
  auto none = with("{}", {});
  EXPECT_TRUE(parse_body(none));
  for (const auto* type :
       {"text/plain", "application/x-www-form-urlencoded", "application/jsonp"}) {
    auto request = with("{}", {{"Content-Type", type}});
    EXPECT_EQ(parse_body(request).error().code, ErrorCode::unsupported_media_type) << type;
  }
}

TEST(Body, DepthHasALimit) {
  auto at = with(std::string(1000, '[') + std::string(1000, ']'));
  EXPECT_TRUE(parse_body(at));
  auto beyond = with(std::string(1001, '[') + std::string(1001, ']'));
  EXPECT_EQ(parse_body(beyond).error().code, ErrorCode::invalid_request);
}

std::string install_refusal(std::string body) {
  auto request = with(std::move(body));
  const auto read = read_install(request);
  return read ? "accepted" : read.error().message;
}

TEST(InstallBody, IsReadInTheReferencesOrder) {
  EXPECT_EQ(install_refusal(""), "packageName is required and must be a string");
  EXPECT_EQ(install_refusal(R"({"packageName":7,"version":7})"),
            "packageName is required and must be a string");
  EXPECT_EQ(install_refusal(R"({"packageName":" ","version":7,"isLocalPath":7})"),
            "version must be a string if provided");
  EXPECT_EQ(install_refusal(R"({"packageName":" ","isLocalPath":7})"),
            "isLocalPath must be a boolean if provided");
  EXPECT_EQ(install_refusal(R"({"packageName":" "})"), "packageName cannot be empty");
  EXPECT_EQ(install_refusal(R"({"packageName":"a|b"})"), "packageName contains invalid characters");
  EXPECT_EQ(install_refusal(R"({"packageName":"/a b/c?","isLocalPath":true})"), "accepted");
}

TEST(InstallBody, NamesItsKind) {
  auto npm = with(R"({"packageName":" @a/plugin-x ","version":"1.2.3"})");
  const auto package = *read_install(npm);
  EXPECT_EQ(package.source, "@a/plugin-x");
  EXPECT_EQ(package.version, "1.2.3");
  EXPECT_EQ(package.kind, InstallRequest::Kind::npm);
  auto local = with(R"({"packageName":"/p","isLocalPath":true})");
  EXPECT_EQ(read_install(local)->kind, InstallRequest::Kind::folder);
}

TEST(OptionalText, MayBeAbsent) {
  const auto read = [](std::string body) {
    auto request = with(std::move(body));
    return read_optional_text(request, "reason");
  };
  EXPECT_EQ(*read(""), std::nullopt);
  EXPECT_EQ(*read("{}"), std::nullopt);
  EXPECT_EQ(*read(R"({"reason":null})"), std::nullopt);
  EXPECT_EQ(*read(R"({"reason":"broken"})"), "broken");
  EXPECT_EQ(read(R"({"reason":7})").error().message, "reason must be a string if provided");
  EXPECT_EQ(read("[]").error().message, "the body must be a JSON object");
}

}  // namespace
}  // namespace collet::api
