#include "schema/explain/names.hpp"

#include <gtest/gtest.h>

namespace collet::schema::explaining {
namespace {

using Strings = std::vector<std::string>;

TEST(Names, AreMadeOfWords) {
  EXPECT_EQ(words_of("old_text"), (Strings{"old", "text"}));
  EXPECT_EQ(words_of("oldText"), (Strings{"old", "text"}));
  EXPECT_EQ(words_of("Old-Text"), (Strings{"old", "text"}));
  EXPECT_EQ(words_of("__userID.x2"), (Strings{"user", "id", "x2"}));
  EXPECT_EQ(words_of("_"), Strings{});
  EXPECT_EQ(words_of(""), Strings{});
}

TEST(Names, AreMeantInOtherLetters) {
  EXPECT_EQ(nearest_name("old_text", {"oldtexts", "oldText"}), "oldText");
  EXPECT_EQ(nearest_name("path", {"Path"}), "Path");
  EXPECT_EQ(nearest_name("is_a_b_c_d_e", {"isABCDE"}), "") << "ABCDE is one word";
}

TEST(Names, AreMeantWithAMistake) {
  EXPECT_EQ(nearest_name("title", {"body", "titel"}), "titel");
  EXPECT_EQ(nearest_name("title", {"body", "kind"}), "");
}

TEST(Names, AreMeantWithAWordMoreOrLess) {
  EXPECT_EQ(nearest_name("path", {"file_path", "mode"}), "file_path");
  EXPECT_EQ(nearest_name("filePath", {"path", "mode"}), "path");
  EXPECT_EQ(nearest_name("path", {"file_path", "base_path"}), "") << "who knows which";
  EXPECT_EQ(nearest_name("file", {"file_path"}), "") << "a path is no file";
  EXPECT_EQ(nearest_name("path", {"filepath"}), "") << "nothing says where a word ends";
  EXPECT_EQ(nearest_name("_", {"__"}), "");
}

TEST(Names, AreComparedUpToALength) {
  const std::string at_limit(128, 'x');
  EXPECT_EQ(nearest_name(at_limit, {at_limit + "y", at_limit}), at_limit);
  EXPECT_EQ(nearest_name(at_limit + "y", {at_limit}), "");
}

}  // namespace
}  // namespace collet::schema::explaining
