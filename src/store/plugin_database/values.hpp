// JSON's values as SQLite's and back. Internal to store/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collet/error.hpp"
#include "json/document.hpp"
#include "json/writer.hpp"
#include "sql/types.hpp"

struct sqlite3_stmt;

namespace collet::plugin_database {

/// Binds a parameter, from 1: texts and numbers as they are, true and false as 1 and 0, null as
/// NULL, lists and objects as their JSON. A whole number that no 64 bits hold is bound as its
/// digits. Answers SQLite's code: a text may be too large.
[[nodiscard]] int bind(sqlite3_stmt* statement, int parameter, json::Value value);

/// What the rows of a query look like.
class RowWriter {
 public:
  /// `known` has the types of the first columns, as far as the text of the query tells; the others
  /// are asked of the statement, which outlives this.
  RowWriter(sqlite3_stmt* statement, const std::vector<sql::Type>& known);

  /// Appends the current row as an object; of columns of one name the last counts. False where the
  /// text would then have more than `bytes_max`: it is no JSON any more. Whole numbers
  /// that JavaScript does not hold exactly are written as strings of their digits, as drivers of
  /// PostgreSQL do with bigint; what is declared as JSON, a list or a truth becomes one.
  [[nodiscard]] bool write(json::Writer& writer, std::size_t bytes_max) const;

 private:
  struct Column {
    std::string name;
    sql::Type type = sql::Type::unknown;
    bool is_shown = true;
  };
  void write_value(json::Writer& writer, int column) const;

  sqlite3_stmt* statement_;
  std::vector<Column> columns_;
};

}  // namespace collet::plugin_database
