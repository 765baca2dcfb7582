// PostgreSQL's array literals, which are JSON here. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace collet::sql {

/// The JSON array of texts that a literal such as {a,"b c",NULL} means; nothing where it is none.
/// Arrays in arrays stay what they are.
[[nodiscard]] std::optional<std::string> array_literal_to_json(std::string_view literal);

}  // namespace collet::sql
