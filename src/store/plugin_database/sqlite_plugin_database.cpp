#include "store/plugin_database/sqlite_plugin_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "store/plugin_database/values.hpp"

namespace collet::plugin_database {
namespace {

std::unexpected<Error> wrong(std::string message, std::string remedy = {}) {
  return fail(ErrorCode::invalid_request, std::move(message), std::move(remedy));
}

Result<json::Document> parse_parameters(std::string_view text) {
  auto document = json::Document::parse(std::string(text.empty() ? "[]" : text));
  if (!document || !document->root().is_array()) return wrong("params have to be a list");
  return std::move(*document);
}

// The first word of what is not WITH: of its main statement that is only known to SQLite.
bool begins_with(sql::Tokens statement, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](auto word) { return statement[0].is(word); });
}

std::string text_column(sqlite3_stmt* row, int column) {
  const auto* bytes = sqlite3_column_text(row, column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(row, column))};
}

// What SQLite does not understand is shown in its words, because it is those that it speaks of.
Error explained(Error error, const std::string& text) {
  constexpr std::size_t shown_bytes_max = 300;
  if (error.message.find("syntax error") != std::string::npos) {
    error.message += fmt::format("; SQLite was told: {}{}", text.substr(0, shown_bytes_max),
                                 text.size() > shown_bytes_max ? " …" : "");
  }
  return error;
}

}  // namespace

SqlitePluginDatabase::SqlitePluginDatabase(const PluginDatabasePlan& plan,
                                           std::unique_ptr<Connection> connection,
                                           const PluginDatabaseLimits& limits)
    : scope_{.name_space = plan.name_space}, limits_(limits), connection_(std::move(connection)) {
  for (const auto& table : plan.core_tables) scope_.core_tables.insert(table.name);
}

Result<Done> SqlitePluginDatabase::read_catalog() {
  sql::Catalog catalog;
  auto done = connection_->run(
      "SELECT c.name, c.type FROM sqlite_schema AS t, pragma_table_xinfo(t.name) AS c"
      " WHERE t.type = 'table'",
      [&](sqlite3_stmt* row) -> Result<Done> {
        const auto type = sql::declared_type(text_column(row, 1));
        const auto [known, is_new] = catalog.columns.emplace(text_column(row, 0), type);
        if (!is_new && known->second != type) known->second = sql::Type::unknown;
        return Done{};
      });
  if (!done) return done;
  done = connection_->run(
      "SELECT i.name, c.name FROM sqlite_schema AS t, pragma_index_list(t.name) AS i,"
      " pragma_index_info(i.name) AS c WHERE t.type = 'table' AND i.\"unique\""
      " AND c.name IS NOT NULL ORDER BY i.name, c.seqno",
      [&](sqlite3_stmt* row) -> Result<Done> {
        catalog.unique[text_column(row, 0)].push_back(text_column(row, 1));
        return Done{};
      });
  if (done) scope_.catalog = std::move(catalog);
  return done;
}

Result<std::vector<sql::Token>> SqlitePluginDatabase::read(std::string_view sql) const {
  if (sql.size() > limits_.text_bytes_max) {
    return wrong(
        fmt::format("the SQL has {} bytes, the limit is {}", sql.size(), limits_.text_bytes_max),
        "pass data as parameters");
  }
  return sql::tokenize(sql);
}

Result<StatementPointer> SqlitePluginDatabase::prepared(const sql::Translation& translation,
                                                        const json::Document& parameters) {
  const auto values = parameters.root();
  if (translation.parameters > values.size()) {
    return wrong(
        fmt::format("SQL placeholder ${} has no matching parameter", translation.parameters));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_named = translation.named.empty()
                              ? i < translation.parameters
                              : i < translation.named.size() && translation.named[i];
    if (!is_named) {
      return wrong(fmt::format("parameter {} of {} is not named by the SQL", i + 1, values.size()));
    }
  }
  auto statement = connection_->prepare(translation.text);
  if (!statement) return std::unexpected(explained(std::move(statement.error()), translation.text));
  int parameter = 0;
  for (const auto value : values.elements()) {
    if (const int code = bind(statement->get(), ++parameter, value); code != SQLITE_OK) {
      return std::unexpected(connection_->failure(code));
    }
  }
  return statement;
}

