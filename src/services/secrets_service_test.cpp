#include "services/secrets_service.hpp"

#include <cstdlib>
#include <filesystem>

#include "process/fake_process.hpp"
#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;

class SecretsServiceTest : public ServicesTest {
 protected:
  SecretsServiceTest() {
    auto pattern = (std::filesystem::temp_directory_path() / "collet-secrets-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    manifest.capabilities = {"secrets.read-ref"};
  }
  ~SecretsServiceTest() override { std::filesystem::remove_all(folder); }

  void make(Tenancy tenancy = Tenancy::single, SecretsLimits limits = {}) {
    secrets.emplace(SecretsParts{.loop = loop,
                                 .store = store->secrets(),
                                 .background = background,
                                 .spawner = spawner,
                                 .wall_clock = [] { return WallTime(); },
                                 .key_file = folder / "secrets.key"},
                    SecretSettings{}, tenancy);
    service.emplace(loop, log, *secrets,
                    SecretBindings{.stands_in_configuration =
                                       [this](std::string_view plugin, std::string_view company,
                                              std::string_view secret) {
                                         return configured == std::string(plugin) + "/" +
                                                                  std::string(company) + "/" +
                                                                  std::string(secret);
                                       },
                                   .by_settings = by_settings},
                    limits);
    table.emplace(GatePolicy{.tenancy = tenancy});
    service->add_to(*table);
  }
  void set(std::string id, std::string value, std::string company = "default") {
    secrets->set({.company_id = std::move(company), .id = std::move(id)},
                 SecretText(std::move(value)),
                 Reply<std::int64_t>([](auto version) { EXPECT_TRUE(version); }));
    loop.run_ready();
  }
  void bind(std::string plugin, std::string id, std::string company = "default") {
    store->secrets().bind(std::move(plugin),
                          {.company_id = std::move(company), .id = std::move(id)},
                          Reply<Done>([](auto done) { EXPECT_TRUE(done); }));
    loop.run_ready();
  }
  std::string resolve(std::string_view id, std::string_view more = "") {
    return ask(*table, "secrets.resolve",
               R"({"secretRef":{"type":"secret_ref","secretId":")" + std::string(id) + "\"" +
                   std::string(more) + "}}");
  }
  std::vector<std::string> counted() const {
    std::vector<ServiceCount> all;
    service->counts().append_to(all);
    std::vector<std::string> lines;
    for (const auto& each : all) {
      lines.push_back(std::string(each.service) + " " + each.plugin_key + " " +
                      std::string(each.outcome) + " " + std::to_string(each.count));
    }
    return lines;
  }

  static constexpr auto k_unbound = "-32603 Secret is not bound to plugin:u";

  std::filesystem::path folder;
  InlineBackground background{loop};
  process::FakeSpawner spawner;
  std::string configured;
  std::map<std::string, std::vector<std::string>, std::less<>> by_settings;
  std::optional<Secrets> secrets;
  std::optional<SecretsService> service;
  std::optional<ServiceTable> table;
};

TEST_F(SecretsServiceTest, ReadsWhatThePluginsConfigurationRefersTo) {
  make();
  set("x", "va\"lue\n");
  EXPECT_EQ(resolve("x"), k_unbound);
  configured = "u/default/x";
  EXPECT_EQ(resolve("x"), R"("va\"lue\n")");
  EXPECT_EQ(resolve("y"), k_unbound);
  worker = {.plugin_id = "v", .plugin_key = "acme.y"};
  EXPECT_EQ(resolve("x"), "-32603 Secret is not bound to plugin:v");
}

TEST_F(SecretsServiceTest, ReadsWhatTheSettingsName) {
  by_settings = {{"acme.x", {"x"}}, {"acme.y", {"*"}}};
  make();
  set("x", "1");
  set("y", "2");
  EXPECT_EQ(resolve("x"), "\"1\"");
  EXPECT_EQ(resolve("y"), k_unbound);
  worker = {.plugin_id = "v", .plugin_key = "acme.y"};
  EXPECT_EQ(resolve("x"), "\"1\"");
  EXPECT_EQ(resolve("y"), "\"2\"");
}

