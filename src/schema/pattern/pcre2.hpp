// Backtracking by PCRE2, with an account of its work: the only engine whose searches may take long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "schema/pattern/pattern.hpp"

struct pcre2_real_code_8;

namespace collet::schema::pattern {

/// A pattern compiled by PCRE2.
///
/// PCRE2's own match limit counts neither what a repeated character reads nor the characters that a
/// search starts from, so a limit on it alone leaves a megabyte of text hours of work. The pattern
/// has callouts instead (pattern/translate.hpp), each of which pays for the distance from the last
/// one; a search ends where it has spent its limit and 8 steps for every byte of text.
class Pcre2 {
 public:
  /// `source` is of `to_pcre2`. The error is PCRE2's sentence.
  [[nodiscard]] static std::expected<Pcre2, std::string> compile(const std::string& source,
                                                                 const PatternLimits& limits);
  /// Adds the steps that it took to `steps`.
  [[nodiscard]] Pattern::Outcome search(std::string_view text, std::uint64_t& steps) const;
  [[nodiscard]] std::size_t memory() const;

 private:
  struct Free {
    void operator()(pcre2_real_code_8* code) const;
  };
  Pcre2(pcre2_real_code_8* code, std::uint32_t steps_max) : code_(code), steps_max_(steps_max) {}

  std::unique_ptr<pcre2_real_code_8, Free> code_;
  std::uint32_t steps_max_;
};

}  // namespace collet::schema::pattern
