// Writes JSON text, token by token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace collet::json {

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD; a lone
/// surrogate in its three-byte form (as `Value::as_string` gives it) becomes its \uXXXX escape;
/// U+2028 and U+2029 are escaped (old line readers split on them).
void append_string(std::string& out, std::string_view text);

/// Builds one JSON value. Commas and colons come by themselves; the nesting is the caller's duty
/// and asserted.
///   Writer w; w.begin_object().member("id",
///   7).key("list").begin_array().string("a").end_array().end_object();
class Writer {
 public:
  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);

  Writer& string(std::string_view text);
  Writer& integer(std::int64_t value);
  Writer& number(
      double value);  ///< shortest text that reads back the same; null where it is not finite
  Writer& boolean(bool value);
  Writer& null();
  Writer& raw(std::string_view json);  ///< `json` is one complete JSON value

  Writer& member(std::string_view name, std::string_view text) { return key(name).string(text); }
  Writer& member(std::string_view name, const char* text) { return key(name).string(text); }
  Writer& member(std::string_view name, const std::string& text) { return key(name).string(text); }
  /// null where there is none
  Writer& member(std::string_view name, const std::optional<std::string>& text) {
    return text ? key(name).string(*text) : key(name).null();
  }
  Writer& member(std::string_view name, std::int64_t value) { return key(name).integer(value); }
  Writer& member(std::string_view name, int value) { return key(name).integer(value); }
  Writer& member(std::string_view name, bool value) { return key(name).boolean(value); }
  Writer& raw_member(std::string_view name, std::string_view json) { return key(name).raw(json); }

  [[nodiscard]] const std::string& text() const& { return out_; }
  [[nodiscard]] std::string take() && { return std::move(out_); }

 private:
  void separate();
  std::string out_;
  std::vector<char> open_;  // '{' or '[' per level
  bool first_ = true;       // nothing written yet at this level
  bool after_key_ = false;
};

}  // namespace collet::json
