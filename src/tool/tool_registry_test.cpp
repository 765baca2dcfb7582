#include "collet/tool_registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/logger.hpp"
#include "tool/fake_provider.hpp"

namespace collet {
namespace {

using testing::ElementsAre;
using tool::FakeProvider;
using tool::manifest_with;
using tool::reply_into;

constexpr auto uuid = "0197a3c2-5b7e-4d0a-9c1f-3e8b6a2d4f01";
constexpr auto uuid_upper = "0197A3C2-5B7E-4D0A-9C1F-3E8B6A2D4F01";

std::vector<std::string> names(const ToolRegistry& registry, const ToolListFilter& filter = {}) {
  std::vector<std::string> list;
  for (const auto& tool : registry.list_tools(filter)) list.push_back(tool->namespaced_name);
  return list;
}

class ToolRegistryTest : public testing::Test {
 protected:
  Result<Done> add(std::string_view key, std::vector<std::string> tools,
                   std::string_view db_id = uuid) {
    return registry.register_plugin(key, manifest_with(std::move(tools)), db_id, provider);
  }

  std::shared_ptr<FakeProvider> provider = std::make_shared<FakeProvider>();
  ToolRegistry registry;
};

TEST_F(ToolRegistryTest, KeepsEverythingThatIsDeclared) {
  Manifest manifest;
  manifest.settings.timeout = std::chrono::seconds(5);
  manifest.tools.push_back(
      {.name = "search",
       .display_name = "Search",
       .description = "Searches.",
       .parameters_schema = R"({"type" : "object"})",
       .settings = {.output_schema = "{}", .timeout = std::chrono::seconds(2)}});
  ASSERT_TRUE(registry.register_plugin("acme.linear", manifest, uuid, provider));

  const auto tool = registry.get_tool("acme.linear:search");
  ASSERT_TRUE(tool);
  EXPECT_EQ(tool->plugin_id, "acme.linear");
  EXPECT_EQ(tool->plugin_db_id, uuid);
  EXPECT_EQ(tool->name, "search");
  EXPECT_EQ(tool->namespaced_name, "acme.linear:search");
  EXPECT_EQ(tool->display_name, "Search");
  EXPECT_EQ(tool->description, "Searches.");
  EXPECT_EQ(tool->parameters_schema, R"({"type" : "object"})");
  EXPECT_EQ(tool->settings.timeout, std::chrono::seconds(2));
  EXPECT_EQ(tool->settings.output_schema, "{}");
  EXPECT_EQ(tool->plugin_settings.timeout, std::chrono::seconds(5));
  EXPECT_EQ(tool->provider, provider);
}

TEST_F(ToolRegistryTest, AnInvalidSchemaDisablesExactlyThatToolAndIsLoggedOnce) {
  RecordingLogger log;
  ToolRegistry logged(&log);
  auto manifest = manifest_with({"good", "bad", "lenient"});
  manifest.tools[1].settings.output_schema = R"({"minLength":-1})";
  manifest.tools[2].parameters_schema = R"({"minLength":-1})";
  manifest.tools[2].settings.validation = Validation::warn;
  ASSERT_TRUE(logged.register_plugin("acme", manifest, uuid, provider));
  EXPECT_EQ(logged.get_tool("acme:good")->disabled, "");
  EXPECT_EQ(
      logged.get_tool("acme:bad")->disabled,
      "outputSchema is invalid at /minLength: minLength must be a non-negative integer; got -1");
  EXPECT_EQ(logged.get_tool("acme:lenient")->disabled, "");
  EXPECT_THAT(
      log.alarms(),
      ElementsAre(
          "warn invalid schema, the tool is disabled tool=acme:bad problem=\"outputSchema is "
          "invalid at /minLength: minLength must be a non-negative integer; got -1\"",
          "warn invalid schema, the tool's calls are not held against it tool=acme:lenient "
          "problem=\"parametersSchema is invalid at /minLength: minLength must be a "
          "non-negative integer; got -1\""));
  manifest.tools[1].settings.output_schema = "{}";
  ASSERT_TRUE(logged.register_plugin("acme", manifest, uuid, provider));
  EXPECT_EQ(logged.get_tool("acme:bad")->disabled, "");
}

TEST_F(ToolRegistryTest, FindsToolsByTheExactName) {
  ASSERT_TRUE(add("acme", {"search issues", "a:b", "v1.2:x y", ".", "Ünïcode"}));
  for (const auto* name :
       {"acme:search issues", "acme:a:b", "acme:v1.2:x y", "acme:.", "acme:Ünïcode"}) {
    const auto tool = registry.get_tool(name);
    ASSERT_TRUE(tool) << name;
    EXPECT_EQ(tool->namespaced_name, name);
  }
  for (const auto* name : {"", ":", "acme", "acme:", "acme:a", "acme:a:b ", "ACME:a:b", "a:b",
                           "acme:A:B", ":a:b", "acme::a:b"}) {
    EXPECT_FALSE(registry.get_tool(name)) << name;
  }
}

TEST_F(ToolRegistryTest, TakesThePluginsKeyAndItsUuidInAnyCase) {
  ASSERT_TRUE(add("acme", {"a", "b"}, uuid_upper));
  for (const auto* id : {"acme", uuid, uuid_upper}) {
    EXPECT_TRUE(registry.get_tool_by_plugin(id, "a")) << id;
    EXPECT_FALSE(registry.get_tool_by_plugin(id, "c")) << id;
    EXPECT_EQ(registry.tool_count(id), 2u) << id;
    EXPECT_THAT(names(registry, {.plugin_id = id}), ElementsAre("acme:a", "acme:b")) << id;
  }
  EXPECT_EQ(registry.get_tool("acme:a")->plugin_db_id, uuid_upper);
  for (const auto* id : {"ACME", "", "0197a3c2-5b7e-4d0a-9c1f-3e8b6a2d4f02"}) {
    EXPECT_FALSE(registry.get_tool_by_plugin(id, "a")) << id;
    EXPECT_EQ(registry.tool_count(id), 0u) << id;
    EXPECT_TRUE(names(registry, {.plugin_id = id}).empty()) << id;
  }
}

TEST_F(ToolRegistryTest, UuidIsNoPartOfACanonicalName) {
  ASSERT_TRUE(add("acme", {"a"}));
  EXPECT_FALSE(registry.get_tool(std::string(uuid) + ":a"));
}

TEST_F(ToolRegistryTest, KeyStandsInForAMissingUuid) {
  ASSERT_TRUE(add("embedded", {"a"}, ""));
  EXPECT_EQ(registry.get_tool("embedded:a")->plugin_db_id, "embedded");
}

TEST_F(ToolRegistryTest, ReplacesTheWholeSetOfAPluginAtOnce) {
  ASSERT_TRUE(add("acme", {"old", "both"}));
  const auto before = registry.get_tool("acme:both");
  ASSERT_TRUE(add("acme", {"both", "new"}));
  EXPECT_THAT(names(registry), ElementsAre("acme:both", "acme:new"));
  EXPECT_FALSE(registry.get_tool("acme:old"));
  EXPECT_NE(registry.get_tool("acme:both"), before);
}

TEST_F(ToolRegistryTest, ForgetsTheUuidThatAPluginHadBefore) {
  constexpr auto other = "11111111-2222-4333-8444-555555555555";
  ASSERT_TRUE(add("acme", {"a"}, uuid));
  ASSERT_TRUE(add("acme", {"a"}, other));
  EXPECT_EQ(registry.tool_count(uuid), 0u);
  EXPECT_EQ(registry.tool_count(other), 1u);
}

TEST_F(ToolRegistryTest, ListsPluginsInTheOrderOfTheirFirstRegistration) {
  ASSERT_TRUE(add("b", {"2", "1"}, ""));
  ASSERT_TRUE(add("a", {"1"}, ""));
  ASSERT_TRUE(add("b", {"3"}, ""));
  EXPECT_THAT(names(registry), ElementsAre("b:3", "a:1"));
  registry.unregister_plugin("b");
  ASSERT_TRUE(add("b", {"4"}, ""));
  EXPECT_THAT(names(registry), ElementsAre("a:1", "b:4"));
}

TEST_F(ToolRegistryTest, UnregistersByKeyAndByUuid) {
  ASSERT_TRUE(add("by-key", {"a"}, ""));
  ASSERT_TRUE(add("by-uuid", {"a"}, uuid));
  registry.unregister_plugin("by-key");
  EXPECT_THAT(names(registry), ElementsAre("by-uuid:a"));
  registry.unregister_plugin(uuid_upper);
  EXPECT_TRUE(names(registry).empty());
  EXPECT_EQ(registry.tool_count(), 0u);
}

TEST_F(ToolRegistryTest, GenerationGrowsByOneAtEachChange) {
  const auto start = registry.generation();
  ASSERT_TRUE(add("acme", {"a"}));
  EXPECT_EQ(registry.generation(), start + 1);
  registry.unregister_plugin("nobody");
  EXPECT_EQ(registry.generation(), start + 1);
  registry.unregister_plugin("acme");
  EXPECT_EQ(registry.generation(), start + 2);
}

TEST_F(ToolRegistryTest, RefusesANameDeclaredTwiceAndChangesNothing) {
  ASSERT_TRUE(add("acme", {"a"}));
  const auto generation = registry.generation();
  const auto refused = add("acme", {"b", "c", "b"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_request);
  EXPECT_EQ(refused.error().message,
            R"(plugin "acme" declares the tool "b" twice; none of its tools was changed)");
  EXPECT_EQ(refused.error().remedy, "give each tool of the plugin a name of its own");
  EXPECT_THAT(names(registry), ElementsAre("acme:a"));
  EXPECT_EQ(registry.generation(), generation);
}

TEST_F(ToolRegistryTest, RefusesAKeyThatCannotStartAName) {
  for (const auto* key : {"", "a:b"}) {
    const auto refused = add(key, {"a"});
    ASSERT_FALSE(refused) << key;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_request);
  }
  EXPECT_EQ(registry.tool_count(), 0u);
}

TEST(ToolNames, SplitAtTheFirstColon) {
  const auto parsed = ToolRegistry::parse_namespaced_name("acme.x:a:b c");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->plugin_key, "acme.x");
  EXPECT_EQ(parsed->tool, "a:b c");
  for (const auto* name : {"", ":", "a", "a:", ":b"}) {
    EXPECT_FALSE(ToolRegistry::parse_namespaced_name(name)) << name;
  }
}

TEST(ToolNames, AreTheKeyAColonAndTheTool) {
  EXPECT_EQ(ToolRegistry::build_namespaced_name("acme.x", "a:b c"), "acme.x:a:b c");
}

TEST_F(ToolRegistryTest, SaysWhichNameWasProbablyMeant) {
  ASSERT_TRUE(add("calc", {"add", "subtract"}, ""));
  ASSERT_TRUE(add("calk", {"multiply", "subtract!"}, ""));
  EXPECT_EQ(registry.closest_name("calc:substract"), "calc:subtract");
  EXPECT_EQ(registry.closest_name("calc:multiply"), "calk:multiply");
  EXPECT_EQ(registry.closest_name("add"), "calc:add");       // the plugin was left out
  EXPECT_EQ(registry.closest_name("calc_add"), "calc:add");  // as other hosts spell it
  EXPECT_EQ(registry.closest_name("weather:today"), std::nullopt);
  EXPECT_EQ(ToolRegistry().closest_name("calc:add"), std::nullopt);
}

TEST_F(ToolRegistryTest, CallInFlightKeepsItsToolAndItsProvider) {
  ASSERT_TRUE(add("acme", {"a"}));
  std::optional<Result<ToolExecutionResult>> outcome;
  registry.execute_tool({.tool = "acme:a", .parameters = {}, .deadline = Deadline::never()},
                        reply_into(outcome));
  ASSERT_EQ(provider->received.size(), 1u);
  auto flying = std::move(provider->received[0]);
  const std::weak_ptr<ToolProvider> alive = provider;
  provider = nullptr;
  registry.unregister_plugin("acme");
  ASSERT_FALSE(registry.get_tool("acme:a"));

  EXPECT_EQ(flying.tool->display_name, "The a");
  flying.tool = nullptr;
  EXPECT_FALSE(alive.expired());
  flying.reply(ToolResult{R"({"content":"done"})"});
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->plugin_id, "acme");
  EXPECT_EQ((*outcome)->tool_name, "a");
  EXPECT_EQ((*outcome)->result.json, R"({"content":"done"})");
  EXPECT_TRUE(alive.expired());
}

