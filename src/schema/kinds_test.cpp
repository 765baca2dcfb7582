#include "schema/kinds.hpp"

#include <gtest/gtest.h>

#include "json/document.hpp"

namespace collet::schema {
namespace {

using json::Kind;

json::Document parsed(std::string text) {
  return *json::Document::parse(std::move(text));
}

TEST(Kinds, TypeNamesStandForTheirKinds) {
  EXPECT_EQ(kinds_of_type(parsed(R"("null")").root()), kind_bit(Kind::null));
  EXPECT_EQ(kinds_of_type(parsed(R"("integer")").root()), k_integer);
  EXPECT_EQ(kinds_of_type(parsed(R"(["string", "nu\u006cl"])").root()),
            kind_bit(Kind::string) | kind_bit(Kind::null));
  EXPECT_EQ(kinds_of_type(parsed("[]").root()), 0);
}

TEST(Kinds, OtherNamesStandForNothing) {
  for (const char* name : {R"("Null")", R"("")", R"("any")", "7", "null"}) {
    EXPECT_EQ(kinds_named(parsed(name).root()), 0) << name;
  }
}

TEST(Kinds, EveryKindHasItsName) {
  for (const Kind kind :
       {Kind::null, Kind::boolean, Kind::number, Kind::string, Kind::array, Kind::object}) {
    const auto name = parsed('"' + std::string(type_name(kind)) + '"');
    EXPECT_EQ(kinds_named(name.root()), kind_bit(kind));
  }
}

TEST(Kinds, AnIntegerIsANumberHoweverItIsSpelt) {
  for (const char* integer : {"7", "-0", "1.0", "1e2"}) {
    EXPECT_EQ(kinds_of_value(parsed(integer).root()), k_integer) << integer;
  }
  EXPECT_EQ(kinds_of_value(parsed("1.5").root()), k_fraction);
  EXPECT_EQ(kinds_of_value(parsed("[7]").root()), kind_bit(Kind::array));
}

}  // namespace
}  // namespace collet::schema
