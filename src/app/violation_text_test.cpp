#include "app/violation_text.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace collet::app {
namespace {

Violation at(std::string pointer, std::string message) {
  return {.instance_pointer = std::move(pointer),
          .schema_pointer = {},
          .keyword = {},
          .message = std::move(message)};
}

TEST(ViolationText, EachIsALineThatSaysWhere) {
  EXPECT_EQ(violation_lines(std::vector{
                at("/a", "/a must be b"), at("", "missing required property \"n\""),
                at("/very/long/pointer", "…pointer must be b"), at("/a", "says nothing of it"),
                at("/\x1b[2J", "/\x1b[2J must be\nb"), at("/a\nb", R"(/a\u000ab must be c)")}),
            "  /a must be b\n"
            "  missing required property \"n\"\n"
            "  …pointer must be b\n"
            "  /a: says nothing of it\n"
            "  /\\x1b[2J must be\\nb\n"
            "  /a\\u000ab must be c\n");
  EXPECT_EQ(violation_lines({}), "");
}

TEST(ViolationText, TheHeadlineLeavesThemOut) {
  Error error{.code = ErrorCode::invalid_parameters,
              .message = "they do not fit: a; b; c; and 1 more"};
  EXPECT_EQ(headline(error), error.message) << "there are none to tell";
  for (const auto* message : {"a", "b", "c", "d"}) error.violations.push_back(at("", message));
  EXPECT_EQ(headline(error), "they do not fit");
  error.message = "they do not fit";
  EXPECT_EQ(headline(error), "they do not fit");
}

}  // namespace
}  // namespace collet::app
