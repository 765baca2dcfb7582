#include "services/secret_ref.hpp"

#include <gtest/gtest.h>

#include <string>

namespace collet::services {
namespace {

std::string read(std::string_view json) {
  const auto document = *json::Document::parse(std::string(json));
  const auto ref = read_secret_ref(document.root());
  if (!ref) return "nothing";
  return ref->id + (ref->version ? " " + std::to_string(*ref->version) : "");
}
bool refers(std::string_view json, std::string_view id) {
  const auto document = *json::Document::parse(std::string(json));
  return refers_to_secret(document.root(), id);
}

TEST(SecretId, IsHarmlessAsFileVariableAndArgument) {
  const std::string longest(200, 'x');
  for (const std::string& id : {std::string("a"), std::string("_A9"), std::string("github-token"),
                                std::string("work/git.example:443@me"),
                                std::string("0b5f3a52-9c1e-4f7a-8a51-0123456789ab"), longest}) {
    EXPECT_TRUE(is_secret_id(id)) << id;
  }
  for (const std::string& id :
       {std::string(), longest + "x", std::string("-x"), std::string("--help"), std::string("/etc"),
        std::string(".x"), std::string("a/../b"), std::string("a b"), std::string("a;b"),
        std::string("$a"), std::string("a\nb"), std::string("a\0b", 3), std::string("\xC3\xA9"),
        std::string("*")}) {
    EXPECT_FALSE(is_secret_id(id)) << id;
    EXPECT_FALSE(check_secret_id(id));
  }
}

TEST(SecretRef, IsReadInTheProtocolsForm) {
  EXPECT_EQ(read(R"({"type":"secret_ref","secretId":"x"})"), "x");
  EXPECT_EQ(read(R"({"secretId":"x","type":"secret_ref","version":3,"more":1})"), "x 3");
  EXPECT_EQ(read(R"({"type":"secret_ref","secretId":"x","version":"latest"})"), "x");
  EXPECT_EQ(read(R"({"type":"secret_ref","secretId":"x","version":null})"), "x");
  for (const auto* json :
       {R"("x")", R"({})", "[]", "null", R"({"type":"secret_ref"})", R"({"secretId":"x"})",
        R"({"type":"user_secret_ref","secretId":"x"})", R"({"type":"secret_ref","secretId":""})",
        R"({"type":"secret_ref","secretId":1})", R"({"type":"secret_ref","secretId":"../x"})",
        R"({"type":"secret_ref","secretId":"x","version":0})",
        R"({"type":"secret_ref","secretId":"x","version":1.5})",
        R"({"type":"secret_ref","secretId":"x","version":"1"})"}) {
    EXPECT_EQ(read(json), "nothing") << json;
  }
}

TEST(SecretRef, IsFoundWhereverItStandsInAConfiguration) {
  const auto* config =
      R"({"a":{"type":"secret_ref","secretId":"x"},"b":[1,{"c":{"type":"secret_ref","secretId":"y",)"
      R"("version":2}}],"d":"z","e":{"secretId":"w"}})";
  EXPECT_TRUE(refers(config, "x"));
  EXPECT_TRUE(refers(config, "y"));
  EXPECT_FALSE(refers(config, "z"));
  EXPECT_FALSE(refers(config, "w"));
  EXPECT_FALSE(refers("{}", "x"));
  EXPECT_TRUE(refers(R"({"type":"secret_ref","secretId":"x"})", "x"));
}

}  // namespace
}  // namespace collet::services
