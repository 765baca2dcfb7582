// Fingerprints of bytes.
#pragma once

#include <string>
#include <string_view>

namespace collet {

/// SHA-256 (FIPS 180-4) as 64 hexadecimal digits in lower case. Pure; any thread.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
/// MD5 (RFC 1321) as 32 hexadecimal digits in lower case: for those who ask for it by name, it
/// protects nothing. Pure; any thread.
[[nodiscard]] std::string md5_hex(std::string_view bytes);

}  // namespace collet