TEST_F(ToolRegistryTest, ProviderMayComeBackWhileItIsFreed) {
  struct Returning final : ToolProvider {
    explicit Returning(ToolRegistry& r) : registry(r) {}
    ~Returning() override { registry.unregister_plugin("other"); }
    void call(std::shared_ptr<const RegisteredTool>, ToolCall, Reply<ToolResult>) override {}
    ToolRegistry& registry;
  };
  ASSERT_TRUE(add("other", {"a"}));
  ASSERT_TRUE(registry.register_plugin("acme", manifest_with({"a"}), "",
                                       std::make_shared<Returning>(registry)));
  registry.unregister_plugin("acme");
  EXPECT_EQ(registry.tool_count(), 0u);
}

TEST_F(ToolRegistryTest, ExecutingAnUnknownToolSaysWhatToDo) {
  ASSERT_TRUE(add("acme", {"search"}));
  std::optional<Result<ToolExecutionResult>> outcome;
  registry.execute_tool({.tool = "acme:serch", .parameters = {}, .deadline = Deadline::never()},
                        reply_into(outcome));
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_EQ(outcome->error().code, ErrorCode::tool_not_found);
  EXPECT_EQ(outcome->error().message, R"(Tool "acme:serch" not found)");
  EXPECT_EQ(outcome->error().remedy, R"(did you mean "acme:search"?)");

  outcome.reset();
  registry.execute_tool({.tool = "weather", .parameters = {}, .deadline = Deadline::never()},
                        reply_into(outcome));
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_EQ(outcome->error().remedy, "run `collet tool list` to see all tools");
}

