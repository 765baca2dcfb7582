#include "schema/value/equality.hpp"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace collet::schema {
namespace {

json::Document parsed(std::string text, json::ParseLimits limits = {}) {
  auto document = json::Document::parse(std::move(text), limits);
  if (!document) throw std::runtime_error(document.error().message);
  return std::move(*document);
}

/// Each list holds values that are equal to one another and to none of the other lists.
const std::vector<std::vector<std::string>> classes = {
    {"null"},
    {"true"},
    {"false"},
    {"0", "-0", "0.0", "0e5"},
    {"1", "1.0", "10e-1"},
    {"-1"},
    {"9007199254740992"},
    {"9007199254740993", "9007199254740993.0"},
    {"1e400", "10e399"},
    {R"("")"},
    {R"("0")"},
    {R"("a")", R"("\u0061")"},
    {R"("é")", R"("\u00e9")", R"("\u00E9")"},
    {"\"e\u0301\""},  // looks like é
    {R"("😀")", R"("\ud83d\ude00")"},
    {R"("\ud83d")", R"("\uD83D")"},
    {R"("\ud83d ")"},
    {R"("\n")", R"("\u000a")"},
    {"[]"},
    {"[[]]"},
    {"[0]", "[ 0.0 ]"},
    {"[false]"},
    {"[1,2]", "[1.0, 2.0]"},
    {"[2,1]"},
    {"[1,2,3]"},
    {"{}"},
    {R"({"a":1})", R"({"\u0061":1.0})", R"({"a":2,"a":1})", R"({"a":{"b":[]},"\u0061":3,"a":1})"},
    {R"({"a":2})", R"({"a":1,"a":2})"},
    {R"({"b":1})"},
    {R"({"a":1,"b":2})", R"({"b":2,"a":1})", R"({"a":0,"b":2,"a":1})", R"({"b":0,"b":2,"a":1})",
     R"({"a":1,"b":2,"b":2})", R"({"a":3,"a":1,"b":2})"},
    {R"({"a":1,"b":3})"},
    {R"({"a":1,"c":2})", R"({"c":2,"a":1})"},
    {R"({"a":1,"b":2,"c":3})", R"({"c":3,"b":2,"a":1})"},
    {R"({"a":{"x":[1,{"y":null}],"z":"s"}})", R"({"a":{"z":"\u0073","x":[1e0,{"y":null}]}})"},
    {R"({"a":{"x":[1,{"y":false}],"z":"s"}})"},
    {R"([{"a":1},{"b":2}])"},
    {R"([{"b":2},{"a":1}])"},
};

TEST(Equal, goes_by_value_and_so_does_the_hash) {
  for (std::size_t i = 0; i < classes.size(); ++i) {
    for (std::size_t j = 0; j < classes.size(); ++j) {
      for (const std::string& left : classes[i]) {
        for (const std::string& right : classes[j]) {
          const json::Document a = parsed(left), b = parsed(right);
          EXPECT_EQ(equal(a.root(), b.root()), i == j) << left << " and " << right;
          EXPECT_EQ(hash(a.root()) == hash(b.root()), i == j) << left << " and " << right;
          EXPECT_EQ(hash(a.root(), 7) == hash(b.root(), 7), i == j) << left << " and " << right;
        }
      }
    }
  }
}

TEST(Hash, differs_from_seed_to_seed) {
  for (const std::vector<std::string>& equals : classes) {
    const json::Document document = parsed(equals.front());
    EXPECT_NE(hash(document.root(), 1), hash(document.root(), 2)) << equals.front();
  }
}

/// An object of `size` members; `step`, which shares no factor with it, gives the order.
std::string object(std::size_t size, std::size_t step, std::string_view last_value = "1") {
  std::string text = "{";
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t key = i * step % size;
    if (i > 0) text += ',';
    text += "\"key" + std::to_string(key) +
            "\":" + (key == size - 1 ? std::string(last_value) : std::to_string(key));
  }
  return text + "}";
}