Result<std::string> SqlitePluginDatabase::query(std::string_view sql,
                                                std::string_view parameters_json) {
  connection_->begin_work(limits_.time_max);
  const auto parameters = parse_parameters(parameters_json);
  if (!parameters) return std::unexpected(parameters.error());
  const auto tokens = read(sql);
  if (!tokens) return std::unexpected(tokens.error());
  const auto statements = sql::split_statements(*tokens);
  if (statements.size() != 1)
    return wrong(fmt::format("it has {} statements; a query is one", statements.size()));
  if (!begins_with(statements[0], {"select", "with", "values"}))
    return wrong("db.query only reads: it runs SELECT; db.execute changes rows");
  const auto translation = sql::translate(statements[0], scope_);
  if (!translation) return std::unexpected(translation.error());

  const Connection::Scope reading(*connection_, Mode::read);
  const auto statement = prepared(*translation, *parameters);
  if (!statement) return std::unexpected(statement.error());
  if (sqlite3_stmt_readonly(statement->get()) == 0)
    return wrong("db.query only reads; db.execute changes rows");
  json::Writer writer;
  writer.begin_array();
  const RowWriter row_writer(statement->get(), translation->columns);
  std::size_t rows = 0;
  const auto done = connection_->run(statement->get(), [&](sqlite3_stmt*) -> Result<Done> {
    if (++rows > limits_.rows_max) {
      return wrong(fmt::format("the answer has more than {} rows", limits_.rows_max),
                   "ask for fewer at a time with LIMIT");
    }
    if (!row_writer.write(writer, limits_.answer_bytes_max)) {
      return wrong(fmt::format("the answer has more than {} bytes", limits_.answer_bytes_max),
                   "ask for less at a time with LIMIT, or for fewer columns");
    }
    return Done{};
  });
  if (!done) return std::unexpected(done.error());
  return std::move(writer.end_array()).take();
}

Result<std::int64_t> SqlitePluginDatabase::execute(std::string_view sql,
                                                   std::string_view parameters_json) {
  connection_->begin_work(limits_.time_max);
  const auto parameters = parse_parameters(parameters_json);
  if (!parameters) return std::unexpected(parameters.error());
  const auto tokens = read(sql);
  if (!tokens) return std::unexpected(tokens.error());
  const auto statements = sql::split_statements(*tokens);
  if (statements.empty()) return wrong("there is no statement");
  if (statements.size() > limits_.statements_max) {
    return wrong(fmt::format("it has {} statements, the limit is {}", statements.size(),
                             limits_.statements_max));
  }
  if (statements.size() > 1 && parameters->root().size() > 0)
    return wrong("parameters belong to a single statement");
  std::int64_t rows = 0;
  const auto done = in_transaction([&]() -> Result<Done> {
    for (const auto statement : statements) {
      const auto changed = run(statement, *parameters);
      if (!changed) return std::unexpected(changed.error());
      rows += *changed;
    }
    return Done{};
  });
  if (!done) return std::unexpected(done.error());
  return rows;
}