TEST_F(ToolRegistryTest, ToolWithoutAProviderIsUnavailable) {
  ASSERT_TRUE(registry.register_plugin("acme", manifest_with({"a"}), "", nullptr));
  std::optional<Result<ToolExecutionResult>> outcome;
  registry.execute_tool({.tool = "acme:a", .parameters = {}, .deadline = Deadline::never()},
                        reply_into(outcome));
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_EQ(outcome->error().code, ErrorCode::worker_unavailable);
}

TEST_F(ToolRegistryTest, HoldsTenThousandTools) {
  for (int plugin = 0; plugin < 100; ++plugin) {
    std::vector<std::string> tools;
    for (int tool = 0; tool < 100; ++tool) tools.push_back("tool-" + std::to_string(tool));
    ASSERT_TRUE(add("plugin-" + std::to_string(plugin), std::move(tools), ""));
  }
  EXPECT_EQ(registry.tool_count(), 10'000u);
  const auto list = registry.list_tools();
  ASSERT_EQ(list.size(), 10'000u);
  EXPECT_EQ(list.front()->namespaced_name, "plugin-0:tool-0");
  EXPECT_EQ(list.back()->namespaced_name, "plugin-99:tool-99");
  for (const auto& tool : list) ASSERT_EQ(registry.get_tool(tool->namespaced_name), tool);
  EXPECT_EQ(registry.closest_name("plugin-99:tool-9x"), "plugin-99:tool-9");
}

}  // namespace
}  // namespace collet
