#include "base/entropy.hpp"

#include <sys/random.h>

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <random>

namespace collet {
namespace {

class SystemEntropy final : public Entropy {
 public:
  std::uint64_t next() override {
    std::uint64_t bits = 0;
    // Up to 256 bytes come whole once the kernel's pool is ready; before that the call waits.
    while (::getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) {
      if (errno != EINTR) std::abort();  // a token without randomness would be worse than no host
    }
    return bits;
  }
};

class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

void append_hex(std::string& out, std::uint64_t bits, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += "0123456789abcdef"[(bits >> shift) & 0xf];
  }
}

}  // namespace

std::unique_ptr<Entropy> make_system_entropy() {
  return std::make_unique<SystemEntropy>();
}
std::unique_ptr<Entropy> make_seeded_entropy(std::uint64_t seed) {
  return std::make_unique<SeededEntropy>(seed);
}

std::string make_uuid(Entropy& entropy) {
  const auto high = entropy.next();
  const auto low = entropy.next();
  std::string out;
  append_hex(out, high >> 32, 8);
  out += '-';
  append_hex(out, high >> 16, 4);
  out += '-';
  append_hex(out, (high & 0x0fff) | 0x4000, 4);
  out += '-';
  append_hex(out, ((low >> 48) & 0x3fff) | 0x8000, 4);
  out += '-';
  append_hex(out, low, 12);
  return out;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

std::string make_token(Entropy& entropy) {
  std::string out;
  for (int i = 0; i < 4; ++i) append_hex(out, entropy.next(), 16);
  return out;
}

}  // namespace collet
