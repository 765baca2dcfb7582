// PostgreSQL's functions and operators for SQLite: what sql/translate.hpp calls. Internal to
// store/.
#pragma once

#include <string>

#include "base/entropy.hpp"

struct sqlite3;

namespace collet::plugin_database {

/// What functions need beside their arguments. One thread at a time, the connection's.
class FunctionContext {
 public:
  virtual ~FunctionContext() = default;
  /// The time at which the text that runs began, in ISO 8601: the same for all of it.
  [[nodiscard]] virtual const std::string& now() const = 0;
  virtual Entropy& entropy() = 0;
  /// Whether what runs has had its time. SQLite asks by itself between its own steps; a function
  /// whose work grows faster than its arguments asks too.
  [[nodiscard]] virtual bool is_over() = 0;
};

/// Makes the functions known to a connection, which ends before `context`.
void add_functions(sqlite3* connection, FunctionContext& context);

/// Whether a plugin's SQL may call this function, in any case of letters: SQLite has more than
/// PostgreSQL, among them some that reach outside or whose time nobody can bound.
[[nodiscard]] bool is_allowed_function(std::string_view name);

}  // namespace collet::plugin_database
