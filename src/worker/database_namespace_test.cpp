#include "worker/database_namespace.hpp"

#include <gtest/gtest.h>

namespace collet::worker {
namespace {

std::string name_of(std::string manifest) {
  const auto document = json::Document::parse(std::move(manifest));
  return database_namespace(document->root()).value_or("none");
}

TEST(DatabaseNamespace, IsTheReferences) {
  // As the migrations of published plugins spell it out.
  EXPECT_EQ(
      name_of(R"({"id":"paperclipai.plugin-llm-wiki","database":{"namespaceSlug":"llm_wiki"}})"),
      "plugin_llm_wiki_8f50da974f");
}

TEST(DatabaseNamespace, ComesFromTheKeyWhereThereIsNoSlug) {
  EXPECT_EQ(name_of(R"({"id":"acme.my--plugin_","database":{}})").substr(0, 22),
            "plugin_acme_my_plugin_");
  EXPECT_EQ(name_of(R"({"id":"-.-","database":{}})").substr(0, 14), "plugin_plugin_");
}

TEST(DatabaseNamespace, FitsIntoAName) {
  const auto name = name_of(R"({"id":")" + std::string(100, 'a') + R"(","database":{}})");
  EXPECT_EQ(name.substr(0, 44), "plugin_" + std::string(36, 'a') + "_");
  EXPECT_EQ(name.size(), 54u);
}

TEST(DatabaseNamespace, IsNoneWithoutADatabase) {
  EXPECT_EQ(name_of(R"({"id":"acme.x"})"), "none");
  EXPECT_EQ(name_of(R"({"id":"acme.x","database":null})"), "none");
}

}  // namespace
}  // namespace collet::worker
