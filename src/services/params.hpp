// Reads the parameters of a worker's call.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collet/error.hpp"
#include "json/document.hpp"

namespace collet::services {

/// Each member of `params` with the type that a method needs. What does not fit is
/// `invalid_request`, and names the method and the member.
class Params {
 public:
  Params(std::string_view method, json::Value params) : method_(method), params_(params) {}

  /// A text, which may be empty.
  [[nodiscard]] Result<std::string> text(std::string_view name) const;
  /// A text, or nothing where it is absent or null.
  [[nodiscard]] Result<std::optional<std::string>> optional_text(std::string_view name) const;
  /// A whole number from 0 on, or nothing where it is absent or null.
  [[nodiscard]] Result<std::optional<std::uint64_t>> optional_count(std::string_view name) const;
  /// Nothing where it is absent; `null` is a value.
  [[nodiscard]] std::optional<json::Value> find(std::string_view name) const;

  /// The error of a parameter: `what` completes "<method>: <name> ".
  [[nodiscard]] std::unexpected<Error> wrong(std::string_view name, std::string_view what) const;

 private:
  std::string_view method_;
  json::Value params_;
};

}  // namespace collet::services
