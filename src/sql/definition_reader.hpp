// Reads definitions. Internal to sql/.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sql/definitions.hpp"

namespace collet::sql {

/// A column of a CREATE TABLE or an ADD COLUMN.
struct ColumnDefinition {
  std::string name{};
  TypeName type{};
  bool is_not_null = false;
  bool is_primary_key = false;
  bool is_numbered = false;  ///< serial, or an identity
  std::string default_text{};
  bool is_default_constant = true;  ///< one that calls nothing
  std::string generated{};          ///< an expression
  std::string unique{};             ///< the name of its index, where it is unique

  /// As SQLite declares it.
  [[nodiscard]] std::string text() const;
};

/// Part of a table that is no column.
struct Constraint {
  std::string text{};  ///< with its name
  RowCheck check{};    ///< where it is added to a table that is there
};

class DefinitionReader {
 public:
  DefinitionReader(Tokens tokens, const Scope& scope) : tokens_(tokens), scope_(scope) {}

  Result<std::vector<Step>> run();

 private:
  // definition_reader.cpp: the statements.
  void read_create();
  void read_create_table();
  void read_create_index(bool is_unique);
  void read_create_view(bool replaces);
  void read_drop();
  void read_truncate();

  // alter_table.cpp
  void read_alter();
  void read_action(const std::string& table);
  void read_add_column(const std::string& table);
  void read_add_constraint(const std::string& table);
  void read_alter_column(const std::string& table);
  void read_rename(const std::string& table);

  // table_parts.cpp: columns and constraints.
  ColumnDefinition read_column(const std::string& table, std::vector<Constraint>& constraints);
  /// Adds to the column, or to `constraints`; false where nothing of a column is next.
  bool read_column_constraint(const std::string& table, ColumnDefinition& column,
                              std::vector<Constraint>& constraints);
  void read_default(ColumnDefinition& column);
  /// A step that sees whether a default is allowed, where it may call something.
  void check_default(const ColumnDefinition& column, std::vector<Step>& steps) const;
  void read_generated(ColumnDefinition& column);
  /// A constraint of a table: what is unique becomes an index, the columns of a primary key are
  /// answered, the rest goes to `constraints`.
  std::vector<std::string> read_table_constraint(const std::string& table, Condition condition,
                                                 std::vector<Constraint>& constraints,
                                                 std::vector<Step>& indexes);
  /// What follows REFERENCES; nothing where that is a table of the host's.
  std::optional<std::string> read_references(std::string& table);
  void add_foreign_key(const std::string& table, const std::string& name,
                       const std::vector<std::string>& columns,
                       std::vector<Constraint>& constraints);
  void add_check(const std::string& table, const std::string& name,
                 std::vector<Constraint>& constraints);
  void skip_deferral(std::string& text);
  [[nodiscard]] Run unique_index(const std::string& table, const std::string& name,
                                 const std::vector<std::string>& columns,
                                 Condition condition) const;

  [[nodiscard]] bool at_end() const { return at_ >= tokens_.size(); }
  [[nodiscard]] bool next_is(std::string_view what, std::size_t ahead = 0) const;
  /// Takes these words where they are next.
  bool take(std::initializer_list<std::string_view> words);
  bool take(std::string_view word) { return take({word}); }
  void expect(std::string_view what);
  void wrong(std::string what);
  std::string read_name(std::string_view what);
  /// A table of the plugin's, without the schema.
  std::string read_table();
  std::vector<std::string> read_columns();
  Tokens read_brackets();
  std::string expression(Tokens tokens);
  /// The rest of the statement as a query.
  std::string read_query();
  /// A name for a constraint that has none, as PostgreSQL makes it.
  std::string fresh_name(const std::string& table, const std::string& columns,
                         std::string_view label);

  Tokens tokens_;
  const Scope& scope_;
  std::size_t at_ = 0;
  std::vector<Step> steps_;
  std::set<std::string, std::less<>> names_;  // given in this statement
  std::optional<Error> error_;
};

}  // namespace collet::sql
