#include "http/response_head.hpp"

#include <gtest/gtest.h>

#include "collet/error.hpp"

namespace collet::http {
namespace {

std::string head(const Response& response, Framing framing = Framing::content_length,
                 AfterAnswer after = AfterAnswer::keep_alive,
                 HttpVersion version = HttpVersion::http_1_1) {
  std::string out;
  append_head(out, response, framing, after, version);
  return out;
}

TEST(ResponseHead, IsTheseBytes) {
  EXPECT_EQ(head({.body = "12345"}),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(head({.content_type = "", .headers = {{"X-A", "b"}, {"Set-Cookie", "c"}}}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: b\r\nSet-Cookie: c\r\n\r\n");
  EXPECT_EQ(head({.status = 299, .content_type = ""}),
            "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n");
}

TEST(ResponseHead, TellsTheFraming) {
  const Response response{.content_type = "text/plain", .body = "x"};
  EXPECT_EQ(head(response, Framing::chunked),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(head(response, Framing::until_close, AfterAnswer::close, HttpVersion::http_1_0),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n");
}

TEST(ResponseHead, SaysWhatBecomesOfTheConnectionWhereItIsNotTheDefault) {
  const Response response{.status = 204};
  EXPECT_EQ(head(response), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(head(response, Framing::content_length, AfterAnswer::close),
            "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(head(response, Framing::content_length, AfterAnswer::keep_alive, HttpVersion::http_1_0),
            "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
}

TEST(ResponseHead, NoValueCanAddAHeader) {
  const Response response{
      .content_type = "text/plain\r\nX-Evil: 1",
      .headers = {{"X-A", "b\r\n\r\n<html>"}, {"X\r\nY", std::string("c\0d\n", 4)}}};
  EXPECT_EQ(head(response),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plainX-Evil: 1\r\nContent-Length: 0\r\n"
            "X-A: b<html>\r\nXY: cd\r\n\r\n");
}

TEST(ResponseHead, EveryStatusOfOursHasAReason) {
  for (const auto& row : k_error_codes) {
    EXPECT_FALSE(reason_phrase(row.http_status).empty()) << row.http_status;
  }
}

TEST(Chunk, CarriesItsLengthInHexadecimalAndIsNeverEmpty) {
  std::string out;
  append_chunk(out, "");
  EXPECT_EQ(out, "");
  append_chunk(out, "0123456789abcdefg");
  EXPECT_EQ(out, "11\r\n0123456789abcdefg\r\n");
}

}  // namespace
}  // namespace collet::http
