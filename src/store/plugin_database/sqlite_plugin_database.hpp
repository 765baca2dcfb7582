// The plugin's database in SQLite. Internal to store/.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.hpp"

#include "sql/definitions.hpp"
#include "sql/scope.hpp"
#include "sql/translate.hpp"
#include "store/plugin_database.hpp"
#include "store/plugin_database/connection.hpp"

namespace collet::plugin_database {

class SqlitePluginDatabase final : public PluginDatabase {
 public:
  SqlitePluginDatabase(const PluginDatabasePlan& plan, std::unique_ptr<Connection> connection,
                       const PluginDatabaseLimits& limits);

  Result<std::string> query(std::string_view sql, std::string_view parameters_json) override;
  Result<std::int64_t> execute(std::string_view sql, std::string_view parameters_json) override;
  Result<Done> migrate(const std::vector<PluginMigration>& migrations,
                       std::string_view plugin_version) override;

  /// Reads which columns and unique indexes there are.
  Result<Done> read_catalog();

 private:
  Result<std::vector<sql::Token>> read(std::string_view sql) const;
  /// Runs one statement that changes rows, or a definition; answers how many rows it changed.
  Result<std::int64_t> run(sql::Tokens statement, const json::Document& parameters);
  Result<std::int64_t> change_rows(sql::Tokens statement, const json::Document& parameters);
  Result<Done> define(sql::Tokens statement);
  Result<StatementPointer> prepared(const sql::Translation& translation,
                                    const json::Document& parameters);
  /// Commits what `work` did, or undoes it.
  Result<Done> in_transaction(const std::function<Result<Done>()>& work);

  // The steps of definitions.
  Result<Done> step(const sql::Run& step);
  Result<Done> step(const sql::Prepare& step);
  Result<Done> step(const sql::AddColumn& step);
  Result<Done> step(const sql::EditTable& step);
  Result<Done> step(const sql::DropNamedConstraint& step);
  Result<Done> check_rows(const sql::RowCheck& check);
  Result<bool> has_column(const std::string& table, const std::string& column);
  /// The text of a table in the schema; an error where there is none.
  Result<std::string> table_text(const std::string& table);
  Result<Done> replace_text(const std::string& table, const std::string& text);

  // migrations.cpp
  Result<Done> apply(const PluginMigration& migration, std::string_view plugin_version);
  Result<std::optional<std::string>> applied_checksum(const std::string& name);

  sql::Scope scope_;
  const PluginDatabaseLimits limits_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace collet::plugin_database
