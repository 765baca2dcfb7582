// Values sealed by a key that a file keeps: XChaCha20-Poly1305 (libsodium).
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "collet/error.hpp"
#include "services/secret_text.hpp"

namespace collet::services {

/// 256 bits that nobody else knows, overwritten when they go. Any thread.
class SecretKey {
 public:
  static constexpr std::size_t size = 32;  ///< bytes

  [[nodiscard]] static SecretKey random();
  /// From the digits that `to_text` gives, and white space around them; nothing where it is none.
  [[nodiscard]] static std::optional<SecretKey> from_text(std::string_view text);
  /// Hexadecimal digits, for the file that keeps it.
  [[nodiscard]] SecretText to_text() const;

  /// `value` as text that only this key opens, and only for the same `purpose`: what is sealed for
  /// one cannot be passed off as another's. Each time another text.
  [[nodiscard]] std::string seal(std::string_view value, std::string_view purpose) const;
  /// Nothing where `sealed` is not by this key, not for `purpose`, or not whole.
  [[nodiscard]] std::optional<SecretText> open(std::string_view sealed,
                                               std::string_view purpose) const;

 private:
  explicit SecretKey(SecretText raw) : raw_(std::move(raw)) {}
  [[nodiscard]] const unsigned char* bytes() const;

  SecretText raw_;
};

/// The key in a file; nothing where there is no file. Fails with `forbidden` where others may read
/// it, and with `store_unavailable` where it is no key. Blocks.
[[nodiscard]] Result<std::optional<SecretKey>> read_key(const std::filesystem::path& file);
/// Makes the file with a new key, or answers the one that is there by now. Blocks.
[[nodiscard]] Result<SecretKey> make_key(const std::filesystem::path& file);

}  // namespace collet::services
