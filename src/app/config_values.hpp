// Reads single values of collet.toml. Internal to app/.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collet/manifest.hpp"

namespace toml {
inline namespace v3 {
class node;  // its header is only for source files
}
}  // namespace toml

namespace collet::app {

/// What is wrong with a value: "must be …", "is …". Nothing where it is right; what it was to be
/// read into is of use only then.
using Complaint = std::optional<std::string>;

struct Bounds {
  std::int64_t least;
  std::int64_t most;
};

/// A text that is not empty.
[[nodiscard]] Complaint read_text(const toml::node& value, std::optional<std::string>& target);
/// A list of them, which are added.
[[nodiscard]] Complaint read_texts(const toml::node& value, std::vector<std::string>& target);
/// One of them.
[[nodiscard]] Complaint read_choice(const toml::node& value,
                                    std::span<const std::string_view> choices, std::string& target);
/// A table of names of variables and their texts, which are added.
[[nodiscard]] Complaint read_variables(const toml::node& value,
                                       std::vector<std::pair<std::string, std::string>>& target);
[[nodiscard]] Complaint read_flag(const toml::node& value, std::optional<bool>& target);
/// "500ms", "10s", "2m".
[[nodiscard]] Complaint read_duration(const toml::node& value,
                                      std::optional<std::chrono::milliseconds>& target);
[[nodiscard]] Complaint read_integer(const toml::node& value, Bounds bounds,
                                     std::optional<std::int64_t>& target);
/// The same, into a type that has all numbers between `bounds`.
template <class Number>
[[nodiscard]] Complaint read_number(const toml::node& value, Bounds bounds,
                                    std::optional<Number>& target) {
  std::optional<std::int64_t> number;
  if (auto complaint = read_integer(value, bounds, number)) return complaint;
  target = static_cast<Number>(*number);
  return {};
}
/// A number, or "none".
[[nodiscard]] Complaint read_limit(const toml::node& value, Bounds bounds,
                                   std::optional<std::uint64_t>& target);
/// "64KiB", or bytes as a number.
[[nodiscard]] Complaint read_size(const toml::node& value, Bounds bounds,
                                  std::optional<std::size_t>& target);
/// The same without an upper bound, or "none".
[[nodiscard]] Complaint read_bytes(const toml::node& value, std::uint64_t least,
                                   std::optional<std::uint64_t>& target);
[[nodiscard]] Complaint read_validation(const toml::node& value, std::optional<Validation>& target);
/// A JSON Schema as text. Compiled here, as a manifest's is, so that a mistake is told where it
/// stands.
[[nodiscard]] Complaint read_schema(const toml::node& value, std::optional<std::string>& target);

}  // namespace collet::app
