#include "services/state_service.hpp"

#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using testing::StartsWith;

class StateServiceTest : public ServicesTest {
 protected:
  StateServiceTest() {
    manifest.capabilities = {"plugin.state.read", "plugin.state.write"};
    service.add_to(table);
  }

  StateService service{store->state(), {.name_bytes_max = 10, .value_bytes_max = 20}};
  ServiceTable table{{}};
};

TEST_F(StateServiceTest, KeepsValuesByteForByte) {
  const std::string key = R"("scopeKind":"instance","stateKey":"k")";
  EXPECT_EQ(ask(table, "state.get", "{" + key + "}"), "null");
  EXPECT_EQ(ask(table, "state.set", "{" + key + R"(,"value":{"b" : 1.0,"a":1}})"), "null");
  EXPECT_EQ(ask(table, "state.get", "{" + key + "}"), R"({"b":1.0,"a":1})");
  EXPECT_EQ(ask(table, "state.delete", "{" + key + "}"), "null");
  EXPECT_EQ(ask(table, "state.get", "{" + key + "}"), "null");
  EXPECT_EQ(ask(table, "state.delete", "{" + key + "}"), "null");
}

TEST_F(StateServiceTest, AnEmptyScopeIdIsNotAnAbsentOne) {
  ask(table, "state.set", R"({"scopeKind":"run","stateKey":"k","scopeId":"","value":1})");
  ask(table, "state.set", R"({"scopeKind":"run","stateKey":"k","scopeId":null,"value":2})");
  EXPECT_EQ(ask(table, "state.get", R"({"scopeKind":"run","stateKey":"k","scopeId":""})"), "1");
  EXPECT_EQ(ask(table, "state.get", R"({"scopeKind":"run","stateKey":"k"})"), "2");
}

TEST_F(StateServiceTest, TheNamespaceIsDefaultWhereNoneIsNamed) {
  ask(table, "state.set", R"({"scopeKind":"instance","stateKey":"k","value":1})");
  EXPECT_EQ(
      ask(table, "state.get", R"({"scopeKind":"instance","stateKey":"k","namespace":"default"})"),
      "1");
  EXPECT_EQ(ask(table, "state.get", R"({"scopeKind":"instance","stateKey":"k","namespace":"n"})"),
            "null");
}

TEST_F(StateServiceTest, PluginsDoNotSeeEachOthers) {
  ask(table, "state.set", R"({"scopeKind":"instance","stateKey":"k","value":1})");
  worker.plugin_id = "v";
  EXPECT_EQ(ask(table, "state.get", R"({"scopeKind":"instance","stateKey":"k"})"), "null");
}

TEST_F(StateServiceTest, AValueThatIsNotSentIsNull) {
  EXPECT_EQ(ask(table, "state.set", R"({"scopeKind":"instance","stateKey":"k"})"), "null");
  EXPECT_EQ(ask(table, "state.get", R"({"scopeKind":"instance","stateKey":"k"})"), "null");
}

TEST_F(StateServiceTest, SaysWhatIsWrongWithAKey) {
  EXPECT_EQ(ask(table, "state.get", "{}"), "-32603 state.get: scopeKind has to be a string");
  EXPECT_EQ(ask(table, "state.get", "[]"), "-32603 state.get: scopeKind has to be a string");
  EXPECT_EQ(ask(table, "state.get", R"({"scopeKind":"instance","stateKey":1})"),
            "-32603 state.get: stateKey has to be a string");
  EXPECT_EQ(ask(table, "state.get", R"({"scopeKind":"instance","stateKey":"k","scopeId":1})"),
            "-32603 state.get: scopeId has to be a string, or absent");
}

TEST_F(StateServiceTest, NamesAndValuesHaveLimits) {
  for (const auto* name : {"scopeKind", "scopeId", "namespace", "stateKey"}) {
    const auto with = [&](std::string_view value) {
      std::string params = "{\"value\":1";
      for (const auto* each : {"scopeKind", "scopeId", "namespace", "stateKey"}) {
        params += ",\"" + std::string(each) + "\":\"" +
                  std::string(std::string_view(each) == name ? value : "x") + "\"";
      }
      return params + "}";
    };
    EXPECT_EQ(ask(table, "state.set", with("0123456789")), "null");
    EXPECT_EQ(ask(table, "state.set", with("0123456789a")),
              "-32603 state.set: " + std::string(name) + " has 11 bytes, the limit is 10");
  }
  const auto value = [&](std::size_t size) {
    return ask(table, "state.set",
               R"({"scopeKind":"i","stateKey":"k","value":")" + std::string(size - 2, 'x') + "\"}");
  };
  EXPECT_EQ(value(20), "null");
  EXPECT_EQ(value(21), "-32603 state.set: value has 21 bytes, the limit is 20");
}

TEST_F(StateServiceTest, InMultiTenancyRowsOfProjectsBelongToACompany) {
  ServiceTable multi({.tenancy = Tenancy::multi});
  service.add_to(multi);
  invocations.begin("1", "acme");
  invocations.begin("2", "globex");
  const auto set = R"({"scopeKind":"project","scopeId":"p","stateKey":"k","value":"s"})";
  const auto get = R"({"scopeKind":"project","scopeId":"p","stateKey":"k"})";
  invocation_id = "1";
  EXPECT_EQ(ask(multi, "state.set", set), "null");
  EXPECT_EQ(ask(multi, "state.get", get), "\"s\"");
  for (const auto& other : {std::optional<std::string>("2"), {"forged"}, {}}) {
    invocation_id = other;
    EXPECT_EQ(ask(multi, "state.get", get), "null");
  }
  invocation_id = "1";
  EXPECT_THAT(
      ask(multi, "state.get", R"({"scopeKind":"company","scopeId":"globex","stateKey":"k"})"),
      StartsWith("-32005"));
}

}  // namespace
}  // namespace collet::services
