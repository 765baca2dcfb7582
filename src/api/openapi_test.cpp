#include "api/openapi.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "api/api.hpp"
#include "json/document.hpp"
#include "json/pointer.hpp"

namespace collet::api {
namespace {

class OpenApiTest : public testing::Test {
 protected:
  const json::Document document_ =
      std::move(*json::Document::parse(std::string(k_openapi_document)));

  // Every "$ref" below `value`.
  static void collect_refs(json::Value value, std::set<std::string>& refs) {
    for (const auto [key, member] : value.members()) {
      if (key.equals("$ref")) refs.insert(*member.as_string());
      collect_refs(member, refs);
    }
    for (const auto element : value.elements()) collect_refs(element, refs);
  }
};

TEST_F(OpenApiTest, DescribesExactlyTheRoutesThatExist) {
  std::set<std::string> described, served;
  const auto paths = *document_.root().find("paths");
  for (const auto [path, operations] : paths.members()) {
    for (const auto [method, operation] : operations.members()) {
      auto name = *method.as_string();
      std::ranges::transform(name, name.begin(),
                             [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      described.insert(name + " " + *path.as_string());
    }
  }
  for (const auto& route : Api::routes()) {
    std::string path(route.pattern);
    for (const std::string name : {"id", "key"}) {
      const auto at = path.find(":" + name);
      if (at != path.npos) path.replace(at, name.size() + 1, "{" + name + "}");
    }
    served.insert(std::string(route.method) + " " + path);
  }
  EXPECT_EQ(described, served);
}

TEST_F(OpenApiTest, NamesEveryErrorCode) {
  std::vector<std::string> described, existing;
  const auto codes =
      *json::resolve(document_.root(), "/components/schemas/Error/properties/code/enum");
  for (const auto code : codes.elements()) described.push_back(*code.as_string());
  for (const auto& row : k_error_codes) existing.emplace_back(row.name);
  EXPECT_EQ(described, existing);
}

TEST_F(OpenApiTest, EveryReferenceLeadsSomewhere) {
  std::set<std::string> refs;
  collect_refs(document_.root(), refs);
  EXPECT_FALSE(refs.empty());
  for (const auto& ref : refs) EXPECT_TRUE(json::resolve(document_.root(), ref.substr(1))) << ref;
}

TEST_F(OpenApiTest, AnswersOfErrorsHaveTheStatusOfACode) {
  const auto paths = *document_.root().find("paths");
  for (const auto [path, operations] : paths.members()) {
    for (const auto [method, operation] : operations.members()) {
      for (const auto [status, answer] : operation.find("responses")->members()) {
        if (status.equals("200")) continue;
        const bool known = std::ranges::any_of(k_error_codes, [&](const auto& row) {
          return status.equals(std::to_string(row.http_status));
        });
        EXPECT_TRUE(known) << *path.as_string() << ' ' << status.raw();
      }
    }
  }
}

}  // namespace
}  // namespace collet::api
