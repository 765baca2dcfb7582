// Randomness, and the names made from it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace collet {

/// A source of random bits. One thread at a time, unless an implementation says otherwise.
class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual std::uint64_t next() = 0;
};

/// The kernel's generator (getrandom); any thread.
[[nodiscard]] std::unique_ptr<Entropy> make_system_entropy();
/// A repeatable sequence for tests.
[[nodiscard]] std::unique_ptr<Entropy> make_seeded_entropy(std::uint64_t seed);

/// A random UUID in lower case (RFC 9562, version 4).
[[nodiscard]] std::string make_uuid(Entropy& entropy);
/// Whether `text` has the form of a UUID, in any case.
[[nodiscard]] bool is_uuid(std::string_view text);
/// 256 random bits as 64 hexadecimal digits: a token nobody guesses.
[[nodiscard]] std::string make_token(Entropy& entropy);

}  // namespace collet
