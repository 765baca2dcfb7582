#include "app/byte_size.hpp"

#include <gtest/gtest.h>

namespace collet::app {
namespace {

TEST(ByteSize, IsAWholeNumberAndAUnit) {
  EXPECT_EQ(parse_bytes("1KiB"), 1024u);
  EXPECT_EQ(parse_bytes("256MiB"), 256u << 20);
  EXPECT_EQ(parse_bytes("4GiB"), std::uint64_t{4} << 30);
  EXPECT_EQ(parse_bytes("2TiB"), std::uint64_t{2} << 40);
}

TEST(ByteSize, NothingElseIs) {
  for (const auto* text : {"", "1", "0KiB", "-1KiB", "+1KiB", "1.5GiB", "1 GiB", " 1GiB", "1GiB ",
                           "1GB", "1gib", "GiB", "1PiB", "99999999999999999999KiB"}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  }
}

TEST(ByteSize, StaysBelowTwoToTheSixtieth) {
  EXPECT_EQ(parse_bytes("1048575TiB"), (std::uint64_t{1} << 60) - (std::uint64_t{1} << 40));
  EXPECT_EQ(parse_bytes("1048576TiB"), std::nullopt);
}

}  // namespace
}  // namespace collet::app
