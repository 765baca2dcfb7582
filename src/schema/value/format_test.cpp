#include "schema/value/format.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace collet::schema {
namespace {

using namespace std::string_literals;
using Texts = std::vector<std::string>;

void expect(Format format, const Texts& good, const Texts& bad) {
  for (const std::string& text : good) {
    EXPECT_TRUE(conforms(format, text)) << name_of(format) << " <" << text << ">";
  }
  for (const std::string& text : bad) {
    EXPECT_FALSE(conforms(format, text)) << name_of(format) << " <" << text << ">";
  }
}

std::vector<Format> all_formats() {
  std::vector<Format> formats;
  for (int i = 0; i <= static_cast<int>(Format::regex); ++i) {
    formats.push_back(static_cast<Format>(i));
  }
  return formats;
}

// ---- Names and examples

TEST(Format, has_a_name_of_its_own) {
  for (const Format format : all_formats()) EXPECT_EQ(format_named(name_of(format)), format);
  EXPECT_EQ(format_named("date-time"), Format::date_time);
  EXPECT_EQ(format_named("relative-json-pointer"), Format::relative_json_pointer);
  EXPECT_EQ(format_named("regex"), Format::regex);
  EXPECT_EQ(format_named("date_time"), std::nullopt);
  EXPECT_EQ(format_named("Date"), std::nullopt);
  EXPECT_EQ(format_named(""), std::nullopt);
}

TEST(Format, has_an_example_that_conforms) {
  for (const Format format : all_formats()) {
    EXPECT_TRUE(conforms(format, example_of(format))) << name_of(format);
  }
}

// ---- Dates and times

TEST(Date, is_a_day_of_the_calendar) {
  expect(Format::date,
         {"2026-01-31", "0000-02-29", "0400-02-29", "2000-02-29", "2024-02-29", "9999-12-31",
          "2026-04-30", "1582-10-10"},
         {"",
          "2026-02-29",
          "1900-02-29",
          "2100-02-29",
          "2026-04-31",
          "2026-00-10",
          "2026-13-01",
          "2026-01-00",
          "2026-01-32",
          "2026-1-31",
          "26-01-31",
          "12026-01-31",
          "+2026-01-31",
          "20260131",
          "2026-W05-6",
          "2026/01/31",
          "2026-01-3a",
          "2026-01-3:",
          "2026-01-31 ",
          " 2026-01-31",
          "2026-01-31\n",
          "2026-01-31\0"s,
          "2026-01-31T00:00:00Z",
          "२०२६-01-31"});
}

TEST(Time, has_an_offset) {
  expect(Format::time,
         {"09:30:00Z", "09:30:00z", "00:00:00+00:00", "23:59:59-23:59", "09:30:00.5Z",
          "09:30:00.123456789012345678901234567890+05:30", "12:34:56-00:00"},
         {"",
          "09:30:00",
          "09:30:00.5",
          "09:30Z",
          "9:30:00Z",
          "24:00:00Z",
          "09:60:00Z",
          "09:30:61Z",
          "09:30:00.Z",
          "09:30:00,5Z",
          "09:30:00+24:00",
          "09:30:00+00:60",
          "09:30:00+01",
          "09:30:00+0100",
          "09:30:00+1:00",
          "09:30:00Z+01:00",
          "09:30:00 Z",
          "09:30:00Z\n",
          "09-30-00Z",
          "aa:bb:ccZ",
          "09:30:0०Z"});
}

TEST(Time, has_leap_seconds_where_a_day_of_utc_ends) {
  expect(Format::time,
         {"23:59:60Z", "23:59:60.999Z", "23:59:60+00:00", "01:29:60+01:30", "23:29:60+23:30",
          "15:59:60-08:00", "00:29:60-23:30"},
         {"22:59:60Z", "23:58:60Z", "23:59:60+01:00", "23:59:60-01:00", "00:29:60+01:30",
          "01:29:60-01:30"});
}

TEST(DateTime, is_a_date_and_a_time) {
  expect(Format::date_time,
         {"2026-01-31T09:30:00Z", "2026-01-31t09:30:00z", "1963-06-19T08:30:06.283185Z",
          "1998-12-31T15:59:60.123-08:00", "1985-04-12T00:59:59.999999999999999+14:00"},
         {"", "2026-01-31", "2026-01-31T", "09:30:00Z", "2026-01-31T09:30:00",
          "2026-01-31 09:30:00Z", "2026-01-31_09:30:00Z", "2026-02-30T09:30:00Z",
          "2026-01-31T24:00:00Z", "2026-01-31T09:30:00+0100", "2026-01-31T09:30:00Z ",
          "2026-1-31T09:30:00Z", "1998-12-31T22:59:60Z"});
}

TEST(Duration, has_units_that_run_on) {
  expect(
      Format::duration,
      {"P1Y", "P1M", "P1D", "P2W", "PT1H", "PT1M", "PT1S", "P1Y2M", "P1Y2M3D", "P1M2D", "P1DT12H",
       "PT1H2M3S", "PT1M2S", "P1Y2M3DT4H5M6S", "P1YT1S", "P01D", "P0D",
       "P" + std::string(1000, '9') + "D"},
      {"",      "P",      "PT",    "P1",    "1D",     "P1DT",  "PT1D",  "P1S",    "P1D2H",  "P2D1Y",
       "P1Y2D", "PT1H2S", "P1Y2W", "P1W2D", "P1WT1H", "P2W1W", "P1Y1Y", "PT0.5S", "PT0,5S", "P-1D",
       "-P1D",  "p1d",    "P1D ",  " P1D",  "P1D\n",  "P1e2D", "P१D",   "PD",     "PTS"});
}

// ---- Mail

TEST(Email, follows_rfc_5321) {
  expect(Format::email,
         {"ada@example.com", "a.b.c@example.com", "a+tag@example.com", "te~st@example.com",
          "!#$%&'*+-/=?^_`{|}~@example.com", "ada@localhost", "ada@1.example", "ADA@EXAMPLE.COM",
          R"("ada l"@example.com)", R"("a..b"@example.com)", R"("a@b"@example.com)",
          R"("a\"b\\"@example.com)", R"(""@example.com)", "ada@[127.0.0.1]", "ada@[IPv6:::1]",
          "ada@[ipv6:2001:db8::1]", "ada@xn--bcher-kva.example"},
         {"",
          "ada",
          "@",
          "ada@",
          "@example.com",
          ".ada@example.com",
          "ada.@example.com",
          "a..b@example.com",
          "a b@example.com",
          "a(b)@example.com",
          "a@b@example.com",
          "ada@-x.com",
          "ada@x-.com",
          "ada@x..com",
          "ada@.com",
          "ada@x.com.",
          "ada@x_y.com",
          "ada@x=y.com",
          "ada@[127.0.0.300]",
          "ada@[::1]",
          "ada@[IPv6:127.0.0.1]",
          "ada@[]",
          "ada@[127.0.0.1",
          R"("ada@example.com)",
          R"("ada"x@example.com)",
          R"("a"b"@example.com)",
          "\"a\\",
          "\"a\n\"@example.com",
          "ada@example.com\n",
          "ädä@example.com",
          "ada@bücher.example",
          "Ada <ada@example.com>",
          "a@b.c, d@e.f"});
}

