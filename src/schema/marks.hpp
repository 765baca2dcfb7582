// What of a value has been evaluated, for `unevaluatedProperties` and `unevaluatedItems`. Internal
// to machine.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace collet::schema {

/// Which members or elements of one value have been evaluated, by their position.
class Marks {
 public:
  void mark(std::uint32_t position) { word(position / 64) |= std::uint64_t{1} << position % 64; }
  [[nodiscard]] bool has(std::uint32_t position) const {
    const std::size_t at = position / 64;
    const std::uint64_t bits = at == 0 ? first_ : at <= rest_size() ? (*rest_)[at - 1] : 0;
    return (bits >> position % 64 & 1U) != 0;
  }
  void add(const Marks& other) {
    first_ |= other.first_;
    for (std::size_t i = other.rest_size(); i > 0; --i) word(i) |= (*other.rest_)[i - 1];
  }
  /// Words beyond the first.
  [[nodiscard]] std::size_t rest_size() const { return rest_ ? rest_->size() : 0; }

 private:
  std::uint64_t& word(std::size_t at) {
    if (at == 0) return first_;
    if (!rest_) rest_ = std::make_unique<std::vector<std::uint64_t>>();
    if (at > rest_->size()) rest_->resize(at);
    return (*rest_)[at - 1];
  }

  std::uint64_t first_ = 0;
  std::unique_ptr<std::vector<std::uint64_t>> rest_;  // most values have less than 64 parts
};

}  // namespace collet::schema
