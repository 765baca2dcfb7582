#include "collet/manifest.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "json/document.hpp"
#include "plugin/manifest_rules.hpp"

namespace collet {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view k_base =
    R"({"id":"acme.x","apiVersion":1,"version":"1.0.0","displayName":"X","description":"d",)"
    R"("author":"a","categories":["automation"],"capabilities":["agent.tools.register"],)"
    R"("entrypoints":{"worker":"./worker.js"},)"
    R"("tools":[{"name":"t","displayName":"T","description":"d","parametersSchema":{}}]})";

/// The base manifest with more members; the last one of a name counts.
std::string base_with(std::string_view members) {
  std::string text(k_base);
  text.pop_back();
  return text.append(",").append(members).append("}");
}

/// What is said of the manifest, "valid" where nothing is.
std::string verdict(std::string text) {
  const auto manifest = parse_manifest(std::move(text));
  return manifest ? "valid" : manifest.error().message;
}

std::string verdict_with(std::string_view members) {
  return verdict(base_with(members));
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Manifests with the verdict of the reference host, made by running it.
TEST(Manifest, AgreesWithTheReferenceOnEveryVector) {
  const char* given = std::getenv("COLLET_MANIFEST_VECTORS");
  const std::filesystem::path path = given != nullptr ? given
                                                      : std::filesystem::path(COLLET_SOURCE_DIR) /
                                                            "../shared/data/manifest-vectors.json";
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "manifest-vectors.json is not there; name it with COLLET_MANIFEST_VECTORS";
  }
  const auto vectors = json::Document::parse(read_file(path));
  ASSERT_TRUE(vectors);
  ASSERT_EQ(vectors->root().size(), 36u);
  for (const auto vector : vectors->root().elements()) {
    SCOPED_TRACE(plugin::text_at(vector, "case"));
    const auto& text = vector.find("manifest")->raw();
    const auto manifest = parse_manifest(std::string(text));
    if (vector.find("valid")->as_bool() == false) {
      ASSERT_FALSE(manifest);
      EXPECT_EQ(manifest.error().message,
                "Invalid plugin manifest: " + plugin::text_at(vector, "errors"));
      EXPECT_EQ(manifest.error().code, ErrorCode::install_failed);
      continue;
    }
    if (vector.find("capabilityAllowed")->as_bool() == true) {
      ASSERT_TRUE(manifest) << manifest.error().message;
      continue;
    }
    std::string missing;
    for (const auto capability : vector.find("capabilityMissing")->elements()) {
      missing += (missing.empty() ? "" : ", ") + capability.as_string().value();
    }
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().message,
              "Plugin acme.x manifest has inconsistent capabilities. Missing required "
              "capabilities for declared features: " +
                  missing);
  }
}

TEST(Manifest, ReadsWhatItNeedsAndKeepsTheRest) {
  const auto manifest = parse_manifest(base_with(
      "\"extra\": {\"kept\" : [1.0, \"\\ud800\"]},\n"
      R"("minimumHostVersion":"2026.1.0","tools":[{"name":"a:b c","displayName":"A","description":"d",)"
      R"("parametersSchema":{"type": "object", "maximum": 1e2}, "more": true}])"));
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->id, "acme.x");
  EXPECT_EQ(manifest->api_version, 1);
  EXPECT_EQ(manifest->version, "1.0.0");
  EXPECT_EQ(manifest->display_name, "X");
  EXPECT_EQ(manifest->description, "d");
  EXPECT_EQ(manifest->author, "a");
  EXPECT_EQ(manifest->categories, std::vector<std::string>{"automation"});
  EXPECT_EQ(manifest->capabilities, std::vector<std::string>{"agent.tools.register"});
  EXPECT_EQ(manifest->worker_entrypoint, "./worker.js");
  EXPECT_EQ(manifest->minimum_host_version, "2026.1.0");
  ASSERT_EQ(manifest->tools.size(), 1u);
  EXPECT_EQ(manifest->tools[0].name, "a:b c");
  EXPECT_EQ(manifest->tools[0].parameters_schema, R"({"type":"object","maximum":1e2})");
  EXPECT_FALSE(manifest->tools[0].settings.timeout);
  EXPECT_NE(manifest->json.find(R"("extra":{"kept":[1.0,"\ud800"]})"), std::string::npos);
  EXPECT_NE(manifest->json.find(R"("more":true)"), std::string::npos);
  EXPECT_EQ(manifest->json.find('\n'), std::string::npos);
}

