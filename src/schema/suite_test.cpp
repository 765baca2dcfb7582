// The official JSON Schema Test Suite, through both evaluators. What does not hold is listed by
// name with its reason in suite_exceptions.txt, and the list is exact: a line too many fails as
// well.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "collet/schema.hpp"
#include "json/document.hpp"

namespace collet {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> suite_folder() {
  if (const char* given = std::getenv("COLLET_SCHEMA_SUITE")) return fs::path(given);
  const fs::path beside =
      fs::path(COLLET_SOURCE_DIR).parent_path() / "shared/data/json-schema-test-suite";
  if (fs::exists(beside / "tests")) return beside;
  return std::nullopt;
}

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct DraftFolder {
  const char* name;
  SchemaDraft draft;
};
struct Part {
  DraftFolder folder;
  bool optional;
};

/// "file | group | case": how a case is named in the list of exceptions.
std::string name_of(const fs::path& file, json::Value group, json::Value test) {
  return file.generic_string() + " | " + *group.find("description")->as_string() + " | " +
         *test.find("description")->as_string();
}

/// Names of the cases that may fail, from the lines of suite_exceptions.txt that begin with
/// `folder`. The fourth column, the reason, has to be there.
std::set<std::string> exceptions(const std::string& folder) {
  std::set<std::string> names;
  std::ifstream in(fs::path(COLLET_SOURCE_DIR) / "src/schema/suite_exceptions.txt");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(folder)) continue;
    const std::size_t reason = line.rfind(" | ");
    EXPECT_GT(line.size(), reason + 3) << line;
    names.insert(line.substr(0, reason));
  }
  return names;
}

class Suite : public testing::TestWithParam<Part> {
 protected:
  void SetUp() override {
    const auto folder = suite_folder();
    if (!folder) {
      GTEST_SKIP() << "the JSON Schema Test Suite is neither at COLLET_SCHEMA_SUITE nor beside the "
                      "source; https://github.com/json-schema-org/JSON-Schema-Test-Suite has it";
    }
    suite_ = *folder;
  }

  [[nodiscard]] SchemaResolver remotes() const {
    return [this](std::string_view uri) -> std::optional<std::string> {
      constexpr std::string_view base = "http://localhost:1234/";
      if (!uri.starts_with(base)) return std::nullopt;
      const fs::path path = suite_ / "remotes" / uri.substr(base.size());
      if (!fs::is_regular_file(path)) return std::nullopt;
      return text_of(path);
    };
  }

  /// Runs the groups of one file; `file` is relative to tests/.
  void run(const fs::path& file, SchemaOptions options) {
    const auto document = json::Document::parse(text_of(suite_ / "tests" / file));
    ASSERT_TRUE(document) << file;
    for (const json::Value group : document->root().elements()) {
      const Json schema = *Json::parse(std::string(group.find("schema")->raw()));
      const auto compiled = Schema::compile(schema, options);
      for (const json::Value test : group.find("tests")->elements()) {
        const bool expected = *test.find("valid")->as_bool();
        const std::string name = name_of(file, group, test);
        ++run_;
        if (!compiled) {
          failures_[name] =
              "does not compile: " + compiled.error().pointer + ": " + compiled.error().message;
          continue;
        }
        const json::Value data = *test.find("data");
        if (compiled->accepts(data) != expected) failures_[name] = "the program's verdict";
        const Json instance = *Json::parse(std::string(data.raw()));
        const Json basic = compiled->output(instance, SchemaOutput::basic);
        if (basic.value().find("valid")->as_bool() != expected) {
          failures_[name] += " the explanation's verdict";
        }
        EXPECT_EQ(compiled->evaluate(data).empty(), compiled->accepts(data)) << name;
      }
    }
  }

  fs::path suite_;
  std::size_t run_ = 0;
  std::map<std::string, std::string> failures_;
};

TEST_P(Suite, HoldsButForTheExceptions) {
  const auto& [folder, optional] = GetParam();
  const fs::path part = fs::path(folder.name) / (optional ? "optional" : ".");
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(suite_ / "tests" / part)) {
    const fs::path file = entry.path().lexically_relative(suite_ / "tests");
    const bool is_optional = std::ranges::count(file, fs::path("optional")) > 0;
    if (entry.is_regular_file() && is_optional == optional)
      files.push_back(file.lexically_normal());
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    // The optional tests of formats ask for assertions; all others for what the dialect says.
    const bool formats = file.parent_path().filename() == "format";
    SCOPED_TRACE(file);
    run(file, {.draft = folder.draft,
               .formats = formats ? SchemaFormats::enforce : SchemaFormats::as_dialect_says,
               .resolver = remotes()});
  }

  const std::string prefix = fs::path(part / "").lexically_normal().generic_string();
  std::set<std::string> expected = exceptions(prefix);
  for (auto name = expected.begin(); name != expected.end();) {
    const bool belongs = (name->find("/optional/") != std::string::npos) == optional;
    name = belongs ? std::next(name) : expected.erase(name);
  }
  for (const auto& [name, how] : failures_) {
    EXPECT_TRUE(expected.contains(name)) << name << "\n  " << how;
  }
  for (const std::string& name : expected) {
    EXPECT_TRUE(failures_.contains(name)) << "holds, but is listed as an exception: " << name;
  }
  RecordProperty("run", static_cast<int>(run_));
  RecordProperty("held", static_cast<int>(run_ - failures_.size()));
  std::cout << prefix << ": " << run_ - failures_.size() << " of " << run_ << " hold\n";
}

std::vector<Part> parts() {
  std::vector<Part> all;
  for (const bool optional : {false, true}) {
    all.push_back({{"draft4", SchemaDraft::draft4}, optional});
    all.push_back({{"draft6", SchemaDraft::draft6}, optional});
    all.push_back({{"draft7", SchemaDraft::draft7}, optional});
    all.push_back({{"draft2019-09", SchemaDraft::draft2019_09}, optional});
    all.push_back({{"draft2020-12", SchemaDraft::draft2020_12}, optional});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Official, Suite, testing::ValuesIn(parts()), [](const auto& part) {
  std::string name = part.param.folder.name;
  std::ranges::replace(name, '-', '_');
  return name + (part.param.optional ? "_optional" : "_required");
});

}  // namespace
}  // namespace collet
