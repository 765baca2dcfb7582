#include "services/gate.hpp"

#include "services/services_fixture.hpp"

namespace collet::services {
namespace {

// The gate's answer to a worker: the company, or the error.
class GateTest : public ServicesTest {
 protected:
  GateTest() {
    manifest.capabilities = {"companies.read", "events.subscribe", "plugin.state.read"};
  }

  std::string pass(std::string_view method, std::string_view params = "{}") {
    const auto document = *json::Document::parse(std::string(params));
    return text(pass_gates(policy, *find_method(method), host_call(method, document.root())));
  }
  static std::string refused(std::string_view method, std::string_view why) {
    return "-32005 Plugin \"u\" is not allowed to perform \"" + std::string(method) +
           "\": " + std::string(why);
  }

  GatePolicy policy{.tenancy = Tenancy::multi};
};

constexpr std::string_view k_unknown =
    "the worker referenced a missing, expired, or unknown invocation scope";
constexpr std::string_view k_required = "company context is required";

TEST_F(GateTest, AMethodNeedsItsCapability) {
  EXPECT_EQ(pass("state.set"),
            "-32001 Plugin \"u\" is missing required capability \"plugin.state.write\" for method "
            "\"state.set\"");
  EXPECT_EQ(pass("state.get"), "");
  EXPECT_EQ(pass("entities.list"), "") << "it needs none";
}

TEST_F(GateTest, TheCapabilityIsAskedBeforeTheCompany) {
  EXPECT_EQ(pass("secrets.resolve").substr(0, 6), "-32001");
  manifest.capabilities.push_back("secrets.read-ref");
  EXPECT_EQ(pass("secrets.resolve"), refused("secrets.resolve", k_required));
}

TEST_F(GateTest, WithOneTenantEverythingIsHis) {
  policy = {.company_id = "us"};
  for (const auto* params : {"{}", R"({"companyId":"other"})", R"({"scopeKind":"company"})"}) {
    EXPECT_EQ(pass("config.get", params), "us");
    EXPECT_EQ(pass("state.get", params), "us");
  }
  invocation_id = "forged";
  EXPECT_EQ(pass("config.get"), "us");
}

TEST_F(GateTest, ACallThatRunsIsForItsCompany) {
  invocations.begin("i", "acme");
  invocation_id = "i";
  EXPECT_EQ(pass("config.get"), "acme");
  EXPECT_EQ(pass("config.get", R"({"companyId":" acme "})"), "acme");
  EXPECT_EQ(pass("state.get", R"({"scopeKind":"company","scopeId":"acme"})"), "acme");
  EXPECT_EQ(pass("state.get", R"({"scopeKind":"project","scopeId":"p"})"), "acme");
  EXPECT_EQ(pass("companies.list"), "acme");
  EXPECT_EQ(pass("events.subscribe", R"({"filter":{"companyId":"acme"}})"), "acme");
}

TEST_F(GateTest, AndForNoOther) {
  invocations.begin("i", "acme");
  invocations.begin("j", "globex");
  invocation_id = "i";
  const auto other = std::string(
      "requested company \"globex\" but the current invocation is scoped to company \"acme\"");
  EXPECT_EQ(pass("config.get", R"({"companyId":"globex"})"), refused("config.get", other));
  EXPECT_EQ(pass("state.get", R"({"scopeKind":"company","scopeId":"globex"})"),
            refused("state.get", other));
  EXPECT_EQ(pass("events.subscribe", R"({"filter":{"companyId":"globex"}})"),
            refused("events.subscribe", other));
  EXPECT_EQ(pass("state.get", R"({"scopeKind":"company"})"),
            refused("state.get", "the current invocation is scoped to company \"acme\""));
  EXPECT_EQ(pass("state.get", R"({"scopeKind":"company","scopeId":" "})"),
            refused("state.get", "the current invocation is scoped to company \"acme\""));
  // Nor with its own company named beside.
  EXPECT_EQ(pass("state.get", R"({"companyId":"acme","scopeKind":"company","scopeId":"globex"})"),
            refused("state.get", other));
  EXPECT_EQ(pass("state.get", R"({"companyId":"acme","scopeKind":"company"})"),
            refused("state.get", "the current invocation is scoped to company \"acme\""));
  EXPECT_EQ(pass("events.subscribe", R"({"companyId":"acme","filter":{"companyId":"globex"}})"),
            refused("events.subscribe", other));
  EXPECT_EQ(pass("state.get", R"({"companyId":"acme","scopeKind":"company","scopeId":"acme"})"),
            "acme");
}

TEST_F(GateTest, ACallThatIsOverOrWasNeverMadeIsForNobody) {
  invocations.begin("i", "acme");
  invocations.end("i");
  for (const auto* id : {"i", "forged", ""}) {
    invocation_id = id;
    EXPECT_EQ(pass("config.get", R"({"companyId":"acme"})"), refused("config.get", k_unknown));
    EXPECT_EQ(pass("state.get", R"({"scopeKind":"company","scopeId":"acme"})"),
              refused("state.get", k_unknown));
    EXPECT_EQ(pass("companies.list"), refused("companies.list", k_unknown));
    EXPECT_EQ(pass("state.get", R"({"scopeKind":"instance"})"), "") << "it asks for no company";
  }
}

TEST_F(GateTest, WhoeverNamesNoCallActsForNobody) {
  EXPECT_EQ(pass("config.get"), refused("config.get", k_required));
  EXPECT_EQ(pass("config.get", R"({"companyId":"acme"})"), refused("config.get", k_required));
  EXPECT_EQ(pass("companies.list"), "");
  invocations.begin("i", "acme");
  EXPECT_EQ(pass("config.get", R"({"companyId":"acme"})"), refused("config.get", k_unknown));
  EXPECT_EQ(pass("companies.list"), refused("companies.list", k_unknown));
  EXPECT_EQ(pass("state.get", R"({"scopeKind":"project","scopeId":"p"})"), "");
}

TEST_F(GateTest, APluginMayActAtAnyTimeForACompanyThatConfiguredIt) {
  policy.is_configured_for = [](std::string_view plugin, std::string_view company) {
    return plugin == "u" && company == "acme";
  };
  EXPECT_EQ(pass("config.get", R"({"companyId":"acme"})"), "acme");
  invocations.begin("i", "globex");
  EXPECT_EQ(pass("config.get", R"({"companyId":"acme"})"), "acme");
  EXPECT_EQ(pass("config.get", R"({"companyId":"globex"})"), refused("config.get", k_unknown));
  EXPECT_EQ(pass("config.get"), refused("config.get", k_unknown));
  invocation_id = "i";
  EXPECT_EQ(pass("config.get", R"({"companyId":"acme"})").substr(0, 6), "-32005")
      << "in a call it acts for that call's company";
}

TEST_F(GateTest, ATrustedOldPluginActsForTheCompaniesItRunsCallsFor) {
  policy.is_trusted_unnamed = [](std::string_view key) { return key == "acme.x"; };
  EXPECT_EQ(pass("config.get"), refused("config.get", k_required));
  invocations.begin("i", "acme");
  EXPECT_EQ(pass("config.get"), "acme");
  EXPECT_EQ(pass("config.get", R"({"companyId":"globex"})"),
            refused("config.get",
                    "requested company \"globex\" but the current invocation is scoped to company "
                    "\"acme\""));
  invocations.begin("j", "globex");
  EXPECT_EQ(pass("config.get"), refused("config.get", k_unknown)) << "nobody knows which";
  EXPECT_EQ(pass("config.get", R"({"companyId":"globex"})"), "globex");
  invocation_id = "forged";
  EXPECT_EQ(pass("config.get"), refused("config.get", k_unknown));
  invocation_id.reset();
  worker.plugin_key = "acme.y";
  EXPECT_EQ(pass("config.get", R"({"companyId":"globex"})"), refused("config.get", k_unknown));
}

TEST_F(GateTest, AClientOfAHostWithOneTenantMeansHim) {
  policy = {.company_id = "us"};
  EXPECT_EQ(company_for_client(policy, std::nullopt), "us");
  EXPECT_EQ(company_for_client(policy, "other"), "us");
}

TEST_F(GateTest, AClientOfSeveralTenantsNamesOne) {
  EXPECT_EQ(company_for_client(policy, " acme\n"), "acme");
  for (const auto& named : {std::optional<std::string>(), {""}, {" \t"}}) {
    EXPECT_EQ(text(company_for_client(policy, named)),
              "-32603 \"companyId\" is required and must be a non-empty string");
  }
}

}  // namespace
}  // namespace collet::services