TEST(Manifest, TheLegacyNameOfTheHostVersionCountsToo) {
  const auto manifest = parse_manifest(base_with(R"("minimumPaperclipVersion":"3.0.0")"));
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->minimum_host_version, "3.0.0");
}

TEST(Manifest, NamesThePlaceOfASyntaxError) {
  const auto text = verdict("{\"id\": tru}");
  EXPECT_TRUE(text.starts_with("Invalid plugin manifest: not valid JSON: ")) << text;
  EXPECT_TRUE(text.ends_with(" at byte 7")) << text;
}

TEST(Manifest, AnIdIsAFolderName) {
  EXPECT_EQ(verdict_with(R"("id":")" + std::string(200, 'x') + R"(")"), "valid");
  EXPECT_EQ(verdict_with(R"("id":")" + std::string(201, 'x') + R"(")"),
            "Invalid plugin manifest: id: Plugin id must have at most 200 characters, because "
            "folders are named by it");
}

TEST(Manifest, RefusesIdsThatMeanSomethingElse) {
  EXPECT_EQ(verdict_with(R"("id":"tools")"),
            "Invalid plugin manifest: id: 'tools' is a word of the API's routes; choose another "
            "name, such as acme.tools");
  EXPECT_EQ(verdict_with(R"("id":"0b7f5e0c-4b5e-4f53-9d70-000000000001")"),
            "Invalid plugin manifest: id: '0b7f5e0c-4b5e-4f53-9d70-000000000001' has the form of a "
            "UUID, which names a plugin's row; choose a name such as acme.notes");
  EXPECT_EQ(verdict_with(R"("id":"tools.acme")"), "valid");
}

TEST(Manifest, TellsAHundredIssuesAndCountsTheRest) {
  const auto with_bad_tools = [](std::size_t count) {
    std::string tools = "7";
    for (std::size_t i = 1; i < count; ++i) tools += ",7";
    return verdict_with("\"tools\":[" + tools + "]");
  };
  EXPECT_TRUE(with_bad_tools(100).ends_with("; tools.99: Expected object, received number"));
  EXPECT_TRUE(
      with_bad_tools(101).ends_with("; tools.99: Expected object, received number; and 1 more"));
}

