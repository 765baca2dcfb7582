// The routes of plugins' configurations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api_fixture.hpp"

namespace collet::api {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

constexpr auto k_config = "/api/plugins/acme.x/config";
constexpr auto k_test = "/api/plugins/acme.x/config/test";
constexpr std::string_view k_schema =
    R"({"instanceConfigSchema":{"type":"object","required":["a"],)"
    R"("properties":{"a":{"type":"integer"},"token":{"type":"string","format":"secret-ref"}}}})";

class ApiConfigTest : public ApiTest {
 protected:
  ApiConfigTest() {
    store.insert(lifecycle.row, Reply<PluginRecord>([](auto row) { ASSERT_TRUE(row); }));
    loop.run_ready();
    workers.worker.emplace();
    workers.worker->status = WorkerStatus::running;
    workers.worker->supported_methods = {"configChanged"};
    lifecycle.row.manifest_json = k_schema;
  }
  /// "<status> <body>".
  std::string answer(std::string method, std::string target, std::string body = {}) {
    const auto response = ask(std::move(method), std::move(target), std::move(body));
    return std::to_string(response.status) + " " + response.body;
  }
};

TEST_F(ApiConfigTest, AConfigurationIsStoredAndShown) {
  EXPECT_EQ(answer("GET", k_config), "200 null");
  const auto stored = answer("POST", k_config, R"({"configJson": {"a": 10, "b": 1.0}})");
  EXPECT_THAT(
      stored,
      MatchesRegex(
          R"(200 \{"id":"[-0-9a-f]{36}","pluginId":"0b5f3a52-9c1e-4f7a-8a51-0123456789ab",)"
          R"("companyId":"default","configJson":\{"a":10,"b":1.0\},"lastError":null,)"
          R"("createdAt":"1970-01-01T00:00:00.000Z","updatedAt":"1970-01-01T00:00:00.000Z"\})"));
  EXPECT_EQ(answer("GET", k_config), stored);
  EXPECT_EQ(answer("GET", "/api/plugins/" + lifecycle.row.id + "/config"), stored);
  EXPECT_THAT(workers.asked_texts(),
              ElementsAre(R"(configChanged{"config":{"a":10,"b":1.0},"companyId":"default"})"
                          " for default"));
}

TEST_F(ApiConfigTest, WithOneTenantEveryCompanyIsHim) {
  options.gate.company_id = "acme";
  EXPECT_THAT(answer("POST", k_config, R"({"configJson":{"a":1},"companyId":"other"})"),
              HasSubstr(R"("companyId":"acme")"));
  EXPECT_THAT(answer("GET", std::string(k_config) + "?companyId=third"),
              HasSubstr(R"("configJson":{"a":1})"));
}

TEST_F(ApiConfigTest, OfSeveralTenantsOneIsNamed) {
  options.gate.tenancy = Tenancy::multi;
  constexpr auto required = R"(400 {"error":"\"companyId\" is required and must be a non-empty )"
                            R"(string","code":"invalid_request")";
  EXPECT_THAT(answer("GET", k_config), HasSubstr(required));
  EXPECT_THAT(answer("POST", k_config, R"({"configJson":{"a":1}})"), HasSubstr(required));
  EXPECT_THAT(answer("POST", k_config, R"({"configJson":{"a":1},"companyId":" "})"),
              HasSubstr(required));
  EXPECT_THAT(answer("POST", k_config, R"({"configJson":{"a":1},"companyId":"acme"})"),
              HasSubstr(R"("companyId":"acme")"));
  EXPECT_THAT(
      answer("POST", std::string(k_config) + "?companyId=globex", R"({"configJson":{"a":2}})"),
      HasSubstr(R"("companyId":"globex")"));
  EXPECT_THAT(answer("GET", std::string(k_config) + "?companyId=acme"),
              HasSubstr(R"("configJson":{"a":1})"));
  EXPECT_EQ(answer("GET", std::string(k_config) + "?companyId=initech"), "200 null");
}

