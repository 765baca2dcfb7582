// Reads what stands behind the question mark. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "collet/error.hpp"

namespace collet::api {

/// How many entries of a list are meant, as the reference reads it for logs: 1 to 500, what is
/// beyond is taken as the nearest, and 25 where it is absent or no number.
[[nodiscard]] std::size_t clamped_limit(std::string_view query);
/// As it reads it for the runs of a job: `invalid_request` where it is not 1 to 500.
[[nodiscard]] Result<std::size_t> strict_limit(std::string_view query);
/// The first value of a parameter; nothing where it is absent.
[[nodiscard]] std::optional<std::string> query_text(std::string_view query, std::string_view name);

}  // namespace collet::api