TEST(Email, has_limits) {
  const std::string label(63, 'a');
  const std::string domain = label + "." + label + "." + label + "." + std::string(61, 'a');
  expect(Format::email,
         {std::string(64, 'a') + "@example.com", "a@" + label + ".com", "a@" + domain},
         {std::string(65, 'a') + "@example.com", "a@" + label + "a.com", "a@" + domain + "a"});
}

TEST(IdnEmail, follows_rfc_6531) {
  expect(Format::idn_email,
         {"ada@example.com", "실례@실례.테스트", "δοκιμή@example.com", R"("δοκιμή"@example.com)",
          "user@cafe\u0301.com", "\u0085@example.com", "𝕏@example.com", "ada@[127.0.0.1]"},
         {"", "2962", "실례", "실례@", "@실례.테스트", "실 례@실례.테스트", "user\uFF20example.com",
          ".실례@실례.테스트", "실례@실..테스트", "실례@-실례"});
}

// ---- Hosts

TEST(Hostname, follows_rfc_1123) {
  const std::string label(63, 'a');
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'a');
  expect(
      Format::hostname,
      {"example.com", "localhost", "1host", "a--b.com", "ab--cd", "192.0.2.1", "A.B", label, name},
      {"", ".", ".example", "example.", "a..b", "-a", "a-", "a.-b", "a_b", "a b", "a\n",
       label + "a", name + "a", "bücher.example", "a\uFF0Ecom", "\u212Aelvin"});
}

