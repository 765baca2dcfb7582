#include "schema/pattern/property.hpp"

#include <gtest/gtest.h>

namespace collet::schema::pattern {
namespace {

using Kind = Property::Kind;

void expect_named(std::string_view text, Kind kind, std::string_view name) {
  const auto property = property_named(text);
  ASSERT_TRUE(property) << text;
  EXPECT_EQ(property->kind, kind) << text;
  EXPECT_EQ(property->name, name) << text;
  EXPECT_EQ(property->sense, Property::Sense::has);
}

TEST(PatternProperty, GivesEachPropertyOneName) {
  for (const char* text :
       {"Lu", "Uppercase_Letter", "gc=Lu", "General_Category=Uppercase_Letter"}) {
    expect_named(text, Kind::category, "Lu");
  }
  for (const char* text : {"M", "Mark", "Combining_Mark"}) expect_named(text, Kind::category, "M");
  for (const char* text : {"sc=Grek", "sc=Greek", "Script=Grek", "Script=Greek"}) {
    expect_named(text, Kind::script, "Greek");
  }
  expect_named("sc=Adlm", Kind::script, "Adlam");
  expect_named("sc=Zanb", Kind::script, "Zanabazar_Square");
  expect_named("sc=Qaai", Kind::script, "Inherited");
  expect_named("scx=Deva", Kind::script_extensions, "Devanagari");
  expect_named("Script_Extensions=Han", Kind::script_extensions, "Han");
  for (const char* text : {"space", "White_Space"}) expect_named(text, Kind::binary, "White_Space");
  expect_named("Cased", Kind::binary, "Cased");
}

TEST(PatternProperty, KnowsNoOtherSpelling) {
  for (const char* text :
       {"", "lu", "LU", "uppercase_letter", "UppercaseLetter", "Lu ", "Greek", "sc=greek",
        "script=Greek", "sc=", "=Greek", "gc=White_Space", "White_Space=Yes", "Lu:Uppercase_Letter",
        "Grek:Greek", "C Cc", "Block=Latin"}) {
    EXPECT_FALSE(property_named(text)) << text;
  }
}

}  // namespace
}  // namespace collet::schema::pattern