TEST(Equal, takes_objects_of_every_size_in_every_order) {
  for (const std::size_t size : {2u, 15u, 16u, 17u, 18u, 1000u}) {
    const json::Document in_order = parsed(object(size, 1));
    const json::Document reversed = parsed(object(size, size - 1));
    const json::Document other = parsed(object(size, size - 1, "\"x\""));
    const json::Document other_in_order = parsed(object(size, 1, "\"x\""));
    EXPECT_TRUE(equal(in_order.root(), reversed.root())) << size;
    EXPECT_EQ(hash(in_order.root()), hash(reversed.root())) << size;
    EXPECT_FALSE(equal(in_order.root(), other.root())) << size;
    EXPECT_FALSE(equal(in_order.root(), other_in_order.root())) << size;
    EXPECT_TRUE(equal(other.root(), other_in_order.root())) << size;
  }
}

TEST(Equal, is_not_quadratic_in_large_objects_or_repeated_keys) {
  constexpr std::size_t size = 10'000;
  const json::Document a = parsed(object(size, 1)), b = parsed(object(size, 7));
  EXPECT_TRUE(equal(a.root(), b.root()));
  // Each key twice: all the first ones differ, and do not count.
  const std::string once = object(size, 1);
  std::string other;
  for (const char c : once) {
    other += c;
    if (c == ':') other += '9';
  }
  const std::string_view body = std::string_view(once).substr(1);
  const json::Document c = parsed(once.substr(0, once.size() - 1) + "," + std::string(body));
  const json::Document d = parsed(other.substr(0, other.size() - 1) + "," + std::string(body));
  EXPECT_TRUE(equal(c.root(), d.root()));
  EXPECT_TRUE(equal(a.root(), d.root()));
  EXPECT_EQ(hash(a.root()), hash(d.root()));
}

TEST(Equal, goes_as_deep_as_json_does) {
  std::string arrays, objects;
  for (int i = 0; i < 1000; ++i) {
    arrays += '[';
    objects += "{\"a\":";
  }
  objects += '1' + std::string(1000, '}');
  arrays += std::string(1000, ']');
  std::string other = objects;
  other[other.find('1')] = '2';
  const json::Document a = parsed(arrays), b = parsed(arrays);
  const json::Document c = parsed(objects), d = parsed(objects), e = parsed(other);
  EXPECT_TRUE(equal(a.root(), b.root()));
  EXPECT_TRUE(equal(c.root(), d.root()));
  EXPECT_FALSE(equal(c.root(), e.root()));
  EXPECT_EQ(hash(c.root()), hash(d.root()));
  EXPECT_NE(hash(c.root()), hash(e.root()));
}

/// At every level two members in another order, the values of which differ only at the bottom.
TEST(Equal, compares_nothing_twice_on_the_way_down) {
  std::string a = "1", b = "1", c = "2";
  for (int i = 0; i < 500; ++i) {
    a = "{\"x\":0,\"y\":" + a + "}";
    b = "{\"y\":" + b + ",\"x\":0}";
    c = "{\"y\":5,\"x\":0,\"y\":" + c + "}";
  }
  EXPECT_TRUE(equal(parsed(a).root(), parsed(b).root()));
  EXPECT_FALSE(equal(parsed(a).root(), parsed(c).root()));
  EXPECT_FALSE(equal(parsed(b).root(), parsed(c).root()));
}

// ---- Equal elements

using Found = std::optional<std::pair<std::size_t, std::size_t>>;

Found find_in(const std::string& text) {
  return find_equal_elements(parsed(text).root(), *std::pmr::new_delete_resource());
}

Found at(std::size_t first, std::size_t second) {
  return std::pair(first, second);
}

