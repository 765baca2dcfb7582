// The words that a translation knows. Pure, internal to sql/.
#pragma once

#include <string_view>

#include "sql/types.hpp"

namespace collet::sql {

/// Whether an unquoted word is never a value or a name in PostgreSQL.
[[nodiscard]] bool is_keyword(std::string_view word);
/// Whether PostgreSQL lets it be a name where SQLite does not.
[[nodiscard]] bool needs_quotes(std::string_view word);

/// A function of PostgreSQL's.
struct Function {
  std::string_view name;
  std::string_view sqlite;  ///< its name here
  Type type;                ///< of what it gives
};
/// Null where it has the same name here, or is not known.
[[nodiscard]] const Function* find_function(std::string_view name);

/// An operator of PostgreSQL's that is a function here.
struct Operator {
  std::string_view symbol;
  std::string_view function;
  Type type;
};
[[nodiscard]] const Operator* find_operator(std::string_view symbol);

}  // namespace collet::sql
