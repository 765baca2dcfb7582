// A JSON value as it travels through Collet: parsed once, its bytes kept.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "collet/error.hpp"

namespace collet {

namespace json {
class Document;
class Value;
}  // namespace json

/// An immutable JSON value. Every token keeps its bytes: lone surrogates, 25-digit integers, `1.0`,
/// key order and duplicate keys come out as they went in; only white space between tokens may go.
/// Cheap to copy; any thread.
class Json {
 public:
  /// The empty object `{}`.
  Json();
  /// Parses `text` (RFC 8259). Fails with `invalid_request` and the byte offset,
  /// `payload_too_large` beyond a limit.
  [[nodiscard]] static Result<Json> parse(std::string text);
  /// A part of a document that is already parsed (for code inside Collet).
  Json(std::shared_ptr<const json::Document> document, const json::Value& part);

  /// The value on one line, without white space between tokens.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_object() const;
  /// The parsed form (src/json/document.hpp); lives as long as this object or a copy of it.
  [[nodiscard]] json::Value value() const;

 private:
  std::shared_ptr<const json::Document> document_;
  std::uint32_t index_ = 0;
};

}  // namespace collet
