// Cuts a byte stream into lines (NDJSON). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace collet::jsonrpc {

/// Lines end with LF, a CR before it goes too; blank lines are left out. A line that arrived whole
/// is handed on without a copy. A line over the limit is dropped up to its end, and counted; the
/// stream goes on with the next line. Beyond 1 MiB a line is never moved.
class LineFramer {
 public:
  explicit LineFramer(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  /// Feeds `bytes` and calls `sink(line)` for each complete line; the view ends with the call.
  template <class Sink>
  void feed(std::string_view bytes, Sink&& sink) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      if (end == bytes.npos) return keep(bytes);
      const auto piece = bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      if (partial_.empty() && !dropping_) {
        if (piece.size() > line_bytes_max_) {
          ++too_long_;
        } else {
          give(piece, sink);
        }
        continue;
      }
      keep(piece);
      if (!dropping_) give(partial_, sink);
      reset();
    }
  }

  /// Gives what came after the last LF, for a stream that has ended.
  template <class Sink>
  void finish(Sink&& sink) {
    if (!dropping_ && !partial_.empty()) give(partial_, sink);
    reset();
  }

  /// Lines dropped because they passed the limit.
  [[nodiscard]] std::uint64_t too_long() const { return too_long_; }
  /// Bytes of the unfinished line that are held.
  [[nodiscard]] std::size_t held() const { return partial_.size(); }
  /// Bytes of address space that its buffer has: fewer than twice the limit (where that is 16 or
  /// more), hardly any while a line over the limit is dropped, and at most 1 MiB between lines.
  [[nodiscard]] std::size_t room() const { return partial_.capacity(); }

 private:
  template <class Sink>
  static void give(std::string_view line, Sink& sink) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t\r") != line.npos) sink(line);
  }
  void keep(std::string_view piece);
  void reset();

  std::size_t line_bytes_max_;
  std::string partial_;
  bool dropping_ = false;
  std::uint64_t too_long_ = 0;
};

}  // namespace collet::jsonrpc
