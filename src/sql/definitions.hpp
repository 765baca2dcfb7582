// PostgreSQL's definitions of tables, indexes and views in SQLite's words. Pure.
//
// Every constraint gets the name that PostgreSQL would give it, because migrations drop them by
// that name: unique constraints become unique indexes, the others stand at the end of the table's
// text. What SQLite cannot alter is done to that text (table_text.hpp).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sql/scope.hpp"
#include "sql/table_text.hpp"
#include "sql/tokens.hpp"

namespace collet::sql {

enum class Condition : std::uint8_t { always, if_missing, if_there };

/// Runs a statement.
struct Run {
  std::string text{};
};

/// Prepares a query and does not run it: what is not allowed in there fails. For defaults, whose
/// functions SQLite asks for no right to, neither when it keeps them nor when it calls them.
struct Prepare {
  std::string text{};
};

/// Adds a column. Where it is there already, and that is no mistake, the steps that belong to it
/// are left out with it.
struct AddColumn {
  std::string table{};
  std::string column{};
  std::string text{};
  Condition condition = Condition::always;  ///< or if_missing
  std::size_t following = 0;                ///< steps that belong to it
};

/// Of the rows of a table: a query that must give none, empty where nothing has to be looked at.
struct RowCheck {
  enum class When : std::uint8_t {
    before,  ///< it has an expression of the plugin's, and the plugin's rights
    after    ///< it is made here
  };
  When when = When::after;
  std::string query{};
  std::string complaint{};  ///< what is wrong where there is a row
};

/// Changes the text of a table, with a check before or after that.
struct EditTable {
  std::string table{};
  TableEdit edit{};
  RowCheck check{};
};

/// Drops a constraint: the unique index of that name, or what the text of the table calls so.
struct DropNamedConstraint {
  std::string table{};
  std::string name{};
  Condition condition = Condition::always;  ///< or if_there
};

using Step = std::variant<Run, Prepare, AddColumn, EditTable, DropNamedConstraint>;

/// Whether a statement defines something: CREATE, ALTER, DROP, COMMENT, TRUNCATE.
[[nodiscard]] bool is_definition(Tokens statement);
/// What it takes to do what a definition says; no steps where SQLite needs nothing of it. Fails
/// with `invalid_request` and a sentence for what is not there.
[[nodiscard]] Result<std::vector<Step>> translate_definition(Tokens statement, const Scope& scope);

/// The name that PostgreSQL gives a constraint or an index: `name1_name2_label`, where the longer
/// of the first two is cut until it fits (makeObjectName in its sources).
[[nodiscard]] std::string object_name(std::string name1, std::string name2, std::string_view label);

}  // namespace collet::sql
