#include "schema/name_table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/document.hpp"
#include "json/fingerprint.hpp"

namespace collet::schema {
namespace {

/// A store with one table of `names`.
struct Names {
  explicit Names(const std::vector<std::string>& names)
      : table(names, std::vector<Name>(names.size()), store) {}

  /// The position of the name that `token`, a JSON string in a larger text, is; -1 where it is
  /// none.
  [[nodiscard]] std::ptrdiff_t position_of(const std::string& token) const {
    const auto document = json::Document::parse("[" + token + ",\"padding\"]");
    const json::Value value = *document->root().elements().begin();
    const json::detail::Tape& tape = value.tape();
    const json::detail::Node& node = tape.nodes[value.index()];
    return position(table.find(tape.text.data() + node.begin + 1, node, store));
  }
  [[nodiscard]] std::ptrdiff_t position_of_text(std::string_view text) const {
    return position(find_text(table, text, store));
  }

  NameStore store;
  NameTable table;

 private:
  [[nodiscard]] std::ptrdiff_t position(const Name* name) const {
    return name == nullptr ? -1 : name - table.begin(store);
  }
};

std::string token_of(const std::string& text) {
  return '"' + text + '"';
}

TEST(NameTable, FindsNamesOfEveryLength) {
  std::vector<std::string> names;
  for (std::size_t length = 0; length <= 40; ++length) names.emplace_back(length, 'n');
  for (std::size_t count = 1; count <= names.size(); ++count) {
    const std::vector<std::string> some(names.begin(), names.begin() + static_cast<int>(count));
    const Names known(some);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::ptrdiff_t expected = i < count ? static_cast<std::ptrdiff_t>(i) : -1;
      EXPECT_EQ(known.position_of(token_of(names[i])), expected) << count << ' ' << names[i];
      EXPECT_EQ(known.position_of_text(names[i]), expected) << count << ' ' << names[i];
    }
  }
}

TEST(NameTable, TellsNamesApartThatDifferInOneByte) {
  for (const std::size_t length : {1U, 7U, 8U, 9U, 15U, 16U, 17U, 33U}) {
    const std::string name(length, 'n');
    const Names known({name});
    for (std::size_t at = 0; at < length; ++at) {
      std::string other = name;
      other[at] = 'm';
      EXPECT_EQ(known.position_of(token_of(other)), -1) << other;
      EXPECT_EQ(known.position_of_text(other), -1) << other;
    }
    EXPECT_EQ(known.position_of(token_of(name + 'n')), -1);
    EXPECT_EQ(known.position_of(token_of(name)), 0);
  }
}

TEST(NameTable, FindsManyNamesThatDifferInTheMiddleOnly) {
  // Their words are all the same: the hash of all bytes has to tell them apart.
  std::vector<std::string> names;
  for (int i = 10'000; i < 14'000; ++i) {
    names.push_back("the same begin " + std::to_string(i) + " and the same end");
  }
  const Names known(names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    ASSERT_EQ(known.position_of_text(names[i]), static_cast<std::ptrdiff_t>(i));
  }
  EXPECT_EQ(known.position_of(token_of(names[7])), 7);
  EXPECT_EQ(known.position_of_text("the same begin 99999 and the same end"), -1);
}

TEST(NameTable, FindsNamesThatAreTooManyForShortWays) {
  // So many that whatever the seed some lie further from their slot than is hoped for.
  std::vector<std::string> names;
  for (int i = 100'000; i < 143'000; ++i) {
    names.push_back("the same begin " + std::to_string(i) + " and the same end");
  }
  const Names known(names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    ASSERT_EQ(known.position_of_text(names[i]), static_cast<std::ptrdiff_t>(i)) << names[i];
  }
}

TEST(NameTable, ComparesLengthsWhereWordsAreTheSame) {
  // Texts with a quote behind the name, chosen so that their tokens have the word of "red" and of
  // "admin": fingerprints have 28 bits only.
  for (const auto& [name, text] :
       {std::pair("red", "red\"ds_QcAAA"), {"admin", "admin\"bi7CSAAA"}}) {
    const Names known({name});
    ASSERT_EQ(
        json::detail::fingerprint(json::detail::edges_of(text), std::string_view(text).size()),
        json::detail::fingerprint(json::detail::edges_of(name), std::string_view(name).size()));
    EXPECT_EQ(known.position_of_text(text), -1) << text;
    EXPECT_EQ(known.position_of_text(name), 0) << name;
  }
}

TEST(NameTable, FindsNamesWithQuotes) {
  const std::vector<std::string> names{"a\":\"b", "\"", "a", ""};
  const Names known(names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(known.position_of_text(names[i]), static_cast<std::ptrdiff_t>(i)) << names[i];
  }
  EXPECT_EQ(known.position_of(R"("a")"), 2);
}

TEST(NameTable, FindsNothingInAnEmptyTable) {
  const Names known({});
  EXPECT_EQ(known.position_of(R"("")"), -1);
  EXPECT_EQ(known.position_of_text("n"), -1);
}

TEST(NameTable, KeepsSeveralTablesInOneStore) {
  NameStore store;
  const std::vector<std::string> first{"a", "b", "c", "d", "e", "f"};
  const std::vector<std::string> second{"f", "a name of more than sixteen bytes", "g"};
  const NameTable one(first, std::vector<Name>(first.size()), store);
  const NameTable other(second, std::vector<Name>(second.size()), store);
  EXPECT_EQ(find_text(one, "f", store) - one.begin(store), 5);
  EXPECT_EQ(find_text(other, "f", store) - other.begin(store), 0);
  EXPECT_EQ(find_text(other, second[1], store) - other.begin(store), 1);
  EXPECT_EQ(find_text(one, "g", store), nullptr);
}

}  // namespace
}  // namespace collet::schema