TEST(FindEqualElements, finds_the_first_repetition) {
  EXPECT_EQ(find_in("[]"), std::nullopt);
  EXPECT_EQ(find_in("[1]"), std::nullopt);
  EXPECT_EQ(find_in("[1,2,3]"), std::nullopt);
  EXPECT_EQ(find_in("[1,true,0,false,null,\"1\",[1],{}]"), std::nullopt);
  EXPECT_EQ(find_in("[1,2,1.0]"), at(0, 2));
  EXPECT_EQ(find_in("[1,2,2,1]"), at(1, 2)) << "the smallest second index";
  EXPECT_EQ(find_in("[1,1,1]"), at(0, 1)) << "then the smallest first";
  EXPECT_EQ(find_in(R"([{"a":1,"b":2},{"b":2,"a":1}])"), at(0, 1));
  EXPECT_EQ(find_in(R"([[1],[2],"\u0061","a"])"), at(2, 3));
}

TEST(FindEqualElements, agrees_with_pairs_in_arrays_of_every_size) {
  std::mt19937 random(20261120);
  const auto element = [&](unsigned range) {
    const std::string number = std::to_string(random() % range);
    switch (random() % 5) {
      case 0:
        return number;
      case 1:
        return number + ".0";
      case 2:
        return '"' + number + '"';
      case 3:
        return "[" + number + "]";
      default:
        return R"({"k":)" + number + "}";
    }
  };
  int found = 0;
  for (const std::size_t size : {2u, 15u, 16u, 17u, 18u, 40u, 200u}) {
    for (int i = 0; i < 60; ++i) {
      const auto range = static_cast<unsigned>(1 + random() % (size * size));
      std::string text = "[";
      for (std::size_t n = 0; n < size; ++n) text += (n > 0 ? "," : "") + element(range);
      text += "]";
      const json::Document document = parsed(text);
      std::vector<json::Value> elements;
      for (const json::Value each : document.root().elements()) elements.push_back(each);
      Found expected;
      for (std::size_t second = 0; second < size && !expected; ++second) {
        for (std::size_t first = 0; first < second && !expected; ++first) {
          if (equal(elements[first], elements[second])) expected = at(first, second);
        }
      }
      ASSERT_EQ(find_equal_elements(document.root(), *std::pmr::new_delete_resource()), expected)
          << text;
      found += expected.has_value();
    }
  }
  EXPECT_GT(found, 100);
  EXPECT_LT(found, 350);
}

TEST(FindEqualElements, needs_no_memory_for_sixteen) {
  std::string text = "[0";
  for (int i = 1; i < 16; ++i) text += "," + std::to_string(i);
  const json::Document sixteen = parsed(text + "]"), seventeen = parsed(text + ",16]");
  auto& nothing = *std::pmr::null_memory_resource();
  EXPECT_EQ(find_equal_elements(sixteen.root(), nothing), std::nullopt);
  EXPECT_THROW((void)find_equal_elements(seventeen.root(), nothing), std::bad_alloc);
}

TEST(FindEqualElements, is_fast_for_a_hundred_thousand) {
  std::string numbers = "[", records = "[";
  for (int i = 0; i < 100'000; ++i) {
    numbers += std::to_string(i) + ",";
    records += R"({"id":)" + std::to_string(i) + R"(,"name":"n"},)";
  }
  EXPECT_EQ(find_in(numbers + "-1]"), std::nullopt);
  EXPECT_EQ(find_in(numbers + "77]"), at(77, 100'000));
  EXPECT_EQ(find_in(records + R"({"name":"n","id":99999}])"), at(99'999, 100'000));
}

/// Of numbers such as 1e99, 1e(99 + 2^64), 1e(99 + 2·2^64) … a simple hash would be the same.
TEST(FindEqualElements, is_fast_for_numbers_made_to_collide) {
  std::string text = "[1e99";
  for (int i = 1; i < 20'000; ++i) {
    __extension__ unsigned __int128 exponent = static_cast<unsigned __int128>(i) << 64 | 99;
    std::string digits;
    for (; exponent > 0; exponent /= 10) digits += static_cast<char>('0' + exponent % 10);
    text += ",1e" + std::string(digits.rbegin(), digits.rend());
  }
  EXPECT_EQ(find_in(text + "]"), std::nullopt);
}

}  // namespace
}  // namespace collet::schema