TEST(Manifest, LooksForTenThousandIssues) {
  const auto with_bad_words = [](std::size_t count) {
    std::string words = R"("x")";
    for (std::size_t i = 1; i < count; ++i) words += R"(,"x")";
    return verdict_with("\"capabilities\":[" + words + "]");
  };
  EXPECT_TRUE(with_bad_words(9'999).ends_with(", received 'x'; and 9899 more"));
  EXPECT_TRUE(with_bad_words(10'000).ends_with(", received 'x'; and at least 9900 more"));
  // Each of these issues has 2 KB.
  EXPECT_TRUE(with_bad_words(200'000).ends_with(", received 'x'; and at least 9900 more"));
}

/// The processor's seconds that judging takes.
double seconds_for(const std::string& members, std::string_view verdict_begins) {
  const std::string text = base_with(members);
  const auto begin = std::clock();
  const auto judged = verdict(text);
  const auto end = std::clock();
  EXPECT_TRUE(judged.starts_with(verdict_begins)) << judged.substr(0, 200);
  return static_cast<double>(end - begin) / CLOCKS_PER_SEC;
}

/// `item(0),item(1),…`
template <class Item>
std::string joined(std::size_t count, Item item) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    out += item(std::to_string(i));
  }
  return out;
}

// What is compared with one another is looked up; each of these took ten seconds or more.
TEST(Manifest, LongListsAreJudgedAtOnce) {
  constexpr std::size_t many = 15'000;
  constexpr double at_once = 5;
  const auto repeated = joined(many, [](const auto&) { return R"("agent.tools.register")"; });
  EXPECT_LT(seconds_for(R"("capabilities":[)" + repeated + R"(],"launchers":[)" +
                            joined(many,
                                   [](const std::string& i) {
                                     return R"({"id":")" + i +
                                            R"(","displayName":"L","placementZone":"page",)"
                                            R"("action":{"type":"navigate","target":"/x"}})";
                                   }) +
                            "]",
                        "Plugin acme.x manifest has inconsistent capabilities."),
            at_once);
  EXPECT_LT(
      seconds_for(
          R"("webhooks":[)" +
              joined(many,
                     [](const std::string& i) {
                       return R"({"endpointKey":"long key number )" + i + R"(","displayName":"E"})";
                     }) +
              R"(],"objectReferences":[{"providerKey":"p","displayName":"P",)"
              R"("objectTypes":["t"],"webhookEndpointKeys":[)" +
              joined(many, [](const std::string& i) { return R"("other key number )" + i + '"'; }) +
              "]}]",
          "Invalid plugin manifest: capabilities: "),
      at_once);
  EXPECT_LT(
      seconds_for(
          R"("environmentDrivers":[{"driverKey":"d","displayName":"D","configSchema":{},)"
          R"("templateConfigBinding":{"field":"f","unsetFields":[)" +
              joined(many, [](const std::string& i) { return R"("field_number_)" + i + '"'; }) +
              "]}}]",
          "Invalid plugin manifest: environmentDrivers.0.templateConfigBinding."
          "unsetFields: Array must contain at most 20 element(s)"),
      at_once);
}

TEST(ColletBlock, IsRead) {
  const auto manifest = parse_manifest(base_with(
      R"("collet":{"instances":2,"concurrency":8,"onTimeout":"kill","fillDefaults":true,"coerce":false,"tools":{"t":{"outputSchema":{"type": "object"},)"
      R"("timeoutMs":120000,"concurrency":4,"idempotent":true}}})"));
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->settings.instances, 2u);
  EXPECT_EQ(manifest->settings.concurrency, 8u);
  EXPECT_EQ(manifest->settings.on_timeout, OnTimeout::kill);
  EXPECT_FALSE(manifest->settings.timeout);
  EXPECT_FALSE(manifest->settings.validation);
  EXPECT_EQ(manifest->settings.fill_defaults, true);
  EXPECT_EQ(manifest->settings.coerce, false);
  EXPECT_EQ(manifest->schema_draft, SchemaDraft::draft7);
  const auto& tool = manifest->tools[0].settings;
  EXPECT_EQ(tool.output_schema, R"({"type":"object"})");
  EXPECT_EQ(tool.timeout, 120s);
  EXPECT_EQ(tool.concurrency, 4u);
  EXPECT_EQ(tool.idempotent, true);
}

TEST(ColletBlock, MayBeAbsentOrEmpty) {
  const auto manifest = parse_manifest(base_with(R"("collet":{})"));
  ASSERT_TRUE(manifest);
  EXPECT_FALSE(manifest->settings.instances);
  EXPECT_FALSE(manifest->settings.on_timeout);
  EXPECT_FALSE(manifest->settings.fill_defaults || manifest->settings.coerce);
}

struct BlockCase {
  std::string_view block;
  std::string_view verdict;  ///< after "Invalid plugin manifest: "
};

TEST(ColletBlock, EveryRuleAndBothSidesOfEveryLimit) {
  const BlockCase cases[] = {
      {"[]", "collet: Expected object, received array"},
      {R"({"instance":1})", "collet: Unrecognized key(s) in object: 'instance'"},
      {R"({"instances":0})", "collet.instances: Number must be greater than or equal to 1"},
      {R"({"instances":64})", "valid"},
      {R"({"instances":65})", "collet.instances: Number must be less than or equal to 64"},
      {R"({"instances":1.5})", "collet.instances: Expected integer, received float"},
      {R"({"instances":2.0})", "valid"},
      {R"({"instances":"2"})", "collet.instances: Expected number, received string"},
      {R"({"onTimeout":"die"})",
       "collet.onTimeout: Invalid enum value. Expected 'abandon' | 'kill', received 'die'"},
      {R"({"onTimeout":1})", "collet.onTimeout: Expected 'abandon' | 'kill', received number"},
      {R"({"coerce":1})", "collet.coerce: Expected boolean, received number"},
      {R"({"fillDefaults":"yes"})", "collet.fillDefaults: Expected boolean, received string"},
      // A plugin does not switch its own checks off.
      {R"({"validation":"off"})", "collet: Unrecognized key(s) in object: 'validation'"},
      {R"({"tools":{"t":{"validation":"off"}}})",
       "collet.tools.t: Unrecognized key(s) in object: 'validation'"},
      {R"({"tools":[]})", "collet.tools: Expected object, received array"},
      {R"({"tools":{"t":7}})", "collet.tools.t: Expected object, received number"},
      {R"({"tools":{"t":{"timeoutMs":0}}})",
       "collet.tools.t.timeoutMs: Number must be greater than or equal to 1"},
      {R"({"tools":{"t":{"timeoutMs":1}}})", "valid"},
      {R"({"tools":{"t":{"timeoutMs":86400000}}})", "valid"},
      {R"({"tools":{"t":{"timeoutMs":86400001}}})",
       "collet.tools.t.timeoutMs: Number must be less than or equal to 86400000"},
      {R"({"tools":{"t":{"timeoutMs":1e999}}})",
       "collet.tools.t.timeoutMs: Expected integer, received float; collet.tools.t.timeoutMs: "
       "Number must be less than or equal to 86400000"},
      {R"({"concurrency":0})", "collet.concurrency: Number must be greater than or equal to 1"},
      {R"({"concurrency":10000})", "valid"},
      {R"({"concurrency":10001})",
       "collet.concurrency: Number must be less than or equal to 10000"},
      {R"({"tools":{"t":{"concurrency":0}}})",
       "collet.tools.t.concurrency: Number must be greater than or equal to 1"},
      {R"({"tools":{"t":{"concurrency":10000}}})", "valid"},
      {R"({"tools":{"t":{"concurrency":10001}}})",
       "collet.tools.t.concurrency: Number must be less than or equal to 10000"},
      {R"({"tools":{"t":{"idempotent":"yes"}}})",
       "collet.tools.t.idempotent: Expected boolean, received string"},
      {R"({"tools":{"t":{"outputSchema":{"properties":{}}}}})",
       "collet.tools.t.outputSchema: Must be a valid JSON Schema object (requires at least a "
       "'type', '$ref', or composition keyword)"},
      {R"({"tools":{"t":{"timeout":1}}})",
       "collet.tools.t: Unrecognized key(s) in object: 'timeout'"},
      {R"({"tools":{"u":{}}})", "collet.tools.u: the manifest declares no tool named 'u'"},
  };
  for (const auto& [block, expected] : cases) {
    SCOPED_TRACE(block);
    const auto said = verdict_with(std::string("\"collet\":").append(block));
    EXPECT_EQ(said, expected == "valid"
                        ? "valid"
                        : std::string("Invalid plugin manifest: ").append(expected));
  }
}

}  // namespace
}  // namespace collet
