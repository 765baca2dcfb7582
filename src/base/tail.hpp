// The last part of a stream: what a failing program said before it failed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace collet {

/// Keeps the last `bytes_max` bytes of what is appended, in at most twice that memory, at constant
/// cost a byte.
class Tail {
 public:
  explicit Tail(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void append(std::string_view bytes) {
    if (bytes.size() > bytes_max_) bytes.remove_prefix(bytes.size() - bytes_max_);
    if (kept_.size() + bytes.size() > 2 * bytes_max_)
      kept_.erase(0, kept_.size() + bytes.size() - bytes_max_);
    kept_.append(bytes);
  }

  /// What is kept, without half a UTF-8 character at its start and without line ends at its end.
  [[nodiscard]] std::string text() const {
    std::string_view view(kept_);
    if (view.size() > bytes_max_) view.remove_prefix(view.size() - bytes_max_);
    while (!view.empty() && (static_cast<unsigned char>(view.front()) & 0xC0) == 0x80)
      view.remove_prefix(1);
    while (view.ends_with('\n') || view.ends_with('\r')) view.remove_suffix(1);
    return std::string(view);
  }

  void clear() { kept_.clear(); }

 private:
  std::size_t bytes_max_;
  std::string kept_;
};

}  // namespace collet
