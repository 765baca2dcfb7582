// Bounds and counts in the forms that a program has for them. Internal to compile/.
#pragma once

#include <cstdint>
#include <optional>

#include "json/document.hpp"
#include "schema/compile/subschema.hpp"
#include "schema/program.hpp"

namespace collet::schema::compiling {

/// The value of `minLength` or one of its like; `absent` where it is not there. Beyond 32 bits it
/// is unbounded, which no instance reaches.
[[nodiscard]] std::uint32_t count_of(std::optional<json::Value> value, std::uint32_t absent);

/// What the four limits of numbers allow together; nothing where there are none. Tokens of long
/// limits go to `long_numbers`.
[[nodiscard]] std::optional<Range> range_of(const Subschema& schema,
                                            std::vector<std::string>& long_numbers);

}  // namespace collet::schema::compiling