TEST(Hostname, has_a_labels_that_are_some) {
  expect(Format::hostname,
         {"xn--bcher-kva.example", "XN--BCHER-KVA.example", "xn--9n2bp8q.xn--9t4b11yi5a",
          "xn--ll-0ea"},
         {"xn--", "xn--X", "xn--a", "xn--example-", "xn---9uc", "xn--7a", "xn--al-0ea",
          "xn--hello-txk", "xn--0ca24w", "XN--aa---o47jg78q"});
}

TEST(IdnHostname, follows_rfc_5890) {
  expect(
      Format::idn_hostname,
      {"example.com", "bücher.example", "faß.de", "실례.테스트", "госуслуги.рф",
       "xn--bcher-kva.example", "ßς་〇", "a\u3002b", "a\uFF0Eb", "a\uFF61b", std::string(63, 'a')},
      {"",
       ".",
       "\u3002",
       "a..b",
       "a.",
       "a\u3002",
       ".a",
       "-a",
       "a-",
       "-ü",
       "ü-",
       "ab--cd",
       "üb--c",
       "Bücher.example",
       "bu\u0308cher.example",
       "\u0308a",
       "\u302E실례",
       "☃.net",
       "a b",
       "-> $1.00 <--",
       "ü\0a"s,
       std::string(64, 'a'),
       std::string(2000, 'a')});
}

TEST(IdnHostname, has_characters_that_depend_on_others) {
  expect(Format::idn_hostname,
         {"l·l", "α\u0375β", "א\u05F3ב", "א\u05F4ב", "\u30FBぁ", "\u30FBァ", "\u30FB丈", "ب\u0660ب",
          "\u06F00", "क\u094D\u200Dष", "क\u094D\u200Cष", "بي\u200Cبي"},
         {"a·l", "l·", "·l", "l·a", "α\u0375", "α\u0375s", "a\u05F3ב", "\u05F4ב", "def\u30FBabc",
          "\u30FB", "ب\u0660\u06F0", "क\u200Dष", "\u200Dष", "क\u094D\u200Cषx\u200Cy"});
}

TEST(IdnHostname, obeys_the_bidi_rule) {
  expect(Format::idn_hostname, {"א", "א1", "א.a", "a.א", "α.א1", "א\u0660"},
         {"אa", "aא", "1א", "א-", "0a.א", "א.1", "0ا", "א0\u0660"});
}

TEST(IdnHostname, counts_bytes_as_a_labels) {
  const auto repeat = [](std::size_t count, const std::string& piece) {
    std::string text;
    while (count-- > 0) text += piece;
    return text;
  };
  // 57 of them are the 63 bytes xn--tda…; one and its dot are the eight of "xn--tda.".
  expect(Format::idn_hostname, {repeat(57, "ü"), repeat(30, "ü.") + "ü"},
         {repeat(58, "ü"), repeat(31, "ü.") + "ü"});
  // 30 times eight bytes and 13 are 253.
  expect(Format::idn_hostname, {repeat(30, "ü.") + std::string(13, 'a')},
         {repeat(30, "ü.") + std::string(14, 'a')});
}

TEST(Ipv4, has_four_decimal_numbers) {
  expect(Format::ipv4, {"0.0.0.0", "192.0.2.1", "255.255.255.255", "10.20.30.40"},
         {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.256", "01.2.3.4", "1.2.3.00", "1..3.4",
          ".1.2.3.4", "1.2.3.4.", "1.2.3.4 ", "1.2.3.4\n", "1.2.3.4\0"s, "1.2.3.a", "0x1.2.3.4",
          "+1.2.3.4", "1.2.3.4/24", "1234567890.1.1.1", "１.2.3.4"});
}