Result<Done> SqlitePluginDatabase::in_transaction(const std::function<Result<Done>()>& work) {
  if (auto begun = connection_->run("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = work();
  connection_->end_work();
  if (done) done = connection_->run("COMMIT");
  if (done) return done;
  // SQLite may have rolled back by itself.
  if (sqlite3_get_autocommit(connection_->handle()) == 0)
    static_cast<void>(connection_->run("ROLLBACK"));
  static_cast<void>(read_catalog());  // as it is again
  return done;
}

Result<std::int64_t> SqlitePluginDatabase::run(sql::Tokens statement,
                                               const json::Document& parameters) {
  if (!sql::is_definition(statement)) return change_rows(statement, parameters);
  if (parameters.root().size() > 0) return wrong("a definition has no parameters");
  auto done = define(statement);
  if (done) done = read_catalog();
  if (!done) return std::unexpected(std::move(done.error()));
  return 0;
}

Result<std::int64_t> SqlitePluginDatabase::change_rows(sql::Tokens statement,
                                                       const json::Document& parameters) {
  if (!begins_with(statement, {"insert", "update", "delete", "with"})) {
    return wrong(
        "db.execute runs INSERT, UPDATE, DELETE and definitions of tables; db.query reads");
  }
  const auto translation = sql::translate(statement, scope_);
  if (!translation) return std::unexpected(translation.error());
  const Connection::Scope writing(*connection_, Mode::write);
  const auto prepared_statement = prepared(*translation, parameters);
  if (!prepared_statement) return std::unexpected(prepared_statement.error());
  if (sqlite3_stmt_readonly(prepared_statement->get()) != 0)
    return wrong("db.execute changes rows; db.query reads");
  if (const auto done = connection_->run(prepared_statement->get()); !done)
    return std::unexpected(done.error());
  return connection_->changes();
}

Result<Done> SqlitePluginDatabase::define(sql::Tokens statement) {
  const auto steps = sql::translate_definition(statement, scope_);
  if (!steps) return std::unexpected(steps.error());
  for (std::size_t i = 0; i < steps->size(); ++i) {
    if (const auto* add = std::get_if<sql::AddColumn>(&(*steps)[i]);
        add != nullptr && add->condition == sql::Condition::if_missing) {
      const auto is_there = has_column(add->table, add->column);
      if (!is_there) return std::unexpected(is_there.error());
      if (*is_there) {
        i += add->following;
        continue;
      }
    }
    if (auto done = std::visit([&](const auto& each) { return step(each); }, (*steps)[i]); !done)
      return done;
  }
  return Done{};
}

Result<Done> SqlitePluginDatabase::step(const sql::Run& step) {
  const Connection::Scope defining(*connection_, Mode::define);
  auto done = connection_->run(step.text);
  if (!done) return std::unexpected(explained(std::move(done.error()), step.text));
  return done;
}

Result<Done> SqlitePluginDatabase::step(const sql::Prepare& step) {
  const Connection::Scope reading(*connection_, Mode::read);
  const auto statement = connection_->prepare(step.text);
  if (!statement) return std::unexpected(explained(statement.error(), step.text));
  return Done{};
}

Result<Done> SqlitePluginDatabase::step(const sql::AddColumn& step) {
  return this->step(sql::Run{step.text});
}

Result<Done> SqlitePluginDatabase::step(const sql::EditTable& step) {
  const auto before = table_text(step.table);
  if (!before) return std::unexpected(before.error());
  const auto after = sql::edited(*before, step.edit);
  if (!after) return std::unexpected(after.error());
  if (step.check.when == sql::RowCheck::When::before) {
    // The text is replaced by the host's rights, which let every function into it.
    const Connection::Scope reading(*connection_, Mode::read);
    if (auto done = check_rows(step.check); !done) return done;
  }
  if (auto done = replace_text(step.table, *after); !done) return done;
  return step.check.when == sql::RowCheck::When::after ? check_rows(step.check) : Done{};
}

Result<Done> SqlitePluginDatabase::check_rows(const sql::RowCheck& check) {
  if (check.query.empty()) return Done{};
  bool has_row = false;
  auto done = connection_->run(check.query, [&](sqlite3_stmt*) -> Result<Done> {
    has_row = true;
    return Done{};
  });
  if (done && has_row) return wrong(check.complaint);
  return done;
}

Result<Done> SqlitePluginDatabase::step(const sql::DropNamedConstraint& step) {
  if (scope_.catalog.unique.contains(step.name))
    return this->step(sql::Run{"drop index " + sql::quoted_name(step.name)});
  const auto before = table_text(step.table);
  if (!before) return std::unexpected(before.error());
  const auto after =
      sql::edited(*before, {.kind = sql::TableEdit::Kind::drop_constraint, .name = step.name});
  if (!after) return std::unexpected(after.error());
  if (*after != *before) return replace_text(step.table, *after);
  if (step.condition == sql::Condition::if_there) return Done{};
  return wrong(fmt::format("table \"{}\" has no constraint \"{}\"", step.table, step.name));
}

Result<bool> SqlitePluginDatabase::has_column(const std::string& table, const std::string& column) {
  bool found = false;
  const auto done = connection_->run(
      fmt::format("SELECT 1 FROM pragma_table_xinfo({}) WHERE lower(name) = lower({})",
                  sql::quoted_text(table), sql::quoted_text(column)),
      [&](sqlite3_stmt*) -> Result<Done> {
        found = true;
        return Done{};
      });
  if (!done) return std::unexpected(done.error());
  return found;
}

Result<std::string> SqlitePluginDatabase::table_text(const std::string& table) {
  std::optional<std::string> text;
  const auto done = connection_->run(
      fmt::format("SELECT sql FROM sqlite_schema WHERE type = 'table' AND lower(name) = lower({})"
                  " AND name <> '{}'",
                  sql::quoted_text(table), k_migrations_table),
      [&](sqlite3_stmt* row) -> Result<Done> {
        text = text_column(row, 0);
        return Done{};
      });
  if (!done) return std::unexpected(done.error());
  if (!text) return wrong(fmt::format("no such table: {}", table));
  return *std::move(text);
}

// As SQLite's documentation has it for changes that leave rows as they are ("Making Other Kinds Of
// Table Schema Changes"). The table is read once, so that a text which SQLite cannot read undoes
// the whole transaction.
Result<Done> SqlitePluginDatabase::replace_text(const std::string& table, const std::string& text) {
  sqlite3_db_config(connection_->handle(), SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
  auto done = connection_->run("PRAGMA writable_schema = ON");
  if (done) {
    done =
        connection_->run(fmt::format("UPDATE sqlite_schema SET sql = {} WHERE type = 'table'"
                                     " AND lower(name) = lower({})",
                                     sql::quoted_text(text), sql::quoted_text(table)));
  }
  const auto reset = connection_->run("PRAGMA writable_schema = RESET");
  sqlite3_db_config(connection_->handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (!done) return done;
  if (!reset) return reset;
  return connection_->run(fmt::format("SELECT 1 FROM {} LIMIT 0", sql::quoted_name(table)));
}

}  // namespace collet::plugin_database

namespace collet {

Result<std::unique_ptr<PluginDatabase>> open_plugin_database(PluginDatabasePlan plan,
                                                             PluginDatabaseParts parts,
                                                             PluginDatabaseLimits limits) {
  using namespace plugin_database;
  auto connection = Connection::open(plan, std::move(parts), limits);
  if (!connection) return std::unexpected(std::move(connection.error()));
  auto database = std::make_unique<SqlitePluginDatabase>(plan, *std::move(connection), limits);
  if (auto done = database->read_catalog(); !done) return std::unexpected(std::move(done.error()));
  return database;
}

}  // namespace collet