TEST_F(ApiConfigTest, WhatDoesNotFitIsToldFieldByField) {
  EXPECT_EQ(
      answer("POST", k_config, R"({"configJson":{"a":"x"}})"),
      R"(400 {"error":"Configuration does not match the plugin's instanceConfigSchema",)"
      R"("code":"invalid_request","violations":[{"instancePointer":"/a",)"
      R"("schemaPointer":"/properties/a/type","keyword":"type",)"
      R"-("message":"/a must be an integer; got \"x\" (a string)"}],)-"
      R"-("fieldErrors":[{"field":"/a","message":"must be an integer; got \"x\" (a string)"}]})-");
  EXPECT_THAT(answer("POST", k_config, R"({"configJson":{}})"),
              HasSubstr(R"("fieldErrors":[{"field":"/",)"
                        R"-("message":"missing required property \"a\" (integer)"}])-"));
  EXPECT_EQ(answer("GET", k_config), "200 null");
}

TEST_F(ApiConfigTest, SecretsAreRefusedInTheReferencesWords) {
  EXPECT_THAT(
      answer("POST", k_config,
             R"({"configJson":{"a":1,"token":"0b5f3a52-9c1e-4f7a-8a51-0123456789ab"}})"),
      HasSubstr(
          R"(400 {"error":"Plugin secret ref at token must use { type: \"secret_ref\", secretId, version? }")"));
  EXPECT_THAT(
      answer("POST", k_config, R"({"configJson":{"a":1,"token":"sk-hunter2"}})"),
      testing::AllOf(
          HasSubstr(R"("error":"Plugin secret value at token must use )"),
          HasSubstr(
              R"("field":"/token","message":"must use { type: \"secret_ref\", secretId, version? }")"),
          testing::Not(HasSubstr("hunter2"))));
}

TEST_F(ApiConfigTest, OrderOfRefusals) {
  EXPECT_THAT(answer("POST", "/api/plugins/nobody/config", "nonsense"),
              HasSubstr(R"(404 {"error":"Plugin not found")"));
  EXPECT_THAT(answer("GET", "/api/plugins/nobody/config"), HasSubstr("404 "));
  EXPECT_THAT(answer("POST", k_config, R"({"a":1})"),
              HasSubstr(R"(400 {"error":"\"configJson\" is required and must be an object")"));
  lifecycle.row.status = PluginStatus::error;
  EXPECT_THAT(answer("POST", k_test, "nonsense"),
              HasSubstr(R"-(400 {"error":"Plugin is not ready (current status: error)")-"));
  EXPECT_THAT(answer("POST", "/api/plugins/nobody/config/test", "nonsense"), HasSubstr("404 "));
}

TEST_F(ApiConfigTest, WhatAWorkerDoesNotTakeIsTold) {
  workers.answer = std::unexpected(
      Error{.code = ErrorCode::tool_error, .message = "refusing", .rpc_code = -32006});
  EXPECT_THAT(answer("POST", k_config, R"({"configJson":{"a":1}})"),
              HasSubstr(R"("lastError":"refusing")"));
  EXPECT_THAT(answer("GET", k_config), HasSubstr(R"("lastError":"refusing")"));
}

TEST_F(ApiConfigTest, AnInvalidSchemaIsAWarning) {
  lifecycle.row.manifest_json = R"({"instanceConfigSchema":{"type":"text"}})";
  EXPECT_THAT(answer("POST", k_config, R"({"configJson":{"a":"x"}})"),
              HasSubstr(R"("warning":"the configuration was not judged: the plugin's )"
                        R"(instanceConfigSchema is invalid at /type)"));
}

TEST_F(ApiConfigTest, AWorkerTriesAConfigurationOut) {
  constexpr auto body = R"({"configJson":{"a":1}})";
  workers.answer = R"({"ok":true})";
  EXPECT_EQ(answer("POST", k_test, body), R"(200 {"valid":true})");
  EXPECT_THAT(workers.asked_texts(),
              ElementsAre(R"(validateConfig{"config":{"a":1}} for default)"));
  workers.answer = R"({"ok":true,"warnings":["a","b"]})";
  EXPECT_EQ(answer("POST", k_test, body), R"(200 {"valid":true,"message":"Warnings: a; b"})");
  workers.answer = R"({"ok":false,"errors":["e1","e2"]})";
  EXPECT_EQ(answer("POST", k_test, body), R"(200 {"valid":false,"message":"e1; e2"})");
  workers.answer =
      std::unexpected(Error{.code = ErrorCode::tool_error, .message = "no", .rpc_code = -32004});
  EXPECT_EQ(
      answer("POST", k_test, body),
      R"(200 {"valid":false,"supported":false,"message":"This plugin does not support configuration testing."})");
  EXPECT_EQ(answer("GET", k_config), "200 null") << "nothing is stored";
}

TEST_F(ApiConfigTest, OfSeveralTenantsATestMayBeForNobody) {
  options.gate.tenancy = Tenancy::multi;
  workers.answer = R"({"ok":true})";
  EXPECT_EQ(answer("POST", k_test, R"({"configJson":{"a":1}})"), R"(200 {"valid":true})");
  EXPECT_EQ(answer("POST", k_test, R"({"configJson":{"a":1},"companyId":"acme"})"),
            R"(200 {"valid":true})");
  EXPECT_THAT(workers.asked_texts(), ElementsAre(R"(validateConfig{"config":{"a":1}} for )",
                                                 R"(validateConfig{"config":{"a":1}} for acme)"));
}

TEST_F(ApiConfigTest, ATestThatGoesWrongIsAFailureOfTheBridge) {
  constexpr auto body = R"({"configJson":{"a":1}})";
  EXPECT_THAT(answer("POST", k_test, R"({"configJson":{}})"),
              HasSubstr(R"("fieldErrors":[{"field":"/")"));
  EXPECT_THAT(workers.asked_texts(), IsEmpty());
  const auto failed = [&](ErrorCode code, std::optional<int> rpc_code) {
    workers.answer = std::unexpected(Error{.code = code, .message = "why", .rpc_code = rpc_code});
    const auto text = answer("POST", k_test, body);
    EXPECT_THAT(text, MatchesRegex(R"(502 \{"code":"[A-Z_]+","message":"why","error":"why"\})"));
    return text.substr(13, text.find('"', 13) - 13);
  };
  EXPECT_EQ(failed(ErrorCode::tool_error, -32002), "WORKER_ERROR");
  EXPECT_EQ(failed(ErrorCode::tool_error, -32000), "WORKER_UNAVAILABLE");
  EXPECT_EQ(failed(ErrorCode::tool_error, -32001), "CAPABILITY_DENIED");
  EXPECT_EQ(failed(ErrorCode::tool_error, -32003), "TIMEOUT");
  EXPECT_EQ(failed(ErrorCode::tool_error, -32005), "INVOCATION_SCOPE_DENIED");
  EXPECT_EQ(failed(ErrorCode::tool_error, -1), "UNKNOWN");
  EXPECT_EQ(failed(ErrorCode::worker_unavailable, std::nullopt), "WORKER_UNAVAILABLE");
  EXPECT_EQ(failed(ErrorCode::worker_crashed, std::nullopt), "WORKER_UNAVAILABLE");
  EXPECT_EQ(failed(ErrorCode::timeout, std::nullopt), "TIMEOUT");
  EXPECT_EQ(failed(ErrorCode::invalid_result, std::nullopt), "UNKNOWN");
}

TEST_F(ApiConfigTest, APluginShowsWhatItStillNeeds) {
  constexpr auto lacks = R"("configErrors":[{"field":"/",)"
                         R"-("message":"missing required property \"a\" (integer)"}])-";
  EXPECT_THAT(answer("GET", "/api/plugins/acme.x"), HasSubstr(lacks));
  answer("POST", k_config, R"({"configJson":{"a":1}})");
  EXPECT_THAT(answer("GET", "/api/plugins/acme.x"), HasSubstr(R"("configErrors":[])"));
}

TEST_F(ApiConfigTest, OfSeveralTenantsItShowsSoToWhoeverNamesOne) {
  options.gate.tenancy = Tenancy::multi;
  EXPECT_THAT(answer("GET", "/api/plugins/acme.x"), testing::Not(HasSubstr("configErrors")));
  EXPECT_THAT(answer("GET", "/api/plugins/acme.x?companyId=acme"), HasSubstr("configErrors"));
}

}  // namespace
}  // namespace collet::api
