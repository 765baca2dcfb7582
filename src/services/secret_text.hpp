// A secret while it is in memory.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace collet::services {

/// Overwrites what a text holds, so that it is not found in memory later, and empties it.
void wipe(std::string& text);

/// The value of a secret. It is overwritten when it goes, it is not copied by accident, and nothing
/// prints it: what needs its bytes asks for them by name.
class SecretText {
 public:
  SecretText() = default;
  /// Leaves nothing of it in `value`.
  explicit SecretText(std::string&& value);
  SecretText(SecretText&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  SecretText& operator=(SecretText&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~SecretText();

  [[nodiscard]] SecretText copy() const { return SecretText(std::string(reveal())); }
  [[nodiscard]] std::string_view reveal() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::vector<char> bytes_;  // a moved std::string may leave its bytes behind
};

}  // namespace collet::services
