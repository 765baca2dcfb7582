#include "json/pointer.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace collet::json {
namespace {

std::string at(const Document& document, std::string_view pointer) {
  const auto value = resolve(document.root(), pointer);
  return value ? std::string(value->raw()) : "nothing";
}

TEST(AppendPointer, escapes_tilde_and_slash_only) {
  std::string pointer;
  append_pointer(pointer, "a/b");
  append_pointer(pointer, "m~n");
  append_pointer(pointer, "~1");
  append_pointer(pointer, "");
  append_pointer(pointer, "0 \"\\\xC3\xA9");
  EXPECT_EQ(pointer, "/a~1b/m~0n/~01//0 \"\\\xC3\xA9");
}

TEST(AppendPath, leads_to_every_value_of_a_text_in_any_order) {
  const auto document = Document::parse(
      R"({"a/b":[1,{},[true,{"c":[[]],"c":null}],"x"],"":{"~":{"deep":[0]}},"z":2})");
  ASSERT_TRUE(document);
  const std::vector<std::pair<std::string, std::string>> expected{{"", "{"},
                                                                  {"", "\"a/b\""},
                                                                  {"/a~1b", "["},
                                                                  {"/a~1b/0", "1"},
                                                                  {"/a~1b/1", "{"},
                                                                  {"/a~1b/2", "["},
                                                                  {"/a~1b/2/0", "t"},
                                                                  {"/a~1b/2/1", "{"},
                                                                  {"/a~1b/2/1", "\"c\""},
                                                                  {"/a~1b/2/1/c", "["},
                                                                  {"/a~1b/2/1/c/0", "["},
                                                                  {"/a~1b/2/1", "\"c\""},
                                                                  {"/a~1b/2/1/c", "n"},
                                                                  {"/a~1b/3", "\"x\""},
                                                                  {"", "\"\""},
                                                                  {"/", "{"},
                                                                  {"/", "\"~\""},
                                                                  {"//~0", "{"},
                                                                  {"//~0", "\"deep\""},
                                                                  {"//~0/deep", "["},
                                                                  {"//~0/deep/0", "0"},
                                                                  {"", "\"z\""},
                                                                  {"/z", "2"}};
  ASSERT_EQ(document->root().tape().size, expected.size());
  PathFinder forwards(document->root());
  PathFinder jumping(document->root());
  for (std::uint32_t node = 0; node < expected.size(); ++node) {
    const auto& [pointer, text] = expected[node];
    ASSERT_TRUE(Value(document->root().tape(), node).raw().starts_with(text)) << node;
    std::string found;
    forwards.append(found, node);
    EXPECT_EQ(found, pointer) << node;
    for (std::uint32_t before = 0; before < expected.size(); ++before) {
      std::string other;
      jumping.append(other, before);
      std::string again;
      jumping.append(again, node);
      EXPECT_EQ(again, pointer) << node << " after " << before;
    }
  }
}

TEST(AppendPath, starts_at_the_root_that_is_given) {
  const auto document = Document::parse(R"([{"a":[1,2]}])");
  const Value inner = *resolve(document->root(), "/0");
  std::string pointer = "#";
  append_path(pointer, inner, resolve(inner, "/a/1")->index());
  EXPECT_EQ(pointer, "#/a/1");
}

TEST(Resolve, answers_the_examples_of_rfc_6901) {
  const auto document = Document::parse(
      R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8})");
  ASSERT_TRUE(document);
  EXPECT_EQ(at(*document, ""), document->text());
  EXPECT_EQ(at(*document, "/foo"), R"(["bar","baz"])");
  EXPECT_EQ(at(*document, "/foo/0"), R"("bar")");
  EXPECT_EQ(at(*document, "/foo/1"), R"("baz")");
  EXPECT_EQ(at(*document, "/"), "0");
  EXPECT_EQ(at(*document, "/a~1b"), "1");
  EXPECT_EQ(at(*document, "/c%d"), "2");
  EXPECT_EQ(at(*document, "/e^f"), "3");
  EXPECT_EQ(at(*document, "/g|h"), "4");
  EXPECT_EQ(at(*document, "/i\\j"), "5");
  EXPECT_EQ(at(*document, "/k\"l"), "6");
  EXPECT_EQ(at(*document, "/ "), "7");
  EXPECT_EQ(at(*document, "/m~0n"), "8");
}

TEST(Resolve, finds_nothing_where_nothing_is_or_the_pointer_is_malformed) {
  const auto document =
      Document::parse(R"({"list":[1,[2,3]],"~":4,"deep":{"":{"":5}},"text":"abc"})");
  ASSERT_TRUE(document);
  EXPECT_EQ(at(*document, "/list/1/1"), "3");
  EXPECT_EQ(at(*document, "/deep//"), "5");
  EXPECT_EQ(at(*document, "/~0"), "4");
  for (const char* pointer :
       {"list", "/list/2", "/list/-", "/list/01", "/list/+1", "/list/", "/list/1 ", "/list/-1",
        "/list/99999999999999999999999", "/list/0/0", "/text/0", "/absent", "/absent/x", "/~",
        "/~2", "/~0~", "#/list", "/list/"}) {
    EXPECT_EQ(at(*document, pointer), "nothing") << pointer;
  }
}

TEST(Resolve, undoes_what_append_pointer_wrote) {
  const auto document = Document::parse(R"({"~1/~0":{"\u00e9/":[0,"here"]}})");
  ASSERT_TRUE(document);
  std::string pointer;
  for (const char* token : {"~1/~0", "\xC3\xA9/", "1"}) append_pointer(pointer, token);
  EXPECT_EQ(at(*document, pointer), R"("here")");
}

}  // namespace
}  // namespace collet::json
