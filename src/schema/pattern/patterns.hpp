// The compiled patterns of one schema, each once.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/pattern/pattern.hpp"

namespace collet::schema {

/// Filled while compiling by one thread; read by any number afterwards. Most schemas have none, and
/// hold a null pointer for them.
class Patterns {
 public:
  /// All of them together.
  static constexpr std::size_t bytes_max = std::size_t{16} << 20;

  /// The index of `source`, compiled now where it is new. Fails where it is no pattern, and beyond
  /// `most` patterns or bytes_max.
  [[nodiscard]] std::expected<std::uint32_t, PatternError> add(std::string_view source,
                                                               std::uint32_t most);
  [[nodiscard]] const Pattern& operator[](std::uint32_t index) const {
    return table_->patterns[index];
  }
  /// The compiled form of `source`, which has been added; null otherwise.
  [[nodiscard]] const Pattern* find(std::string_view source) const;

 private:
  struct Table {
    std::vector<Pattern> patterns;
    std::map<std::string, std::uint32_t, std::less<>> by_source;
    std::size_t bytes = 0;
  };
  std::unique_ptr<Table> table_;
};

}  // namespace collet::schema
