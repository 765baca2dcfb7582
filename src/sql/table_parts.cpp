// The columns and constraints of tables.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sql/array_literal.hpp"
#include "sql/definition_reader.hpp"
#include "sql/translate.hpp"

namespace collet::sql {
namespace {

constexpr std::array<std::string_view, 11> k_column_words{
    "check",     "collate", "constraint", "default",    "deferrable", "generated",
    "initially", "not",     "primary",    "references", "unique"};

bool begins_column_word(const Token& token) {
  return token.kind == TokenKind::word &&
         std::ranges::find(k_column_words, token.value) != k_column_words.end();
}

std::string joined_names(const std::vector<std::string>& columns) {
  std::string text;
  for (const auto& column : columns) {
    // As long as a name may be; PostgreSQL stops there too.
    if (text.size() > k_name_bytes_max) break;
    text += (text.empty() ? "" : "_") + column;
  }
  return text;
}

std::string listed(const std::vector<std::string>& columns) {
  std::string text;
  for (const auto& column : columns) text += (text.empty() ? "" : ", ") + quoted_name(column);
  return text;
}

}  // namespace

std::string ColumnDefinition::text() const {
  auto words = quoted_name(name) + " " + declaration(type);
  if (is_numbered && is_primary_key)
    return quoted_name(name) + " integer primary key autoincrement";
  if (is_not_null || is_primary_key) words += " not null";
  if (!default_text.empty()) words += fmt::format(" default ({})", default_text);
  if (!generated.empty()) words += fmt::format(" generated always as ({}) stored", generated);
  if (is_primary_key) words += " primary key";
  return words;
}

ColumnDefinition DefinitionReader::read_column(const std::string& table,
                                               std::vector<Constraint>& constraints) {
  ColumnDefinition column{.name = read_name("a column")};
  column.type = read_type(tokens_.subspan(at_));
  if (column.type.words.empty()) wrong(fmt::format("column \"{}\" has no type", column.name));
  if (error_) return column;
  at_ += column.type.tokens;
  column.is_numbered = is_serial(column.type);
  while (!error_ && read_column_constraint(table, column, constraints)) {
  }
  return column;
}

bool DefinitionReader::read_column_constraint(const std::string& table, ColumnDefinition& column,
                                              std::vector<Constraint>& constraints) {
  const auto name = take("constraint") ? read_name("a name") : std::string();
  if (take({"not", "null"})) {
    column.is_not_null = true;
  } else if (take("null")) {
  } else if (take({"primary", "key"})) {
    column.is_primary_key = true;
  } else if (take("unique")) {
    take({"nulls", "distinct"});
    column.unique = name.empty() ? fresh_name(table, column.name, "key") : name;
  } else if (take("default")) {
    read_default(column);
  } else if (take("check")) {
    add_check(table, name.empty() ? fresh_name(table, column.name, "check") : name, constraints);
  } else if (take("references")) {
    add_foreign_key(table, name, {column.name}, constraints);
  } else if (take("generated")) {
    read_generated(column);
  } else if (take("collate")) {
    // Texts are compared byte by byte, whatever collation that is.
    do {
      read_name("a collation");
    } while (take("."));
  } else {
    return false;
  }
  return true;
}

// An expression goes on to the next word that begins something else of the column.
void DefinitionReader::read_default(ColumnDefinition& column) {
  const auto first = at_;
  do {
    at_ = next_is("(") || next_is("[") ? closing(tokens_, at_) + 1 : at_ + 1;
  } while (at_ < tokens_.size() && !next_is(",") && !next_is(")") && !next_is("null") &&
           !begins_column_word(tokens_[at_]));
  if (at_ > tokens_.size()) return wrong("a DEFAULT is not closed");
  auto value = tokens_.subspan(first, at_ - first);
  // A literal stays one, whatever it is cast to: SQLite adds columns with constant defaults only.
  const bool is_literal =
      value[0].kind == TokenKind::text &&
      (value.size() == 1 ||
       (value[1].is("::") && read_type(value.subspan(2)).tokens + 2 == value.size()));
  if (is_literal) {
    auto text = value[0].value;
    if (column.type.is_array) text = array_literal_to_json(text).value_or(text);
    column.default_text = quoted_text(text);
    if (type_of(column.type) == Type::boolean)
      column.default_text = text.starts_with('t') || text == "1" ? "true" : "false";
    return;
  }
  column.default_text = expression(value);
  column.is_default_constant =
      value.size() == 1 && (value[0].kind == TokenKind::number || value[0].is("true") ||
                            value[0].is("false") || value[0].is("null"));
}

void DefinitionReader::check_default(const ColumnDefinition& column,
                                     std::vector<Step>& steps) const {
  if (column.is_default_constant) return;
  steps.push_back(Prepare{fmt::format("select ({})", column.default_text)});
}

// GENERATED { ALWAYS | BY DEFAULT } AS IDENTITY, or GENERATED ALWAYS AS (expression) STORED
void DefinitionReader::read_generated(ColumnDefinition& column) {
  if (!take("always")) take({"by", "default"});
  expect("as");
  if (take("identity")) {
    column.is_numbered = true;
    if (next_is("(")) read_brackets();
    return;
  }
  column.generated = expression(read_brackets());
  take("stored");
}

std::vector<std::string> DefinitionReader::read_table_constraint(
    const std::string& table, Condition condition, std::vector<Constraint>& constraints,
    std::vector<Step>& indexes) {
  const auto name = take("constraint") ? read_name("a name") : std::string();
  if (take({"primary", "key"})) return read_columns();
  if (take("unique")) {
    take({"nulls", "distinct"});
    const auto columns = read_columns();
    std::string deferral;
    skip_deferral(deferral);
    indexes.push_back(
        unique_index(table, name.empty() ? fresh_name(table, joined_names(columns), "key") : name,
                     columns, condition));
  } else if (take("check")) {
    add_check(table, name.empty() ? fresh_name(table, "", "check") : name, constraints);
  } else if (take({"foreign", "key"})) {
    const auto columns = read_columns();
    expect("references");
    add_foreign_key(table, name, columns, constraints);
  } else {
    wrong(fmt::format("constraint {} is not there", at_end() ? "" : tokens_[at_].value));
  }
  return {};
}

void DefinitionReader::add_check(const std::string& table, const std::string& name,
                                 std::vector<Constraint>& constraints) {
  const auto condition = expression(read_brackets());
  take({"no", "inherit"});
  take({"not", "valid"});
  constraints.push_back(
      {.text = fmt::format("constraint {} check ({})", quoted_name(name), condition),
       .check = {.when = RowCheck::When::before,
                 .query = fmt::format("select 1 from {} where not ({}) limit 1", quoted_name(table),
                                      condition),
                 .complaint =
                     fmt::format("rows of \"{}\" do not fit the constraint \"{}\"", table, name)}});
}

void DefinitionReader::add_foreign_key(const std::string& table, const std::string& name,
                                       const std::vector<std::string>& columns,
                                       std::vector<Constraint>& constraints) {
  std::string target;
  const auto references = read_references(target);
  if (!references || error_) return;
  const auto given = name.empty() ? fresh_name(table, joined_names(columns), "fkey") : name;
  constraints.push_back(
      {.text = fmt::format("constraint {} foreign key ({}) references {}", quoted_name(given),
                           listed(columns), *references),
       .check = {
           .query = fmt::format("select 1 from pragma_foreign_key_check({}) limit 1",
                                quoted_text(table)),
           .complaint = fmt::format("rows of \"{}\" lead to none of \"{}\"", table, target)}});
}

std::optional<std::string> DefinitionReader::read_references(std::string& table) {
  const bool is_the_hosts = take({"public", "."});
  table = is_the_hosts ? read_name("a table") : read_table();
  auto text = quoted_name(table);
  if (next_is("(")) text += fmt::format(" ({})", listed(read_columns()));
  while (!error_) {
    if (take("match")) {
      read_name("FULL or SIMPLE");
    } else if (take("on")) {
      text += " on " + read_name("DELETE or UPDATE");
      text += " " + read_name("an action");
      if (next_is("null") || next_is("default") || next_is("action")) {
        text += " " + tokens_[at_++].value;
      }
    } else {
      break;
    }
  }
  skip_deferral(text);
  take({"not", "valid"});
  if (is_the_hosts) return std::nullopt;
  return text;
}

void DefinitionReader::skip_deferral(std::string& text) {
  if (take({"not", "deferrable"})) return;
  if (take("deferrable")) text += " deferrable";
  if (take("initially")) text += " initially " + read_name("DEFERRED or IMMEDIATE");
}

}  // namespace collet::sql
