// PostgreSQL's queries and expressions in SQLite's words. Pure.
//
// Not a parser of SQL: what both understand goes through as it is, and SQLite judges it. Only what
// SQLite says in other words is taken apart, and for that it is enough to know operands from
// keywords. Where PostgreSQL has a function or an operator that SQLite has not, the text calls one
// of those in store/plugin_database/functions.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sql/scope.hpp"
#include "sql/tokens.hpp"

namespace collet::sql {

struct Translation {
  std::string text{};
  /// How many parameters the text wants: the largest $n, or the number of its question marks.
  std::size_t parameters = 0;
  /// Which of $1 to $n it names, by their place.
  std::vector<bool> named{};
  /// Types of the columns that a query gives, from the left as far as they are known.
  std::vector<Type> columns{};
};

/// A whole statement other than a definition (definitions.hpp): a query, an insert, an update, a
/// delete. Fails with `invalid_request` and a sentence for what is known not to be there.
[[nodiscard]] Result<Translation> translate(Tokens statement, const Scope& scope);

/// An expression without parameters, as definitions hold them.
[[nodiscard]] Result<std::string> translate_expression(Tokens expression, const Scope& scope);

}  // namespace collet::sql
