#include "http/curl_url.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace collet::http {
namespace {

std::string read(const Result<CurlUrl>& url) {
  if (!url) return url.error().message;
  return url->text() + " at " + url->destination().host + " " +
         std::to_string(url->destination().port) + (url->ip() ? " ip" : "");
}
std::string read(std::string_view text) {
  return read(CurlUrl::parse(text));
}

TEST(CurlUrl, SaysWhereItLeads) {
  EXPECT_EQ(read("http://Example.COM"), "http://example.com/ at example.com 80");
  EXPECT_EQ(read("https://example.com:8443/a?b=c#d"),
            "https://example.com:8443/a?b=c at example.com 8443");
  EXPECT_EQ(read("HTTPS://example.com./"), "https://example.com/ at example.com 443");
  EXPECT_EQ(read(" http://[::1]:8080/ "), "http://[::1]:8080/ at ::1 8080 ip");
  EXPECT_EQ(read("http://user:pass@example.com/"),
            "http://user:pass@example.com/ at example.com 80");
  EXPECT_EQ(read("http://a/x y/\xC3\xA9?q=a b"), "http://a/x%20y/%c3%a9?q=a+b at a 80");
  EXPECT_EQ(read("http://b\xC3\xBC"
                 "cher.example/"),
            "http://xn--bcher-kva.example/ at xn--bcher-kva.example 80");
}

// What a plugin that looked at the URL before us saw.
TEST(CurlUrl, BackslashesSeparateLikeSlashes) {
  EXPECT_EQ(read("http://a\\@b/"), "http://a/@b/ at a 80");
  EXPECT_EQ(read("http:\\\\a\\b?c\\d"), "http://a/b?c\\d at a 80");
}

// All the spellings under which an address gets past a look at the text.
TEST(CurlUrl, AddressesAreSeenInEverySpelling) {
  for (const auto* host :
       {"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "0177.1",
        "127.0.0.1.", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "%31%32%37.0.0.1"}) {
    const auto url = CurlUrl::parse("http://" + std::string(host) + "/");
    ASSERT_TRUE(url) << host;
    ASSERT_TRUE(url->ip()) << host << " as " << url->destination().host;
    EXPECT_TRUE(is_loopback(*url->ip())) << host;
  }
}

TEST(CurlUrl, RefusesInTheReferencesWords) {
  EXPECT_EQ(read("ftp://x/y"),
            "Disallowed protocol \"ftp:\" — only http: and https: are permitted");
  EXPECT_EQ(read("file:///etc/passwd"),
            "Disallowed protocol \"file:\" — only http: and https: are permitted");
  EXPECT_EQ(read("javascript:alert(1)"),
            "Disallowed protocol \"javascript:\" — only http: and https: are permitted");
  for (const auto* text :
       {"", "x", "/path", "//host/", "http://", "http://a:b/", "http://a:99999/", "http://a:0/",
        "http://[::1/", "http://a\r\nb/", "http://a/\r\nX: y", "http://a@b@c/", "1http://a/"}) {
    EXPECT_EQ(read(text), "Invalid URL: " + std::string(text));
  }
  EXPECT_EQ(read(std::string_view("http://a/\0b", 11)),
            std::string("Invalid URL: http://a/\0b", 24));
}

TEST(CurlUrl, ALongOneIsCutInTheMessage) {
  const std::string text(500, 'x');
  EXPECT_EQ(read(text), "Invalid URL: " + text);
  EXPECT_EQ(read(text + "y"), "Invalid URL: " + text + "…");
  // Never inside a character.
  const std::string odd = text.substr(1);
  EXPECT_EQ(read(odd + "\xC3\xBC"), "Invalid URL: " + odd + "…");
}

TEST(CurlUrl, ProxiesHaveASchemeAndAPort) {
  for (const auto* proxy : {"http://proxy.test:3128", "https://user:pass@proxy.test:443/",
                            "socks5h://127.0.0.1:1080", "http://[::1]:1"}) {
    EXPECT_TRUE(CurlUrl::names_proxy(proxy)) << proxy;
  }
  for (const auto* proxy : {"", "proxy.test:3128", "http://proxy.test", "socks5://a:1",
                            "socks4://a:1", "ftp://a:1", "http://:1", "http://a:x"}) {
    EXPECT_FALSE(CurlUrl::names_proxy(proxy)) << proxy;
  }
}

TEST(CurlUrl, ReferencesAreReadAgainstIt) {
  const auto base = CurlUrl::parse("https://example.com/a/b?c");
  ASSERT_TRUE(base);
  const auto to = [&](std::string_view reference) { return read(base->resolved(reference)); };
  EXPECT_EQ(to("d"), "https://example.com/a/d at example.com 443");
  EXPECT_EQ(to("/d?e#f"), "https://example.com/d?e at example.com 443");
  EXPECT_EQ(to("../../d"), "https://example.com/d at example.com 443");
  EXPECT_EQ(to("//other:1/"), "https://other:1/ at other 1");
  EXPECT_EQ(to("http://127.1/"), "http://127.0.0.1/ at 127.0.0.1 80 ip");
  EXPECT_EQ(to("file:///etc/passwd"),
            "Disallowed protocol \"file:\" — only http: and https: are permitted");
  EXPECT_EQ(to("http://"), "Invalid URL: http://");
}

TEST(CurlUrl, TheOriginIsSchemeHostAndPort) {
  const auto base = *CurlUrl::parse("https://example.com/a");
  EXPECT_TRUE(base.has_same_origin(*CurlUrl::parse("https://EXAMPLE.com:443/b")));
  for (const auto* other : {"http://example.com/", "https://example.com:444/", "https://b/"}) {
    EXPECT_FALSE(base.has_same_origin(*CurlUrl::parse(other))) << other;
  }
}

}  // namespace
}  // namespace collet::http
