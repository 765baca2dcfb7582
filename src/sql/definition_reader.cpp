#include "sql/definition_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sql/translate.hpp"

namespace collet::sql {
namespace {

std::string listed(const std::vector<std::string>& columns) {
  std::string text;
  for (const auto& column : columns) text += (text.empty() ? "" : ", ") + quoted_name(column);
  return text;
}

constexpr std::string_view if_not_exists(Condition condition) {
  return condition == Condition::if_missing ? "if not exists " : "";
}

// The last part of an index's column: its order, and what only PostgreSQL knows.
Tokens without_order(Tokens column, std::string& order) {
  const auto last_is = [&](std::string_view word) {
    return column.size() > 1 && column.back().is(word);
  };
  if (last_is("first") || last_is("last")) column = column.first(column.size() - 2);
  if (last_is("asc") || last_is("desc")) {
    order = " " + column.back().value;
    column = column.first(column.size() - 1);
  }
  if (column.size() > 1 && column.back().kind == TokenKind::word &&
      column.back().value.ends_with("_ops")) {
    column = column.first(column.size() - 1);
  }
  if (column.size() > 2 && column[column.size() - 2].is("collate"))
    column = column.first(column.size() - 2);
  return column;
}

}  // namespace

bool is_definition(Tokens statement) {
  constexpr std::array<std::string_view, 5> words{"alter", "comment", "create", "drop", "truncate"};
  return !statement.empty() && statement[0].kind == TokenKind::word &&
         std::ranges::find(words, statement[0].value) != words.end();
}

Result<std::vector<Step>> translate_definition(Tokens statement, const Scope& scope) {
  return DefinitionReader(statement, scope).run();
}

// As makeObjectName and ChooseIndexNameAddition in PostgreSQL's sources.
std::string object_name(std::string name1, std::string name2, std::string_view label) {
  const auto room = k_name_bytes_max - label.size() - 1 - (name2.empty() ? 0 : 1);
  while (name1.size() + name2.size() > room) {
    auto& longer = name1.size() > name2.size() ? name1 : name2;
    longer.pop_back();
  }
  return name1 + (name2.empty() ? "" : "_" + name2) + "_" + std::string(label);
}

Result<std::vector<Step>> DefinitionReader::run() {
  if (take("create")) {
    read_create();
  } else if (take("alter")) {
    read_alter();
  } else if (take("drop")) {
    read_drop();
  } else if (take("truncate")) {
    read_truncate();
  } else {
    at_ = tokens_.size();  // COMMENT ON: nobody reads them here
  }
  if (!error_ && !at_end()) wrong(fmt::format("\"{}\" is not known here", tokens_[at_].value));
  if (error_) return std::unexpected(*std::move(error_));
  return std::move(steps_);
}

bool DefinitionReader::next_is(std::string_view what, std::size_t ahead) const {
  return at_ + ahead < tokens_.size() && tokens_[at_ + ahead].is(what);
}

bool DefinitionReader::take(std::initializer_list<std::string_view> words) {
  std::size_t ahead = 0;
  for (const auto word : words) {
    if (!next_is(word, ahead++)) return false;
  }
  at_ += words.size();
  return true;
}

void DefinitionReader::expect(std::string_view what) {
  if (!take(what)) wrong(fmt::format("{} is missing", what));
}

void DefinitionReader::wrong(std::string what) {
  if (!error_) error_ = Error{.code = ErrorCode::invalid_request, .message = std::move(what)};
  at_ = tokens_.size();
}

std::string DefinitionReader::read_name(std::string_view what) {
  if (at_end() || (tokens_[at_].kind != TokenKind::word && tokens_[at_].kind != TokenKind::name)) {
    wrong(fmt::format("{} is missing", what));
    return {};
  }
  return tokens_[at_++].value;
}

std::string DefinitionReader::read_table() {
  auto name = read_name("a name");
  if (!take(".")) return name;
  if (name != scope_.name_space) {
    wrong(
        fmt::format("\"{}\" is not the plugin's schema, which is \"{}\"", name, scope_.name_space));
  }
  return read_name("a name");
}

std::vector<std::string> DefinitionReader::read_columns() {
  std::vector<std::string> columns;
  expect("(");
  do {
    columns.push_back(read_name("a column"));
  } while (take(","));
  expect(")");
  return columns;
}

Tokens DefinitionReader::read_brackets() {
  if (!next_is("(")) {
    wrong("( is missing");
    return {};
  }
  const auto close = closing(tokens_, at_);
  if (close >= tokens_.size()) {
    wrong("a ( is not closed");
    return {};
  }
  const auto inner = tokens_.subspan(at_ + 1, close - at_ - 1);
  at_ = close + 1;
  return inner;
}

std::string DefinitionReader::expression(Tokens tokens) {
  if (error_) return {};
  auto text = translate_expression(tokens, scope_);
  if (!text) return wrong(std::move(text.error().message)), std::string();
  return *std::move(text);
}

std::string DefinitionReader::read_query() {
  if (error_) return {};
  auto query = translate(tokens_.subspan(at_), scope_);
  if (!query) return wrong(std::move(query.error().message)), std::string();
  if (query->parameters > 0) return wrong("a definition has no parameters"), std::string();
  at_ = tokens_.size();
  return std::move(query->text);
}

std::string DefinitionReader::fresh_name(const std::string& table, const std::string& columns,
                                         std::string_view label) {
  auto name = object_name(table, columns, label);
  for (int i = 1; !names_.insert(name).second; ++i) {
    name = object_name(table, columns, fmt::format("{}{}", label, i));
  }
  return name;
}

Run DefinitionReader::unique_index(const std::string& table, const std::string& name,
                                   const std::vector<std::string>& columns,
                                   Condition condition) const {
  return {fmt::format("create unique index {}{} on {} ({})", if_not_exists(condition),
                      quoted_name(name), quoted_name(table), listed(columns))};
}

void DefinitionReader::read_create() {
  const bool replaces = take({"or", "replace"});
  if (take("table") || take({"unlogged", "table"})) return read_create_table();
  if (take("index")) return read_create_index(false);
  if (take({"unique", "index"})) return read_create_index(true);
  if (take("view")) return read_create_view(replaces);
  if (take("schema")) {
    // The plugin's own is there, and it gets no other.
    take({"if", "not", "exists"});
    if (read_name("a name") != scope_.name_space)
      wrong("the only schema of the plugin is \"" + scope_.name_space + "\"");
    return;
  }
  wrong(fmt::format("CREATE {} is not there; there are tables, indexes and views",
                    at_end() ? "" : tokens_[at_].value));
}

void DefinitionReader::read_create_table() {
  const auto condition = take({"if", "not", "exists"}) ? Condition::if_missing : Condition::always;
  const auto table = read_table();
  const auto head = fmt::format("create table {}{}", if_not_exists(condition), quoted_name(table));
  if (take("as")) {
    steps_.push_back(Run{head + " as " + read_query()});
    return;
  }
  std::vector<ColumnDefinition> columns;
  std::vector<Constraint> constraints;
  std::vector<Step> indexes;
  std::vector<std::string> primary_key;
  expect("(");
  do {
    constexpr std::array<std::string_view, 6> table_words{"check",   "constraint", "exclude",
                                                          "foreign", "primary",    "unique"};
    if (std::ranges::any_of(table_words, [&](auto word) { return next_is(word); })) {
      auto key = read_table_constraint(table, condition, constraints, indexes);
      if (!key.empty()) primary_key = std::move(key);
    } else {
      columns.push_back(read_column(table, constraints));
    }
  } while (!error_ && take(","));
  expect(")");
  if (take("with")) read_brackets();
  if (error_) return;

  if (primary_key.size() == 1) {
    const auto column = std::ranges::find(columns, primary_key[0], &ColumnDefinition::name);
    if (column == columns.end())
      return wrong(fmt::format("there is no column \"{}\"", primary_key[0]));
    column->is_primary_key = true;
    primary_key.clear();
  }
  std::string body;
  for (auto& column : columns) {
    if (column.is_numbered && !column.is_primary_key) {
      return wrong(fmt::format(
          "column \"{}\" counts by itself and is not the primary key; only that one can",
          column.name));
    }
    if (std::ranges::find(primary_key, column.name) != primary_key.end()) column.is_not_null = true;
    body += (body.empty() ? "" : ", ") + column.text();
    check_default(column, steps_);
    if (!column.unique.empty())
      indexes.push_back(unique_index(table, column.unique, {column.name}, condition));
  }
  if (!primary_key.empty()) body += fmt::format(", primary key ({})", listed(primary_key));
  for (const auto& constraint : constraints) body += ", " + constraint.text;
  steps_.push_back(Run{fmt::format("{} ({})", head, body)});
  for (auto& index : indexes) steps_.push_back(std::move(index));
}

void DefinitionReader::read_create_index(bool is_unique) {
  take("concurrently");
  const auto condition = take({"if", "not", "exists"}) ? Condition::if_missing : Condition::always;
  auto name = next_is("on") ? std::string() : read_table();
  expect("on");
  take("only");
  const auto table = read_table();
  std::string method = take("using") ? read_name("a method") : "btree";
  std::string columns, names;
  for (const auto part : split_at_commas(read_brackets())) {
    std::string order;
    const auto column = without_order(part, order);
    columns += (columns.empty() ? "" : ", ") + expression(column) + order;
    names += (names.empty() ? "" : "_") + (column.size() == 1 ? column[0].value : "expr");
  }
  if (take("include")) read_brackets();
  if (take({"nulls", "not", "distinct"}))
    return wrong("NULLS NOT DISTINCT is not there; use coalesce() in the index");
  if (take("with")) read_brackets();
  std::string where;
  if (take("where")) {
    where = " where " + expression(tokens_.subspan(at_));
    if (!error_) at_ = tokens_.size();
  }
  // The others find things inside of values; without them everything is found, only slower.
  if (method != "btree" && method != "hash" && !is_unique) return;
  if (name.empty()) name = fresh_name(table, names, "idx");
  steps_.push_back(Run{fmt::format("create {}index {}{} on {} ({}){}", is_unique ? "unique " : "",
                                   if_not_exists(condition), quoted_name(name), quoted_name(table),
                                   columns, where)});
}

void DefinitionReader::read_create_view(bool replaces) {
  const auto view = quoted_name(read_table());
  std::string columns;
  if (next_is("(")) columns = fmt::format(" ({})", listed(read_columns()));
  expect("as");
  const auto query = read_query();
  if (replaces) steps_.push_back(Run{"drop view if exists " + view});
  steps_.push_back(Run{fmt::format("create view {}{} as {}", view, columns, query)});
}

void DefinitionReader::read_drop() {
  std::string kind;
  for (const auto* each : {"table", "view", "index"}) {
    if (take(each)) kind = each;
  }
  if (kind.empty()) {
    return wrong(fmt::format("DROP {} is not there; there are tables, indexes and views",
                             at_end() ? "" : tokens_[at_].value));
  }
  take("concurrently");
  const bool is_conditional = take({"if", "exists"});
  do {
    steps_.push_back(Run{fmt::format("drop {}{} {}", kind, is_conditional ? " if exists" : "",
                                     quoted_name(read_table()))});
  } while (!error_ && take(","));
  if (!take("cascade")) take("restrict");
}

void DefinitionReader::read_truncate() {
  take("table");
  take("only");
  do {
    steps_.push_back(Run{"delete from " + quoted_name(read_table())});
  } while (!error_ && take(","));
  take({"restart", "identity"});
  take({"continue", "identity"});
  if (!take("cascade")) take("restrict");
}

}  // namespace collet::sql
