// The head of a response as bytes (RFC 9112 §4). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace collet::http {

/// How the body's end is told to the client.
enum class Framing : std::uint8_t { content_length, chunked, until_close };
enum class AfterAnswer : std::uint8_t { keep_alive, close };
enum class HttpVersion : std::uint8_t { http_1_0, http_1_1 };

/// The reason phrase of `status`, or "" where it has none.
[[nodiscard]] std::string_view reason_phrase(int status);
/// Whether an answer of `status` may carry a body (1xx, 204 and 304 may not: RFC 9112 §6.3).
[[nodiscard]] bool status_has_body(int status);

/// Appends status line and headers with the empty line. Names and values of `response.headers` lose
/// CR, LF and NUL, so that no value can add a header.
void append_head(std::string& out, const Response& response, Framing framing, AfterAnswer after,
                 HttpVersion version);
/// Appends `bytes` as one chunk (RFC 9112 §7.1); nothing where there are none, because an empty
/// chunk is the end.
void append_chunk(std::string& out, std::string_view bytes);
inline constexpr std::string_view k_last_chunk = "0\r\n\r\n";

}  // namespace collet::http
