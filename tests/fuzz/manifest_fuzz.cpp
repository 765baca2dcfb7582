// The input is a manifest. It is refused with a sentence that says so, or what is read of it keeps
// the rules and is the same when it is read again from the store.
#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "collet/manifest.hpp"
#include "fuzz_target.hpp"
#include "json_words.hpp"

namespace collet {
namespace {

void require_refusal(const Error& error) {
  const std::string_view message = error.message;
  const bool malformed = message.starts_with("Invalid plugin manifest: ") &&
                         message.size() > std::string_view("Invalid plugin manifest: ").size();
  const bool inconsistent =
      message.starts_with("Plugin ") &&
      message.find(
          " manifest has inconsistent capabilities. Missing required capabilities for "
          "declared features: ") != message.npos;
  fuzz::require(malformed || inconsistent, "a refusal says what is wrong");
  fuzz::require(error.code == ErrorCode::install_failed && !error.remedy.empty(),
                "a refusal has its code and a remedy");
}

template <class Number>
bool within(const std::optional<Number>& number, Number most) {
  return !number || (*number >= Number{1} && *number <= most);
}

void require_rules(const Manifest& manifest) {
  constexpr std::string_view k_key_characters = "abcdefghijklmnopqrstuvwxyz0123456789._-";
  fuzz::require(!manifest.id.empty() && manifest.id.size() <= 200 &&
                    manifest.id.find_first_not_of(k_key_characters) == std::string::npos &&
                    k_key_characters.find(manifest.id[0]) < 36,
                "an id is a folder's name");
  fuzz::require(manifest.api_version == 1 && !manifest.version.empty() &&
                    !manifest.worker_entrypoint.empty() && !manifest.capabilities.empty() &&
                    !manifest.categories.empty(),
                "what every manifest says is there");
  fuzz::require(within(manifest.settings.instances, PluginSettings::instances_max),
                "instances keep their bounds");
  std::set<std::string_view> names;
  for (const auto& tool : manifest.tools) {
    fuzz::require(names.insert(tool.name).second && !tool.name.empty(), "tools have their names");
    fuzz::require(tool.parameters_schema.starts_with('{'), "a tool's schema is an object");
    fuzz::require(within(tool.settings.timeout, ToolSettings::timeout_max) &&
                      within(tool.settings.concurrency, ToolSettings::concurrency_max),
                  "a tool's settings keep their bounds");
  }
  fuzz::require(manifest.json.find_first_of("\r\n") == std::string::npos, "it is kept on one line");
}

bool same(const ToolDeclaration& a, const ToolDeclaration& b) {
  return a.name == b.name && a.display_name == b.display_name && a.description == b.description &&
         a.parameters_schema == b.parameters_schema &&
         a.settings.output_schema == b.settings.output_schema &&
         a.settings.timeout == b.settings.timeout &&
         a.settings.concurrency == b.settings.concurrency &&
         a.settings.idempotent == b.settings.idempotent;
}

bool same(const Manifest& a, const Manifest& b) {
  return a.id == b.id && a.version == b.version && a.display_name == b.display_name &&
         a.description == b.description && a.author == b.author && a.categories == b.categories &&
         a.capabilities == b.capabilities && a.worker_entrypoint == b.worker_entrypoint &&
         a.minimum_host_version == b.minimum_host_version &&
         a.settings.instances == b.settings.instances &&
         a.settings.on_timeout == b.settings.on_timeout &&
         a.settings.fill_defaults == b.settings.fill_defaults &&
         a.settings.coerce == b.settings.coerce && a.json == b.json &&
         std::ranges::equal(a.tools, b.tools,
                            [](const auto& one, const auto& other) { return same(one, other); });
}

}  // namespace

namespace fuzz {
namespace {

constexpr std::string_view k_members[] = {
    R"("id":"acme.y")",
    R"("id":"tools")",
    R"("id":"0b7f5e0c-4b5e-4f53-9d70-000000000001")",
    R"("apiVersion":1.0)",
    R"("apiVersion":2)",
    R"("version":"1.0.0-beta.1+x")",
    R"("displayName":"D")",
    R"("description":"d")",
    R"("author":"a")",
    R"("categories":["ui","connector"])",
    R"("capabilities":["agent.tools.register","jobs.schedule","webhooks.receive"])",
    R"("capabilities":["ui.sidebar.register","ui.page.register","ui.action.register"])",
    R"("capabilities":["api.routes.register","database.namespace.migrate","local.folders"])",
    R"("entrypoints":{"worker":"w","ui":"u"})",
    R"("minimumHostVersion":"1.2.3")",
    R"("minimumPaperclipVersion":"1.2.3")",
    R"("tools":[{"name":"a","displayName":"A","description":"d","parametersSchema":{}}])",
    R"("tools":[])",
    R"("name":"b")",
    R"("parametersSchema":{"type":"object"})",
    R"("parametersSchema":{"$ref":"#"})",
    R"("instanceConfigSchema":{"type":"object"})",
    R"("jobs":[{"jobKey":"j","displayName":"J","schedule":"*/5 1-2 * 3,4 *"}])",
    R"("schedule":"0 0 1 1 0/2")",
    R"("webhooks":[{"endpointKey":"e","displayName":"E"}])",
    R"("database":{"namespaceSlug":"n","migrationsDir":"m","coreReadTables":["issues"]})",
    R"("apiRoutes":[{"routeKey":"r","method":"GET","path":"/a/:b","auth":"board","capability":"api.routes.register"}])",
    R"("companyResolution":{"from":"issue","param":"p"})",
    R"("environmentDrivers":[{"driverKey":"d","displayName":"D","configSchema":{"type":"object"}}])",
    R"("templateConfigBinding":{"field":"f","unsetFields":["g","f"]})",
    R"("sandboxCapabilities":{"nativeSyncIn":true})",
    R"("objectReferences":[{"providerKey":"p","displayName":"P","objectTypes":["t"," t "]}])",
    R"("refreshPolicy":{"defaultTtlSeconds":9,"staleAfterSeconds":8})",
    R"("webhookEndpointKeys":["e"])",
    R"("agents":[{"agentKey":"a","displayName":"A"}])",
    R"("projects":[{"projectKey":"p","displayName":"P"}])",
    R"("routines":[{"routineKey":"r","title":"T"}])",
    R"("variables":[{"name":"v","type":"date","defaultValue":"2026-02-30"}])",
    R"("variables":[{"name":"v","type":"select","options":["a"],"defaultValue":"a"}])",
    R"("triggers":[{"kind":"schedule","cronExpression":"x","timezone":null}])",
    R"("skills":[{"skillKey":"s","displayName":"S","files":[{"path":"a/b","content":""}]}])",
    R"("localFolders":[{"folderKey":"f","displayName":"F","requiredFiles":["a/../b"]}])",
    R"("launchers":[{"id":"l","displayName":"L","placementZone":"page"}])",
    R"("ui":{"slots":[{"type":"page","id":"s","displayName":"S","exportName":"E"}]})",
    R"("collet":{"instances":2,"onTimeout":"kill","fillDefaults":true,"coerce":false})",
    R"("collet":{"tools":{"t":{"timeoutMs":5,"concurrency":4e0,"idempotent":true}}})",
    R"("tools":{"t":{"outputSchema":{"type":"object"}}})",
    R"("timeoutMs":86400000)",
    R"("concurrency":10001)",
    R"("instances":64)",
    R"("validation":"off")",
    R"("unknown":[1.0,"\ud800"])",
};
constexpr std::string_view k_values[] = {"null",
                                         "true",
                                         "0",
                                         "-0",
                                         "1",
                                         "1.0",
                                         "1.5",
                                         "1e400",
                                         "86400001",
                                         "4294967297",
                                         R"("")",
                                         R"("a")",
                                         R"("1.0.0")",
                                         R"("\ufeff a ")",
                                         R"("\ud800")",
                                         R"("\u0000")",
                                         R"("../a")",
                                         "[]",
                                         "{}",
                                         R"(["a","a"])",
                                         R"({"type":"object"})"};
constexpr std::string_view k_name_keepers[] = {"tools", "properties"};

}  // namespace

const JsonWords& json_words() {
  static constexpr JsonWords words{k_members, k_values, k_name_keepers};
  return words;
}

}  // namespace fuzz
}  // namespace collet

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace collet;
  const fuzz::OneSecond limit;
  fuzz::reached(fuzz::Stage::started);
  const std::string text(data, data + size);
  const std::size_t choice = std::hash<std::string>{}(text);
  const auto manifest = parse_manifest(text);
  if (!manifest) {
    require_refusal(manifest.error());
    if (manifest.error().message.starts_with("Invalid plugin manifest: not valid JSON: ")) {
      return fuzz::k_not_kept;
    }
    fuzz::reached(fuzz::Stage::parsed);
    // Nearly all that is bred from a manifest that was refused is refused, too.
    return choice % 16 == 0 ? 0 : fuzz::k_not_kept;
  }
  fuzz::reached(fuzz::Stage::parsed);
  fuzz::reached(fuzz::Stage::accepted);
  require_rules(*manifest);
  // Reading it again takes as long as all before.
  if (choice / 16 % 4 != 0) return 0;
  const auto again = parse_manifest(manifest->json);
  fuzz::require(again && same(*manifest, *again), "a manifest from the store is the same one");
  return 0;
}
