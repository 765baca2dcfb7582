#include "services/upstream_service.hpp"

#include <cstdlib>
#include <filesystem>

#include "http/fake_outbound.hpp"
#include "process/fake_process.hpp"
#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;

class UpstreamServiceTest : public ServicesTest {
 protected:
  UpstreamServiceTest() {
    auto pattern = (std::filesystem::temp_directory_path() / "collet-upstream-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    manifest.capabilities = {"issues.read"};
  }
  ~UpstreamServiceTest() override {
    outbound.stop();
    std::filesystem::remove_all(folder);
  }

  void make(std::optional<UpstreamSettings> settings, Tenancy tenancy = Tenancy::single,
            UpstreamLimits limits = {}, SecretSettings secret_settings = {}) {
    secrets.emplace(SecretsParts{.loop = loop,
                                 .store = store->secrets(),
                                 .background = background,
                                 .spawner = spawner,
                                 .wall_clock = [] { return WallTime(); },
                                 .key_file = folder / "secrets.key"},
                    std::move(secret_settings), tenancy);
    service.emplace(UpstreamParts{.loop = loop,
                                  .background = background,
                                  .outbound = outbound,
                                  .secrets = *secrets,
                                  .log = log},
                    std::move(settings), limits);
    table.emplace(GatePolicy{.tenancy = tenancy});
    service->add_to(*table);
  }
  void set(std::string id, std::string value, std::string company = "default") {
    secrets->set({.company_id = std::move(company), .id = std::move(id)},
                 SecretText(std::move(value)), Reply<std::int64_t>([](auto) {}));
    loop.run_ready();
  }
  /// Asks for issues; its answer is in `answer`.
  void list_issues(std::string_view params = "{}") {
    ask_for_issues(params);
    loop.run_ready();
  }
  void ask_for_issues(std::string_view params = "{}") {
    answer.clear();
    const auto document = *json::Document::parse(std::string(params));
    table->request(
        host_call("issues.list", document.root()),
        Reply<std::string>([&](Result<std::string> outcome) { answer = text(outcome); }));
  }
  std::string says(int status, std::string body) {
    list_issues();
    outbound.answer(status, std::move(body));
    loop.run_ready();
    return answer;
  }
  std::string authorization() const {
    for (const auto& [name, value] : outbound.sent.back().request.headers) {
      if (name == "Authorization") return value;
    }
    return "none";
  }

  std::filesystem::path folder;
  http::FakeOutbound outbound;
  InlineBackground background{loop};
  process::FakeSpawner spawner;
  std::optional<Secrets> secrets;
  std::optional<UpstreamService> service;
  std::optional<ServiceTable> table;
  std::string answer;
};

TEST_F(UpstreamServiceTest, WithoutOneTheSettingIsNamed) {
  make(std::nullopt);
  EXPECT_EQ(ask(*table, "issues.list"),
            "-32601 Host does not handle method \"issues.list\"; services.upstream.url in "
            "collet.toml can name a host that does");
  EXPECT_EQ(ask(*table, "nonsense"), "-32601 Host does not handle method \"nonsense\"");
  EXPECT_EQ(ask(*table, "issues.create").substr(0, 6), "-32001");
}

TEST_F(UpstreamServiceTest, SendsTheCallWithItsCaller) {
  make(UpstreamSettings{.url = "http://up.test/rpc", .token = "t0ken"});
  list_issues(R"({"companyId": "default", "n": 1.0})");
  ASSERT_EQ(outbound.sent.size(), 1u);
  const auto& request = outbound.sent.front().request;
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://up.test/rpc");
  EXPECT_EQ(request.body,
            R"({"jsonrpc":"2.0","id":1,"method":"issues.list",)"
            R"("params":{"companyId":"default","n":1.0},)"
            R"("caller":{"companyId":"default","pluginId":"u","pluginKey":"acme.x"}})");
  EXPECT_EQ(authorization(), "Bearer t0ken");
  EXPECT_EQ(request.deadline.when(), loop.now() + std::chrono::seconds(30));
  EXPECT_EQ(request.response_bytes_max, 16u << 20);
  EXPECT_TRUE(request.permits({"up.test", 80}, *http::parse_ip("127.0.0.1")));
  outbound.answer(200, R"({"jsonrpc":"2.0","id":1,"result":[ 1.0, "a" ]})");
  EXPECT_EQ(answer, R"([1.0,"a"])");
}

TEST_F(UpstreamServiceTest, ErrorsOfTheUpstreamGoToTheWorkerAsTheyAre) {
  make(UpstreamSettings{.url = "http://up.test/"});
  EXPECT_EQ(says(200, R"({"error":{"code":-32005,"message":"not yours"}})"), "-32005 not yours");
  EXPECT_EQ(says(500, R"({"error":{"code":-32603,"message":"boom"}})"), "-32603 boom");
  EXPECT_EQ(says(200, R"({"error":{"code":7,"message":"own"}})"), "7 own");
  EXPECT_EQ(says(200, R"({"error":{},"result":1})").substr(0, 6), "-32099");
  EXPECT_EQ(says(200, R"({"error":null,"result":1})"), "1");
}

TEST_F(UpstreamServiceTest, OtherAnswersAreExplained) {
  make(UpstreamSettings{.url = "http://up.test/"});
  const std::string start =
      "-32603 the upstream (services.upstream) did not answer \"issues.list\": ";
  EXPECT_EQ(says(502, "<html>"), start + "it said 502 Said");
  EXPECT_EQ(says(200, "<html>"), start + "what it said is no JSON-RPC response");
  EXPECT_EQ(says(200, "[]"), start + "what it said is no JSON-RPC response");
  EXPECT_EQ(says(200, "{}"), start + "what it said is no JSON-RPC response");
  EXPECT_EQ(says(204, ""), start + "what it said is no JSON-RPC response");
  list_issues();
  outbound.answer(fail(ErrorCode::timeout, "the request to up.test timed out after 30000ms"));
  EXPECT_EQ(answer, start + "the request to up.test timed out after 30000ms");
}

TEST_F(UpstreamServiceTest, TheOperatorIsToldWhenItFailsAndWhenItDoesNotAnyMore) {
  make(UpstreamSettings{.url = "http://up.test/"});
  says(502, "");
  says(502, "");
  EXPECT_THAT(log.alarms(), ElementsAre(HasSubstr("the upstream does not answer")));
  says(200, R"({"error":{"code":1,"message":"m"}})");
  says(502, "");
  EXPECT_EQ(log.alarms().size(), 2u);
}

TEST_F(UpstreamServiceTest, ATokenMayBeASecret) {
  make(UpstreamSettings{.url = "http://up.test/", .token = SecretRef{.id = "upstream"}});
  list_issues();
  EXPECT_EQ(answer,
            "-32603 the upstream (services.upstream) did not answer \"issues.list\": its token "
            "cannot be read");
  EXPECT_THAT(log.alarms(), ElementsAre(HasSubstr("set it with: collet secret set upstream")));
  set("upstream", "one");
  list_issues();
  EXPECT_EQ(authorization(), "Bearer one");
  set("upstream", "two");
  list_issues();
  EXPECT_EQ(authorization(), "Bearer one");  // for a minute
  loop.advance(std::chrono::minutes(1));
  list_issues();
  EXPECT_EQ(authorization(), "Bearer two");
  set("upstream", "three");
  while (!outbound.sent.empty()) outbound.answer(401, "");
  list_issues();
  EXPECT_EQ(authorization(), "Bearer three");  // one that is refused is looked up anew
}

TEST_F(UpstreamServiceTest, ATokenThatRanOutIsNotUsedAnyMore) {
  make(UpstreamSettings{.url = "http://up.test/", .token = SecretRef{.id = "upstream"}},
       Tenancy::single, {.tokens = {.kept = std::chrono::seconds(10)}});
  set("upstream", "one");
  list_issues();
  EXPECT_EQ(authorization(), "Bearer one");
  store->secrets().remove({.company_id = "default", .id = "upstream"}, Reply<bool>([](auto) {}));
  loop.advance(std::chrono::seconds(10) - std::chrono::nanoseconds(1));
  list_issues();
  ASSERT_EQ(outbound.sent.size(), 2u);
  EXPECT_EQ(authorization(), "Bearer one");
  loop.advance(std::chrono::nanoseconds(1));
  list_issues();
  EXPECT_THAT(answer, HasSubstr("its token cannot be read"));
  EXPECT_EQ(outbound.sent.size(), 2u);
}

TEST_F(UpstreamServiceTest, ATokenIsReadOnceForAllThatWaitAndNotTooMuchWaits) {
  make(UpstreamSettings{.url = "http://up.test/", .token = SecretRef{.id = "upstream"}},
       Tenancy::single, {.tokens = {.waiting_max = 3, .waiting_bytes_max = 20}},
       {.command = {"pass", "{id}"}});
  const auto asked_at = loop.now();
  ask_for_issues();
  ask_for_issues(R"({"a":"123456789"})");
  ask_for_issues();
  EXPECT_EQ(answer,
            "-32603 2 requests of this plugin with 19 bytes wait for the token of the upstream, "
            "and this one has 2: the limit is 3 requests or 20 bytes; wait for some of the answers "
            "before you send more");
  worker = {.plugin_id = "v", .plugin_key = "acme.y"};
  for (int i = 0; i < 3; ++i) ask_for_issues();
  EXPECT_EQ(answer, "");
  ask_for_issues();
  EXPECT_THAT(answer, HasSubstr("-32603 3 requests of this plugin with 6 bytes wait"));
  // What failed is not kept, and is none of the plugin's matters.
  loop.run_ready();
  ASSERT_EQ(spawner.processes.size(), 1u);
  spawner.last().exit_with_code(1);
  loop.run_ready();
  EXPECT_THAT(answer, HasSubstr("its token cannot be read"));
  EXPECT_THAT(log.alarms(), ElementsAre(HasSubstr("the upstream does not answer")));
  ask_for_issues();
  ask_for_issues();
  loop.run_ready();
  ASSERT_EQ(spawner.processes.size(), 2u);
  spawner.last().emit_stdout("one\n");
  spawner.last().exit_with_code(0);
  loop.run_ready();
  ASSERT_EQ(outbound.sent.size(), 2u);
  EXPECT_EQ(authorization(), "Bearer one");
  EXPECT_EQ(outbound.sent[0].request.deadline.remaining(asked_at), UpstreamSettings().timeout)
      << "it counts from the request on";
}

TEST_F(UpstreamServiceTest, ATokenIsOneLine) {
  make(UpstreamSettings{.url = "http://up.test/", .token = "a\r\nX: y"});
  list_issues();
  EXPECT_THAT(answer, HasSubstr("its token cannot be read"));
  EXPECT_TRUE(outbound.sent.empty());
}

TEST_F(UpstreamServiceTest, WithSeveralTenantsTheCallersCompanyIsTold) {
  make(UpstreamSettings{.url = "http://up.test/", .token = SecretRef{.id = "upstream"}},
       Tenancy::multi);
  set("upstream", "of acme", "acme");
  invocations.begin("1", "acme");
  invocation_id = "1";
  list_issues(R"({"companyId":"acme"})");
  EXPECT_THAT(*outbound.sent.back().request.body, HasSubstr(R"("caller":{"companyId":"acme",)"));
  EXPECT_EQ(authorization(), "Bearer of acme");
  list_issues(R"({"companyId":"globex"})");
  EXPECT_EQ(answer.substr(0, 6), "-32005");
  EXPECT_EQ(outbound.sent.size(), 1u);
  // Another company's token is another.
  invocations.begin("2", "globex");
  invocation_id = "2";
  list_issues(R"({"companyId":"globex"})");
  EXPECT_THAT(answer, HasSubstr("its token cannot be read"));
  EXPECT_EQ(outbound.sent.size(), 1u);
}

TEST_F(UpstreamServiceTest, ParametersHaveALimit) {
  make(UpstreamSettings{.url = "http://up.test/"}, Tenancy::single, {.request_bytes_max = 11});
  list_issues(R"({"a":"1234"})");
  EXPECT_EQ(answer, "-32603 the parameters of \"issues.list\" have 12 bytes, the limit is 11");
  list_issues(R"({"a":"123"})");
  EXPECT_EQ(outbound.sent.size(), 1u);
}

TEST_F(UpstreamServiceTest, APluginHasSoManyRequestsUnderWayAndSoManyThatWait) {
  make(UpstreamSettings{.url = "http://up.test/"});
  const auto running = limits::services::requests_running_max;
  const auto waiting = limits::services::requests_waiting_max;
  for (std::size_t i = 0; i < running + waiting; ++i) {
    list_issues();
    EXPECT_EQ(answer, "");
  }
  EXPECT_EQ(outbound.sent.size(), running);
  list_issues();
  EXPECT_THAT(answer, HasSubstr("16 requests of this plugin are under way and 256 wait"));
  worker = {.plugin_id = "v", .plugin_key = "acme.y"};
  list_issues();
  EXPECT_EQ(outbound.sent.size(), running + 1);
  EXPECT_TRUE(log.alarms().empty()) << "the upstream is not what fails";
}

TEST_F(UpstreamServiceTest, ItsNameServersAreNotThoseOfWhatThePluginFetches) {
  make(UpstreamSettings{.url = "http://up.test/"});
  list_issues();
  EXPECT_NE(outbound.sent.back().request.caller, "u");
}

}  // namespace
}  // namespace collet::services
