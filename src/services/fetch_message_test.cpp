#include "services/fetch_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collet::services {
namespace {
using testing::ElementsAre;

class FetchRequestTest : public testing::Test {
 protected:
  Result<http::OutboundRequest> read(const std::string& params) const {
    const auto document = *json::Document::parse(params);
    return read_fetch("http.fetch", document.root(), limits);
  }
  Result<http::OutboundRequest> with(const std::string& init) const {
    return read(R"({"url":"http://a.test:81/","init":)" + init + "}");
  }
  std::string refused(const std::string& init) const {
    const auto request = with(init);
    return request ? "it was read" : request.error().message;
  }
  std::vector<std::string> headers(const std::string& json, std::string_view more = "") const {
    const auto request = with("{\"headers\":" + json + std::string(more) + "}");
    if (!request) return {request.error().message};
    std::vector<std::string> lines;
    for (const auto& [name, value] : request->headers) lines.push_back(name + "=" + value);
    return lines;
  }

  FetchLimits limits;
};

TEST_F(FetchRequestTest, IsAPlainGetWhereNothingElseIsSaid) {
  for (
      const auto* params :
      {R"({"url":"http://a/"})", R"({"url":"http://a/","init":null})",
       R"({"url":"http://a/","init":{}})",
       R"({"url":"http://a/","init":{"method":null,"headers":null,"body":null,"redirect":null}})"}) {
    const auto request = read(params);
    ASSERT_TRUE(request) << params;
    EXPECT_EQ(request->url, "http://a/");
    EXPECT_EQ(request->method, "GET");
    EXPECT_TRUE(request->headers.empty());
    EXPECT_FALSE(request->body);
    EXPECT_EQ(request->redirects, http::Redirects::hand_over);
  }
}

TEST_F(FetchRequestTest, MethodsAreWrittenAsFetchWritesThem) {
  const auto method = [&](const std::string& name) {
    const auto request = with("{\"method\":\"" + name + "\"}");
    return request ? request->method : request.error().message;
  };
  EXPECT_EQ(method("post"), "POST");
  EXPECT_EQ(method("Delete"), "DELETE");
  EXPECT_EQ(method("patch"), "patch");
  EXPECT_EQ(method("PROPFIND"), "PROPFIND");
  for (const auto* name : {"CONNECT", "TRACE", "TRACK"}) {
    EXPECT_EQ(method(name), "http.fetch: init.method must not be " + std::string(name));
  }
  EXPECT_EQ(method("connect"), "http.fetch: init.method must not be CONNECT");
  for (const auto* name : {"", "A B", "GET\\r\\nX: y"}) {
    EXPECT_EQ(method(name), "http.fetch: init.method has to be a method's name");
  }
}

TEST_F(FetchRequestTest, HeadersOfTheMessageAreTheSenders) {
  EXPECT_THAT(headers(R"({"X-A":"1","Connection":"close","content-length":"5","Expect":"x",)"
                      R"("Keep-Alive":"x","TE":"x","Trailer":"x","Transfer-Encoding":"chunked",)"
                      R"("Upgrade":"x","Proxy-Authorization":"x","proxy-x":"y","X-B":"2"})"),
              ElementsAre("X-A=1", "X-B=2"));
}

TEST_F(FetchRequestTest, TheHostIsTheUrls) {
  EXPECT_THAT(headers(R"({"Host":"a.test:81","X":"1"})"), ElementsAre("X=1"));
  EXPECT_THAT(headers(R"({"host":"A.test","X":"1"})"), ElementsAre("X=1"));
  for (const auto* host : {"b.test", "", "a.test:82", "a.test:81,b", "http://a.test"}) {
    EXPECT_THAT(headers("{\"Host\":\"" + std::string(host) + "\"}"),
                ElementsAre("http.fetch: init.headers has a Host that is not the URL's"));
  }
  const auto behind_user =
      read(R"({"url":"http://b.test@a.test/","init":{"headers":{"Host":"b.test"}}})");
  EXPECT_FALSE(behind_user);
}

TEST_F(FetchRequestTest, NoHeaderBreaksOutOfItsLine) {
  for (const auto* value :
       {R"("a\r\nX: y")", R"("a\ny")", R"("a\u0000")", R"("\u0100")", "null", "[]", "{}"}) {
    EXPECT_THAT(headers("{\"X\":" + std::string(value) + "}"),
                ElementsAre("http.fetch: init.headers has a value for \"X\" that is no text on one "
                            "line with characters up to U+00FF"))
        << value;
  }
  for (const auto* name : {"", "a b", "a:b", "a\\nb", "\\u00e9"}) {
    EXPECT_THAT(headers("{\"" + std::string(name) + "\":\"v\"}").front(),
                testing::EndsWith("which is no header's name"))
        << name;
  }
  EXPECT_THAT(headers(R"({"X":" a\t","N":5,"B":true,"L":"\u00e9\u00ff"})"),
              ElementsAre("X=a", "N=5", "B=true", "L=\xe9\xff"));
}

TEST_F(FetchRequestTest, ABodyIsTextWithAType) {
  EXPECT_THAT(headers("{}", R"(,"body":"b")"),
              ElementsAre("Content-Type=text/plain;charset=UTF-8"));
  EXPECT_THAT(headers(R"({"content-type":"x/y"})", R"(,"body":"b")"),
              ElementsAre("content-type=x/y"));
  EXPECT_EQ(with(R"({"method":"POST","body":""})")->body, "");
  EXPECT_EQ(refused(R"({"body":{}})"), "http.fetch: init.body has to be a string, or absent");
  EXPECT_EQ(refused(R"({"method":"head","body":"b"})"),
            "http.fetch: init.body cannot be sent with HEAD");
}

TEST_F(FetchRequestTest, RedirectsAreFollowedOnlyWhereThatIsAsked) {
  EXPECT_EQ(with(R"({"redirect":"follow"})")->redirects, http::Redirects::follow);
  EXPECT_EQ(with(R"({"redirect":"manual"})")->redirects, http::Redirects::hand_over);
}

TEST_F(FetchRequestTest, PartsHaveLimits) {
  limits = {.body_bytes_max = 3, .url_bytes_max = 20, .header_bytes_max = 4};
  EXPECT_EQ(refused(R"({"body":"1234"})"), "http.fetch: init.body has 4 bytes, the limit is 3");
  EXPECT_EQ(refused(R"({"body":"123"})"), "it was read");
  EXPECT_EQ(refused(R"({"headers":{"a":"1","b":"2"}})"), "it was read");
  EXPECT_EQ(refused(R"({"headers":{"a":"1","b":"23"}})"),
            "http.fetch: init.headers has 5 bytes, the limit is 4");
  EXPECT_TRUE(read(R"({"url":"http://a.test/567890"})"));
  const auto request = read(R"({"url":"http://a.test/5678901"})");
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().message, "http.fetch: url has 21 bytes, the limit is 20");
}

TEST_F(FetchRequestTest, SaysWhatIsWrong) {
  for (const auto* params : {"{}", R"({"url":1})", "[]", "null"}) {
    const auto request = read(params);
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().message, "http.fetch: url has to be a string");
  }
  EXPECT_EQ(refused("[]"), "http.fetch: init has to be an object, or absent");
  EXPECT_EQ(refused(R"({"headers":[]})"),
            "http.fetch: init.headers has to be an object, or absent");
}

TEST(FetchResult, IsWhatTheProtocolSays) {
  EXPECT_EQ(fetch_result({.status = 200,
                          .reason = "OK",
                          .headers = {{"b", "1"}, {"a", "x"}, {"b", "2"}, {"l", "\xe9"}},
                          .body = "{\"a\":1}"}),
            R"({"status":200,"statusText":"OK","headers":{"a":"x","b":"1, 2","l":"é"},)"
            R"("body":"{\"a\":1}"})");
}

TEST(FetchResult, TheBodyIsReadAsTheWebReadsUtf8) {
  const auto body = [](std::string bytes) {
    const auto json = fetch_result({.status = 200, .body = std::move(bytes)});
    const auto document = *json::Document::parse(json);
    return *document.root().find("body")->as_string();
  };
  EXPECT_EQ(body("\xEF\xBB\xBF"
                 "a\xC3\xA9"),
            "a\xC3\xA9");
  EXPECT_EQ(body("\xEF\xBB\xBF\xEF\xBB\xBF"
                 "a"),
            "\xEF\xBB\xBF"
            "a");
  EXPECT_EQ(body(std::string("a\0b", 3)), std::string("a\0b", 3));
  EXPECT_EQ(body("a\xFF"
                 "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(body("\xF0\x9F\x98"), "\xEF\xBF\xBD");          // cut short: one
  EXPECT_EQ(body("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");  // never a start: each
  EXPECT_EQ(body("\xED\xA0\x80"),                           // a surrogate: each
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(FetchResult, WhereAStatusAllowsNoBodyItIsNull) {
  for (const int status : {204, 205, 304}) {
    EXPECT_THAT(fetch_result({.status = status}), testing::EndsWith(R"(,"body":null})"));
  }
  EXPECT_THAT(fetch_result({.status = 200}), testing::EndsWith(R"(,"body":""})"));
}

}  // namespace
}  // namespace collet::services