TEST_F(SecretsServiceTest, ReadsWhatItWasBoundTo) {
  make();
  set("x", "1");
  bind("u", "x");
  EXPECT_EQ(resolve("x"), "\"1\"");
  worker.plugin_id = "v";
  EXPECT_EQ(resolve("x"), "-32603 Secret is not bound to plugin:v");
}

TEST_F(SecretsServiceTest, VersionsAreReadByTheirNumber) {
  by_settings = {{"acme.x", {"x"}}};
  make();
  set("x", "one");
  set("x", "two");
  EXPECT_EQ(resolve("x"), "\"two\"");
  EXPECT_EQ(resolve("x", R"(,"version":1)"), "\"one\"");
  EXPECT_EQ(resolve("x", R"(,"version":"latest")"), "\"two\"");
  EXPECT_EQ(resolve("x", R"(,"version":3)"), "-32603 there is no version 3 of secret \"x\"");
}

TEST_F(SecretsServiceTest, RefusesOtherReferencesInTheReferencesWords) {
  make();
  const auto refused = [](std::string_view shown) {
    return "-32603 Invalid secret reference for plugin: " + std::string(shown) +
           ". Use { type: \"secret_ref\", secretId, version? }";
  };
  EXPECT_EQ(ask(*table, "secrets.resolve", R"({"secretRef":"abc"})"), refused("abc"));
  EXPECT_EQ(ask(*table, "secrets.resolve", R"({"secretRef":{"secretId": "x"}})"),
            refused(R"({"secretId":"x"})"));
  EXPECT_EQ(ask(*table, "secrets.resolve", "{}"), refused("undefined"));
  const std::string text(200, 'x');
  EXPECT_EQ(ask(*table, "secrets.resolve", "{\"secretRef\":\"" + text + "\"}"), refused(text));
  EXPECT_EQ(ask(*table, "secrets.resolve", "{\"secretRef\":\"" + text + "y\"}"),
            refused(text + "…"));
}

TEST_F(SecretsServiceTest, WhatIsNotThereSaysHowToSetIt) {
  by_settings = {{"acme.x", {"*"}}};
  make();
  EXPECT_EQ(resolve("x"), "-32603 there is no secret \"x\"; set it with: collet secret set x");
}

TEST_F(SecretsServiceTest, APluginReadsSoOftenForACompany) {
  by_settings = {{"acme.x", {"*"}}, {"acme.y", {"*"}}};
  make();
  set("x", "1");
  for (std::size_t i = 0; i < SecretsLimits{}.reads_max; ++i) EXPECT_EQ(resolve("x"), "\"1\"");
  EXPECT_EQ(resolve("x"),
            "-32603 Secrets are read at most 30 times in 60 s by a plugin for a company; there is "
            "room again in 60 s");
  loop.advance(std::chrono::seconds(59));
  EXPECT_THAT(resolve("x"), HasSubstr("room again in 1 s"));
  worker = {.plugin_id = "v", .plugin_key = "acme.y"};
  EXPECT_EQ(resolve("x"), "\"1\"");
  worker = {.plugin_id = "u", .plugin_key = "acme.x"};
  loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(resolve("x"), "\"1\"");
}

TEST_F(SecretsServiceTest, WhatIsRefusedCountsToo) {
  make(Tenancy::single, {.reads_max = 2});
  EXPECT_EQ(resolve("x"), k_unbound);
  EXPECT_EQ(resolve("y"), k_unbound);
  EXPECT_THAT(resolve("z"), HasSubstr("Secrets are read at most 2 times in 60 s"));
}

TEST_F(SecretsServiceTest, WhatIsNoReferenceCountsToo) {
  make(Tenancy::single, {.reads_max = 2});
  const auto ask_badly = [&] { return ask(*table, "secrets.resolve", R"({"secretRef":"abc"})"); };
  EXPECT_THAT(ask_badly(), HasSubstr("Invalid secret reference"));
  EXPECT_THAT(ask_badly(), HasSubstr("Invalid secret reference"));
  EXPECT_THAT(ask_badly(), HasSubstr("Secrets are read at most 2 times in 60 s"));
  EXPECT_THAT(resolve("x"), HasSubstr("Secrets are read at most 2 times in 60 s"));
}

TEST_F(SecretsServiceTest, AReferenceIsShownInWholeCharacters) {
  make();
  const auto answer =
      ask(*table, "secrets.resolve", "{\"secretRef\":\"" + std::string(199, 'x') + "ü\"}");
  EXPECT_THAT(answer, HasSubstr("plugin: " + std::string(199, 'x') + "…. Use"));
}