TEST(Ipv6, follows_rfc_4291) {
  expect(Format::ipv6,
         {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1::8",
          "ABCD:EF01:2345:6789:abcd:ef01:2345:6789", "::ffff:192.0.2.1", "1:2:3:4:5:6:192.0.2.1",
          "1::192.0.2.1"},
         {"",
          ":",
          ":::",
          "1",
          "1:",
          ":1",
          "1:::2",
          "1::2::3",
          "12345::",
          "::g",
          "1:2:3:4:5:6:7",
          "1:2:3:4:5:6:7:8:9",
          "1:2:3:4:5:6:7:8::",
          "::1:2:3:4:5:6:7:8",
          "1:2:3:4:5:6:7:",
          ":2:3:4:5:6:7:8",
          "192.0.2.1",
          "::192.0.2",
          "::192.0.2.256",
          "::192.0.2.01",
          "192.0.2.1::",
          "1:2:3:4:5:6:7:192.0.2.1",
          "fe80::1%eth0",
          "[::1]",
          "::1 ",
          "::/64"});
}

// ---- URIs

TEST(Uri, follows_rfc_3986) {
  expect(Format::uri,
         {"http://example.com",
          "http:",
          "x:",
          "a:b:c",
          "mailto:ada@example.com",
          "urn:isbn:0-395",
          "tel:+1-816-555-1212",
          "file:///etc/hosts",
          "data:,a%20b",
          "http://a/b/c?d/e?f#g/h?i",
          "http://-.~_!$&'()*+,;=:%40:80%2f::::::@example.com",
          "http://[::1]:80/",
          "HTTP://A:/",
          "http://[v1.a:b]/",
          "http://[::ffff:192.0.2.1]",
          "http://999.999.999.999/",
          "http://@a",
          "http://a:99999999999",
          "http:////x",
          "a+b-c.d:e"},
         {"",
          "example.com",
          "/a",
          "//a",
          "?q",
          "#f",
          "1http://a",
          "ht_tp://a",
          "://a",
          ":a",
          "http://a b",
          "http://a\n",
          "http://é",
          "http://a/\"",
          "http://a/<",
          "http://a/{b}",
          "http://a/^",
          "http://a/`",
          "http://a/|",
          "http://a/\\",
          "http://a/%",
          "http://a/%4",
          "http://a/%zz",
          "http://a#b#c",
          "http://a:b/",
          "http://a@b@c/",
          "http://[::1",
          "http://[::1]a",
          "http://[]/",
          "http://[1.2.3.4]/",
          "http://[v.a]",
          "http://[v1.]",
          "http://[v1a]",
          "http://[fe80::1%25eth0]/",
          "http://[@a/",
          "http:/[::1]",
          "http://a]"});
}

TEST(UriReference, may_be_relative) {
  expect(Format::uri_reference,
         {"", "a", "/a", "//a", "//", "?q", "#f", "#", "?", "./a:b", "a/b:c", "a:b", "../..", "%41",
          "http://a"},
         {"1:b", ":", ":a", "a,b:c", "a b", "é", "#a#b", "%", "\\a", "/\"", "/[::1]", "//a:b",
          "//[::1"});
}

TEST(Iri, follows_rfc_3987) {
  expect(Format::iri,
         {"http://example.com", "http://bücher.example/straße?größe=π#é", "http://a/\u00A0",
          "http://a/\U00010300", "http://a/?\uE000", "http://a/?\U000F0000", "http://%C3%A9/"},
         {"", "/straße", "http://a/\uE000", "http://a/#\uE000", "http://a/\uFFFF",
          "http://a/\uFDD0", "http://a/\U0001FFFE", "http://a/\U000E0001", "http://a/\u0085",
          "http://a/\xED\xA0\x80", "http://a/\xFF", "http://a/ ", "http://[::é]/", "schéme:x"});
  expect(Format::iri_reference, {"", "/straße", "//bücher/", "é", "#é", "?\uE000"},
         {"\\\\é", "é:b", "#\uE000", "é é"});
}

