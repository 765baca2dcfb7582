#include "schema/uri.hpp"

#include <gtest/gtest.h>

#include <string>

namespace collet::schema {
namespace {

struct Resolution {
  std::string_view base;
  std::string_view reference;
  std::string_view result;
};

void expect_all(std::initializer_list<Resolution> rows) {
  for (const auto& [base, reference, result] : rows) {
    EXPECT_EQ(resolve_uri(base, reference), result) << "<" << base << "> + <" << reference << ">";
  }
}

constexpr std::string_view example = "http://a/b/c/d;p?q";

TEST(ResolveUri, holds_for_the_normal_examples_of_rfc_3986_section_5_4_1) {
  expect_all({
      {example, "g:h", "g:h"},
      {example, "g", "http://a/b/c/g"},
      {example, "./g", "http://a/b/c/g"},
      {example, "g/", "http://a/b/c/g/"},
      {example, "/g", "http://a/g"},
      {example, "//g", "http://g"},
      {example, "?y", "http://a/b/c/d;p?y"},
      {example, "g?y", "http://a/b/c/g?y"},
      {example, "#s", "http://a/b/c/d;p?q#s"},
      {example, "g#s", "http://a/b/c/g#s"},
      {example, "g?y#s", "http://a/b/c/g?y#s"},
      {example, ";x", "http://a/b/c/;x"},
      {example, "g;x", "http://a/b/c/g;x"},
      {example, "g;x?y#s", "http://a/b/c/g;x?y#s"},
      {example, "", "http://a/b/c/d;p?q"},
      {example, ".", "http://a/b/c/"},
      {example, "./", "http://a/b/c/"},
      {example, "..", "http://a/b/"},
      {example, "../", "http://a/b/"},
      {example, "../g", "http://a/b/g"},
      {example, "../..", "http://a/"},
      {example, "../../", "http://a/"},
      {example, "../../g", "http://a/g"},
  });
}

TEST(ResolveUri, holds_for_the_abnormal_examples_of_rfc_3986_section_5_4_2) {
  expect_all({
      {example, "../../../g", "http://a/g"},
      {example, "../../../../g", "http://a/g"},
      {example, "/./g", "http://a/g"},
      {example, "/../g", "http://a/g"},
      {example, "g.", "http://a/b/c/g."},
      {example, ".g", "http://a/b/c/.g"},
      {example, "g..", "http://a/b/c/g.."},
      {example, "..g", "http://a/b/c/..g"},
      {example, "./../g", "http://a/b/g"},
      {example, "./g/.", "http://a/b/c/g/"},
      {example, "g/./h", "http://a/b/c/g/h"},
      {example, "g/../h", "http://a/b/c/h"},
      {example, "g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {example, "g;x=1/../y", "http://a/b/c/y"},
      {example, "g?y/./x", "http://a/b/c/g?y/./x"},
      {example, "g?y/../x", "http://a/b/c/g?y/../x"},
      {example, "g#s/./x", "http://a/b/c/g#s/./x"},
      {example, "g#s/../x", "http://a/b/c/g#s/../x"},
      {example, "http:g", "http:g"},
  });
}

TEST(ResolveUri, keeps_what_stands_behind_the_scheme_of_names) {
  expect_all({
      {"urn:uuid:deadbeef-1234", "#/$defs/bar", "urn:uuid:deadbeef-1234#/$defs/bar"},
      {"urn:uuid:deadbeef-1234#old", "#new", "urn:uuid:deadbeef-1234#new"},
      {"urn:uuid:deadbeef-1234#old", "", "urn:uuid:deadbeef-1234"},
      {"urn:example:1/406/47452/2", "?+r", "urn:example:1/406/47452/2?+r"},
      {"urn:example:foo?=q", "#x", "urn:example:foo?=q#x"},
      {"tag:example.com,2020:schema", "#item", "tag:example.com,2020:schema#item"},
      {"tag:example.com,2020:schema", "tag:example.com,2020:other", "tag:example.com,2020:other"},
      {"http://a/b", "urn:example:root", "urn:example:root"},
      {"urn:example:root", "other", "urn:other"},
      {"urn:a/b", "../c", "urn:/c"},
      {"urn:example:root", "http://a/b", "http://a/b"},
      {"mailto:john@example.com", "#x", "mailto:john@example.com#x"},
  });
}

TEST(ResolveUri, knows_an_empty_authority) {
  expect_all({
      {"file:///folder/file.json", "other.json", "file:///folder/other.json"},
      {"file:///folder/file.json", "/root.json", "file:///root.json"},
      {"file:///folder/file.json", "../../../up.json", "file:///up.json"},
      {"file:///folder/file.json", "//host/x", "file://host/x"},
      {"file:///folder/file.json", "#/x", "file:///folder/file.json#/x"},
      {"file:///", "a", "file:///a"},
      {"file://", "a", "file:///a"},
      {"http://host", "a/b", "http://host/a/b"},
      {"http://host?q", "a", "http://host/a"},
      {"http://host?q", "#f", "http://host?q#f"},
  });
}

TEST(ResolveUri, leaves_the_result_relative_where_the_base_is) {
  expect_all({
      {"", "", ""},
      {"", "#foo", "#foo"},
      {"", "foo.json#bar", "foo.json#bar"},
      {"", "http://a/../b", "http://a/b"},
      {"", "./foo.json", "foo.json"},
      {"", "../foo.json", "../foo.json"},
      {"", "/a/../b", "/b"},
      {"schema.json", "#/a", "schema.json#/a"},
      {"folder/schema.json", "item.json", "folder/item.json"},
      {"folder/schema.json#x", "?q", "folder/schema.json?q"},
      {"folder/schema.json", "../item.json", "item.json"},
      {"folder/schema.json", "../../item.json", "../item.json"},
      {"folder/schema.json", "../../../item.json", "../../item.json"},
      {"../a/b", "../../c", "../../c"},
      {"folder/schema.json", ".", "folder/"},
      {"folder/schema.json", "..", "./"},
      {"schema.json", ".", "./"},
      {"schema.json", "..", "../"},
      {"/a/b", "c", "/a/c"},
      {"/a/b", "../../../c", "/c"},
      {"//host/a", "b", "//host/b"},
      {"#frag", "#other", "#other"},
      {"#frag", "a", "a"},
  });
}

TEST(ResolveUri, lets_no_path_be_read_as_an_authority_or_a_scheme) {
  expect_all({
      {"a:/b", ".//c", "a:/.//c"},
      {"x", "./c:d", "./c:d"},
      {"http://h/b", ".//c", "http://h//c"},
      {"http://h/b", "./c:d", "http://h/c:d"},
  });
}

TEST(ResolveUri, keeps_empty_segments) {
  expect_all({
      {"http://h/a//b", "c", "http://h/a//c"},
      {"http://h/a//b", "../c", "http://h/a/c"},
      {"http://h/a/b", "c//d/", "http://h/a/c//d/"},
  });
}

TEST(ResolveUri, is_linear_in_a_path_of_many_dots) {
  std::string down, up;
  for (int i = 0; i < 200'000; ++i) {
    down += "a/";
    up += "../";
  }
  EXPECT_EQ(resolve_uri("http://h/", down + up + "b"), "http://h/b");
}

TEST(SplitFragment, decodes_the_fragment) {
  struct Row {
    std::string_view uri, without_fragment, fragment;
  };
  for (const auto& [uri, without_fragment, fragment] : {
           Row{"", "", ""},
           Row{"#", "", ""},
           Row{"http://a/b?c", "http://a/b?c", ""},
           Row{"http://a/b?c#", "http://a/b?c", ""},
           Row{"http://a/b#item", "http://a/b", "item"},
           Row{"#/$defs/a~1b/percent%25field", "", "/$defs/a~1b/percent%field"},
           Row{"#%C3%A9%c3%a9", "", "\xC3\xA9\xC3\xA9"},
           Row{"#/foo%22bar", "", "/foo\"bar"},
           Row{"#a#b", "", "a#b"},
           Row{"#%", "", "%"},
           Row{"#%2", "", "%2"},
           Row{"#%zz%41", "", "%zzA"},
           Row{"%41#%41", "%41", "A"},
       }) {
    const SplitUri split = split_fragment(uri);
    EXPECT_EQ(split.without_fragment, without_fragment) << uri;
    EXPECT_EQ(split.fragment, fragment) << uri;
  }
}

TEST(Uri, EncodesWhatAFragmentMustNotHold) {
  EXPECT_EQ(encode_fragment("/properties/a b"), "/properties/a%20b");
  EXPECT_EQ(encode_fragment("/patternProperties/^\xC3\xA4\"%"),
            "/patternProperties/%5E%C3%A4%22%25");
  EXPECT_EQ(split_fragment("#" + encode_fragment("/^a{2}%")).fragment, "/^a{2}%");
}

}  // namespace
}  // namespace collet::schema