TEST_F(SecretsServiceTest, OutcomesAreCounted) {
  by_settings = {{"acme.x", {"x", "y"}}};
  make(Tenancy::single, {.reads_max = 5});
  set("x", "1");
  ask(*table, "secrets.resolve", R"({"secretRef":"abc"})");
  for (const auto* id : {"x", "x", "y", "z", "x"}) resolve(id);
  EXPECT_THAT(counted(), ElementsAre("secrets acme.x failed 2", "secrets acme.x limited 1",
                                     "secrets acme.x ok 2", "secrets acme.x refused 1"));
  service->forget("acme.x");
  EXPECT_THAT(counted(), testing::IsEmpty());
}

TEST_F(SecretsServiceTest, TheOperatorIsToldOfARefusalAndNothingOfAValue) {
  by_settings = {{"acme.x", {"x"}}};
  make();
  set("x", "hunter2");
  resolve("x");
  resolve("y");
  EXPECT_THAT(log.alarms(), ElementsAre(HasSubstr("plugin=acme.x secret=y")));
  EXPECT_THAT(log.alarms(), testing::Each(testing::Not(HasSubstr("hunter2"))));
}

// A worker that runs calls of two companies, names a third, forges and replays ids.
TEST_F(SecretsServiceTest, InMultiTenancyNoCompanyReachesAnothersSecret) {
  by_settings = {{"acme.x", {"*"}}};
  make(Tenancy::multi);
  set("x", "of acme", "acme");
  set("x", "of globex", "globex");
  set("y", "of initech", "initech");
  set("z", "of nobody", "");
  invocations.begin("1", "acme");
  invocations.begin("2", "globex");
  invocation_id = "1";
  EXPECT_EQ(resolve("x"), "\"of acme\"");
  EXPECT_EQ(resolve("y"), "-32603 there is no secret \"y\"; set it with: collet secret set y");
  EXPECT_EQ(resolve("z"), "-32603 there is no secret \"z\"; set it with: collet secret set z");
  const auto named = [&](std::string_view company) {
    return ask(*table, "secrets.resolve",
               R"({"secretRef":{"type":"secret_ref","secretId":"x"},"companyId":")" +
                   std::string(company) + "\"}");
  };
  EXPECT_EQ(named("acme"), "\"of acme\"");
  EXPECT_EQ(named("globex").substr(0, 6), "-32005");
  invocation_id = "2";
  EXPECT_EQ(named("globex"), "\"of globex\"");
  EXPECT_EQ(named("acme").substr(0, 6), "-32005");
  for (const auto* forged : {"3", "", "acme"}) {
    invocation_id = forged;
    EXPECT_EQ(named("acme").substr(0, 6), "-32005") << forged;
    EXPECT_EQ(resolve("x").substr(0, 6), "-32005") << forged;
  }
  invocation_id.reset();
  EXPECT_EQ(named("acme").substr(0, 6), "-32005");
  EXPECT_EQ(resolve("x").substr(0, 6), "-32005");
  invocation_id = "1";
  invocations.end("1");
  EXPECT_EQ(named("acme").substr(0, 6), "-32005");
  invocations.end("2");
  invocation_id.reset();
  EXPECT_EQ(resolve("x").substr(0, 6), "-32005");
}

TEST_F(SecretsServiceTest, InMultiTenancyBindingsAndTurnsAreEachCompanysOwn) {
  make(Tenancy::multi, {.reads_max = 2});
  set("x", "of acme", "acme");
  set("x", "of globex", "globex");
  bind("u", "x", "acme");
  configured = "u/globex/y";
  invocations.begin("1", "acme");
  invocations.begin("2", "globex");
  invocation_id = "1";
  EXPECT_EQ(resolve("x"), "\"of acme\"");
  EXPECT_EQ(resolve("y"), k_unbound);
  EXPECT_THAT(resolve("x"), HasSubstr("at most 2 times"));
  invocation_id = "2";
  EXPECT_EQ(resolve("x"), k_unbound);
  EXPECT_EQ(resolve("y"), "-32603 there is no secret \"y\"; set it with: collet secret set y");
}

}  // namespace
}  // namespace collet::services