TEST(UriTemplate, follows_rfc_6570) {
  expect(Format::uri_template,
         {"",      "/users", "/users/{id}", "{a,b}",    "{+a}", "{#a}", "{.a}",  "{/a}",
          "{;a}",  "{?a,b}", "{&a}",        "{=a}",     "{,a}", "{a*}", "{a:1}", "{a:9999}",
          "{a.b}", "{_1}",   "{%41b}",      "{a*,b:3}", "a'b",  "a%41", "é{a}😀", "{a}{b}"},
         {"{",         "}",      "{}",    "{a",   "a}",    "{{a}}", "{a,}",   "{a,,b}",
          "{a b}",     "{a..b}", "{.}",   "{a.}", "{..a}", "{a:0}", "{a:01}", "{a:}",
          "{a:10000}", "{a:1*}", "{a**}", "{é}",  "{a=b}", "{+}",   "a b",    "a%4",
          "a\"b",      "a<b",    "a\\b",  "a^b",  "a`b",   "a|b",   "a\x7F"});
}

// ---- The rest

TEST(Uuid, is_hexadecimal_in_five_groups) {
  expect(
      Format::uuid,
      {"123e4567-e89b-42d3-a456-426614174000", "123E4567-E89B-42D3-A456-426614174000",
       "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
      {"", "123e4567-e89b-42d3-a456-42661417400", "123e4567-e89b-42d3-a456-4266141740000",
       "123e4567e89b42d3a456426614174000", "123e4567-e89b-42d3-a456-42661417400g",
       "g23e4567-e89b-42d3-a456-426614174000", "123e456-7e89b-42d3-a456-426614174000",
       "123e4567-e89b-42d3-a456_426614174000", "{23e4567-e89b-42d3-a456-42661417400}",
       "urn:uuid:123e4567-e89b-42d3-a456-426614174000", "123e4567-e89b-42d3-a456-426614174000\n"});
}

TEST(JsonPointer, escapes_tildes) {
  expect(Format::json_pointer,
         {"", "/", "/a", "/a/b/0/-", "//", "/~0~1", "/a~1b/m~0n", "/ ", "/%a", "/é😀", "/a\0b"s},
         {"a", "0", "#", "#/a", "/~", "/a~", "/~2", "/~~", "/~0/~", " /a"});
  expect(Format::relative_json_pointer,
         {"0", "1", "10", "120/a", "0#", "0/", "0//", "1/a~0", "0+1/a", "0-10", "2+1"},
         {"", "#", "/a", "-1", "+1", "01", "00", "01#", "0##", "0#/a", "0/~", "0a", "0+", "0+/a",
          "0+01/a", "0+1#", "1\n", "١/a"});
}

TEST(Regex, is_ecma_262) {
  expect(Format::regex, {"", "^[a-z]+$", R"(\d{3}-\p{L}+)", "(?<name>x)"},
         {"(", "[a", "^(abc]", "a**", R"(\a)", "(?P<name>x)"});
}

// ---- Hostile texts

/// With a limit on the time of the test, which an algorithm of quadratic cost would not keep.
TEST(Format, is_linear_in_long_texts) {
  constexpr std::size_t size = 30'000;
  for (const Format format : all_formats()) {
    if (format == Format::regex) continue;  // is_ecma_pattern has its own limits
    const std::string example(example_of(format));
    for (const std::string piece :
         {"a", "1",  ".",  "a.", "1D",   ":", "a:", "::",     "/", "~0",   "%41",    "{a}", "{a,",
          "@", "a@", "\"", "\\", "\\\"", "é", "é.", "\u3002", "[", "xn--", "xn--a.", "-"}) {
      std::string text;
      while (text.size() < size) text += piece;
      (void)conforms(format, text);
      (void)conforms(format, example + text);
      (void)conforms(format, text + example);
    }
  }
}

TEST(Format, survives_every_byte_in_every_place) {
  std::size_t conforming = 0;
  for (const Format format : all_formats()) {
    if (format == Format::regex) continue;
    const std::string example(example_of(format));
    for (std::size_t place = 0; place < example.size(); ++place) {
      // Its own memory, so that a sanitizer sees a byte read too far.
      conforming += conforms(format, std::string(example, 0, place));
      for (int byte = 0; byte < 256; ++byte) {
        std::string text = example;
        text[place] = static_cast<char>(byte);
        conforming += conforms(format, text);
        text.resize(place + 1);
        conforming += conforms(format, text);
      }
    }
  }
  EXPECT_GT(conforming, 1000u);
}

}  // namespace
}  // namespace collet::schema
