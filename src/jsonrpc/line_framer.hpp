// Cuts a byte stream into lines (NDJSON). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "collet/limits.hpp"

namespace collet::jsonrpc {

/// Lines end with LF, a CR before it goes too; blank lines are left out. A line that arrived whole
/// is handed on without a copy. A line over the limit is dropped up to its end, but for its head;
/// the stream goes on with the next line. Beyond 1 MiB a line is never moved.
class LineFramer {
 public:
  /// What is told of a line over the limit: its beginning, of so many bytes, or of as many as a
  /// line may have where that is less.
  static constexpr std::size_t head_bytes_max = limits::worker::line_head_bytes_max;

  explicit LineFramer(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  /// Feeds `bytes` and calls `sink(line)` for each complete line, and `dropped(head)` for each over
  /// the limit, as soon as it has passed it; in the order of the stream. The views end with the
  /// call.
  template <class Sink, class Dropped>
  void feed(std::string_view bytes, Sink&& sink, Dropped&& dropped) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      const auto piece = bytes.substr(0, end);
      const bool is_whole = partial_.empty() && !dropping_ && end != bytes.npos;
      if (is_whole && piece.size() <= line_bytes_max_) {
        give(piece, sink);
      } else {
        keep(piece, dropped);
        if (end == bytes.npos) return;
        if (!dropping_) give(partial_, sink);
        reset();
      }
      bytes.remove_prefix(end + 1);
    }
  }

  /// Gives what came after the last LF, for a stream that has ended.
  template <class Sink>
  void finish(Sink&& sink) {
    if (!dropping_ && !partial_.empty()) give(partial_, sink);
    reset();
  }

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
  template <class Dropped>
  void keep(std::string_view piece, Dropped& dropped) {
    if (dropping_) return;
    if (partial_.size() + piece.size() <= line_bytes_max_) return append(piece);
    dropping_ = true;
    dropped(head_with(piece));
    std::string().swap(partial_);
  }
  void append(std::string_view piece);
  [[nodiscard]] std::string_view head_with(std::string_view piece);
  void reset();

  std::size_t line_bytes_max_;
  std::string partial_;
  bool dropping_ = false;
};

}  // namespace collet::jsonrpc
