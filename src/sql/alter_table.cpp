// ALTER TABLE.
#include <fmt/format.h>

#include <utility>

#include "sql/definition_reader.hpp"
#include "sql/translate.hpp"

namespace collet::sql {

void DefinitionReader::read_alter() {
  if (!take("table")) {
    return wrong(fmt::format("ALTER {} is not there; there is ALTER TABLE",
                             at_end() ? "" : tokens_[at_].value));
  }
  take({"if", "exists"});
  take("only");
  const auto table = read_table();
  do {
    read_action(table);
  } while (!error_ && take(","));
}

void DefinitionReader::read_action(const std::string& table) {
  if (take("add")) {
    const bool is_constraint = next_is("constraint") || next_is("unique") || next_is("check") ||
                               next_is("primary") || next_is("foreign") || next_is("exclude");
    return is_constraint ? read_add_constraint(table) : read_add_column(table);
  }
  if (take({"drop", "constraint"})) {
    const auto condition = take({"if", "exists"}) ? Condition::if_there : Condition::always;
    steps_.push_back(DropNamedConstraint{
        .table = table, .name = read_name("a constraint"), .condition = condition});
    if (!take("cascade")) take("restrict");
    return;
  }
  if (take("drop")) {
    take("column");
    if (take({"if", "exists"}))
      return wrong("DROP COLUMN IF EXISTS is not there; drop what the migrations before made");
    steps_.push_back(Run{fmt::format("alter table {} drop column {}", quoted_name(table),
                                     quoted_name(read_name("a column")))});
    if (!take("cascade")) take("restrict");
    return;
  }
  if (take("rename")) return read_rename(table);
  if (take("alter")) {
    take("column");
    return read_alter_column(table);
  }
  wrong(fmt::format("ALTER TABLE … {} is not there", at_end() ? "" : tokens_[at_].value));
}

void DefinitionReader::read_rename(const std::string& table) {
  if (take("to")) {
    steps_.push_back(Run{fmt::format("alter table {} rename to {}", quoted_name(table),
                                     quoted_name(read_name("a name")))});
    return;
  }
  if (next_is("constraint")) return wrong("RENAME CONSTRAINT is not there");
  take("column");
  const auto column = read_name("a column");
  expect("to");
  steps_.push_back(Run{fmt::format("alter table {} rename column {} to {}", quoted_name(table),
                                   quoted_name(column), quoted_name(read_name("a name")))});
}

// A default that has to be worked out is given to the rows that are there first, and to the column
// after that: SQLite adds none with such a default.
void DefinitionReader::read_add_column(const std::string& table) {
  take("column");
  const auto condition = take({"if", "not", "exists"}) ? Condition::if_missing : Condition::always;
  std::vector<Constraint> constraints;
  auto column = read_column(table, constraints);
  if (error_) return;
  if (column.is_primary_key || column.is_numbered)
    return wrong("a primary key cannot be added to a table that is there");
  if (!column.generated.empty())
    return wrong("a generated column cannot be added to a table that is there");

  std::vector<Step> following;
  if (!column.is_default_constant) {
    check_default(column, following);
    const auto value = std::exchange(column.default_text, "");
    following.push_back(Run{
        fmt::format("update {} set {} = {}", quoted_name(table), quoted_name(column.name), value)});
    following.push_back(EditTable{
        .table = table,
        .edit = {.kind = TableEdit::Kind::set_default, .name = column.name, .text = value}});
    if (std::exchange(column.is_not_null, false)) {
      following.push_back(EditTable{
          .table = table, .edit = {.kind = TableEdit::Kind::set_not_null, .name = column.name}});
    }
  }
  for (auto& constraint : constraints) {
    following.push_back(EditTable{
        .table = table,
        .edit = {.kind = TableEdit::Kind::add_constraint, .text = std::move(constraint.text)},
        .check = std::move(constraint.check)});
  }
  if (!column.unique.empty())
    following.push_back(unique_index(table, column.unique, {column.name}, Condition::always));
  steps_.push_back(AddColumn{
      .table = table,
      .column = column.name,
      .text = fmt::format("alter table {} add column {}", quoted_name(table), column.text()),
      .condition = condition,
      .following = following.size()});
  for (auto& step : following) steps_.push_back(std::move(step));
}

void DefinitionReader::read_add_constraint(const std::string& table) {
  std::vector<Constraint> constraints;
  const auto primary_key = read_table_constraint(table, Condition::always, constraints, steps_);
  if (!primary_key.empty()) return wrong("a primary key cannot be added to a table that is there");
  for (auto& constraint : constraints) {
    steps_.push_back(EditTable{
        .table = table,
        .edit = {.kind = TableEdit::Kind::add_constraint, .text = std::move(constraint.text)},
        .check = std::move(constraint.check)});
  }
}

void DefinitionReader::read_alter_column(const std::string& table) {
  const auto column = read_name("a column");
  const auto edit = [&](TableEdit::Kind kind, std::string text = {}) {
    steps_.push_back(
        EditTable{.table = table, .edit = {.kind = kind, .name = column, .text = std::move(text)}});
  };
  if (take({"set", "not", "null"})) {
    // SQLite believes afterwards that nothing IS NULL, and does not look.
    steps_.push_back(EditTable{
        .table = table,
        .edit = {.kind = TableEdit::Kind::set_not_null, .name = column},
        .check = {.query = fmt::format("select 1 from {} where typeof({}) = 'null' limit 1",
                                       quoted_name(table), quoted_name(column)),
                  .complaint = fmt::format("column \"{}\" of \"{}\" has rows without a value",
                                           column, table)}});
  } else if (take({"drop", "not", "null"})) {
    edit(TableEdit::Kind::drop_not_null);
  } else if (take({"drop", "default"})) {
    edit(TableEdit::Kind::drop_default);
  } else if (take({"set", "default"})) {
    ColumnDefinition read;
    const auto known = scope_.catalog.columns.find(column);
    read.type.is_array = known != scope_.catalog.columns.end() && known->second == Type::array;
    read_default(read);
    check_default(read, steps_);
    edit(TableEdit::Kind::set_default, read.default_text);
  } else if (take("type") || take({"set", "data", "type"})) {
    const auto type = read_type(tokens_.subspan(at_));
    if (type.words.empty()) return wrong("a type is missing");
    at_ += type.tokens;
    std::string value;
    if (take("using")) {
      const auto first = at_;
      while (!at_end() && !next_is(",")) at_ = next_is("(") ? closing(tokens_, at_) + 1 : at_ + 1;
      if (at_ > tokens_.size()) return wrong("a ( is not closed");
      value = expression(tokens_.subspan(first, at_ - first));
    } else {
      const auto cast = tokenize(fmt::format("cast({} as {}{})", quoted_name(column), type.words,
                                             type.is_array ? "[]" : ""));
      value = cast ? expression(*cast) : std::string();
    }
    edit(TableEdit::Kind::set_type, declaration(type));
    steps_.push_back(
        Run{fmt::format("update {} set {} = {}", quoted_name(table), quoted_name(column), value)});
  } else {
    wrong(fmt::format("ALTER COLUMN … {} is not there", at_end() ? "" : tokens_[at_].value));
  }
}

}  // namespace collet::sql
