#include "services/database_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/contained_folder.hpp"
#include "base/descriptors.hpp"
#include "json/document.hpp"
#include "json/writer.hpp"
#include "services/core_tables.hpp"
#include "services/params.hpp"
#include "worker/database_namespace.hpp"

namespace collet::services {
namespace {

constexpr auto k_file = "database.sqlite3";

std::vector<std::string> texts_of(std::optional<json::Value> list) {
  std::vector<std::string> texts;
  if (!list) return texts;
  for (const auto element : list->elements()) {
    if (auto text = element.as_string()) texts.push_back(*std::move(text));
  }
  return texts;
}

constexpr auto k_remedy = "the plugin's package has to be mended";

std::unexpected<Error> bad_package(std::string message) {
  return fail(ErrorCode::install_failed, std::move(message), k_remedy);
}

// The migrations of a package, by name. They stay inside of it, whatever links there are.
Result<std::vector<PluginMigration>> read_migrations(const std::filesystem::path& package_root,
                                                     const std::string& folder_name,
                                                     const PluginDatabaseLimits& limits) {
  const auto attempt = fmt::format("the plugin's migrations in {} cannot be read",
                                   (package_root / folder_name).native());
  const auto unreadable = [&](const Error& why) {
    // That is no fault of the package's.
    if (why.code == ErrorCode::overloaded) return std::unexpected(why);
    return bad_package(attempt + ": " + why.message);
  };
  const auto path = contained_path(folder_name);
  if (!path) return unreadable(path.error());
  const auto package = ContainedFolder::open(package_root);
  if (!package)
    return fail_by_system(ErrorCode::install_failed, attempt, package.error().value(), k_remedy);
  const auto listing = package->list(*path, {.entries_max = limits.migrations_max});
  if (!listing) return unreadable(listing.error());
  if (listing->is_truncated)
    return bad_package(fmt::format("{}: there are more than {}", attempt, limits.migrations_max));
  std::vector<PluginMigration> migrations;
  for (const auto& entry : listing->entries) {
    if (entry.state != PathState::file || !entry.name.ends_with(".sql")) continue;
    auto text = package->read(entry.path, limits.migration_bytes_max);
    if (!text) return unreadable(text.error());
    migrations.push_back({.name = entry.name, .sql = *std::move(text)});
  }
  return migrations;
}

}  // namespace

/// A plugin's database. The plan is fixed; the rest belongs to the plugin's lane.
struct DatabaseService::Slot {
  PluginDatabasePlan plan;
  PluginDatabaseLimits limits;
  Entropy& entropy;
  WallClock wall_clock;
  Loop& loop;
  StopFlag stopping;
  std::unique_ptr<PluginDatabase> database{};
  StopFlag asker_stops{};  ///< of the operation that runs

  // The loop's.
  std::size_t in_use = 0;  ///< operations that wait or run
  Timer idle{};

  [[nodiscard]] bool is_stopped() const {
    return stopping->load(std::memory_order_relaxed) ||
           (asker_stops && asker_stops->load(std::memory_order_relaxed));
  }
  /// Opens the file where it is not.
  Result<PluginDatabase*> open() {
    if (!database) {
      auto opened = open_plugin_database(plan,
                                         {.entropy = entropy,
                                          .wall_clock = wall_clock,
                                          .now = [this] { return loop.now(); },
                                          .is_stopped = [this] { return is_stopped(); }},
                                         limits);
      if (!opened) return std::unexpected(std::move(opened.error()));
      database = *std::move(opened);
    }
    return database.get();
  }
};

DatabaseService::DatabaseService(Parts parts, DatabaseLimits limits)
    : parts_(std::move(parts)), limits_(limits), lanes_(parts_.pool, limits.lanes) {}

DatabaseService::~DatabaseService() {
  stopping_->store(true, std::memory_order_relaxed);
  for (const auto& [id, slot] : slots_) {
    if (slot) slot->idle.cancel();
  }
}

void DatabaseService::add_to(ServiceTable& table) {
  tenancy_ = table.policy().tenancy;
  table.add("db.namespace", [this](const ServiceCall& call, Reply<std::string> reply) {
    const auto slot = slot_of(call);
    json::Writer writer;
    writer.string(slot ? slot->plan.name_space : "");
    reply(std::move(writer).take());
  });
  table.add("db.query", [this](const ServiceCall& call, Reply<std::string> reply) {
    query(call, std::move(reply));
  });
  table.add("db.execute", [this](const ServiceCall& call, Reply<std::string> reply) {
    execute(call, std::move(reply));
  });
  table.on_ended([this](const worker::WorkerIdentity& worker) { ended(worker); });
}

std::shared_ptr<DatabaseService::Slot> DatabaseService::make_slot(std::string_view plugin_key,
                                                                  std::string_view manifest_json,
                                                                  Tenancy tenancy) const {
  const auto manifest = json::Document::parse(std::string(manifest_json));
  if (!manifest) return nullptr;
  auto name_space = worker::database_namespace(manifest->root());
  if (!name_space) return nullptr;
  const auto core = manifest->root().find("database")->find("coreReadTables");
  // With several tenants nobody sees who the others are.
  const Directory nobody;
  return std::make_shared<Slot>(
      PluginDatabasePlan{
          .file = parts_.plugin_data_root / plugin_key / k_file,
          .name_space = *std::move(name_space),
          .core_tables =
              core_tables(texts_of(core), tenancy == Tenancy::single ? parts_.directory : nobody)},
      limits_.database, parts_.entropy, parts_.wall_clock, parts_.loop, stopping_);
}

std::shared_ptr<DatabaseService::Slot> DatabaseService::slot_of(const ServiceCall& call) {
  const auto& id = call.worker.plugin_id;
  if (const auto found = slots_.find(id); found != slots_.end()) return found->second;
  auto slot = make_slot(call.worker.plugin_key, call.manifest.json, call.tenancy);
  slots_.emplace(id, slot);
  return slot;
}

struct DatabaseService::Statement {
  std::string sql{};
  std::string parameters{};
};

// What is refused anyway is refused before it waits.
Result<DatabaseService::Statement> DatabaseService::statement_of(const ServiceCall& call) const {
  const Params params(call.method, call.params);
  auto sql = params.text("sql");
  if (!sql) return std::unexpected(std::move(sql.error()));
  const auto too_long = [](std::string_view what, std::size_t bytes, std::size_t bytes_max,
                           std::string remedy) {
    return fail(ErrorCode::invalid_request,
                fmt::format("{} {} bytes, the limit is {}", what, bytes, bytes_max),
                std::move(remedy));
  };
  const auto sql_bytes_max = limits_.database.text_bytes_max;
  if (sql->size() > sql_bytes_max)
    return too_long("the SQL has", sql->size(), sql_bytes_max, "pass data as parameters");
  Statement statement{.sql = *std::move(sql)};
  const auto values = params.find("params");
  if (!values || values->is_null()) return statement;
  if (const auto bytes = values->raw().size(); bytes > limits_.parameters_bytes_max)
    return too_long("params have", bytes, limits_.parameters_bytes_max,
                    "pass fewer of them at a time");
  statement.parameters = json::compact(*values);
  return statement;
}

template <class T>
DatabaseService::Operation<T> DatabaseService::operation(
    const std::string& plugin_id, std::shared_ptr<Slot> slot, StopFlag stop,
    std::move_only_function<Result<T>(PluginDatabase&)> work, Reply<T> reply) {
  ++slot->in_use;
  slot->idle.cancel();
  auto& its = *slot;
  return {[&its, stop = std::move(stop), work = std::move(work)]() mutable -> Result<T> {
            its.asker_stops = std::move(stop);
            if (its.is_stopped())
              return fail(ErrorCode::shutting_down, "it was not begun: its worker or host stops");
            const auto database = its.open();
            if (!database) return std::unexpected(database.error());
            return work(**database);
          },
          Reply<T>([this, plugin_id, slot = std::move(slot), stopping = stopping_,
                    reply = std::move(reply)](Result<T> outcome) mutable {
            if (--slot->in_use == 0 && !stopping->load(std::memory_order_relaxed)) {
              // One that is closed already is closed in its lane, and must not be idle after that.
              const auto found = slots_.find(plugin_id);
              if (found != slots_.end() && found->second == slot) {
                slot->idle = parts_.loop.call_after(limits_.idle_max,
                                                    [this, plugin_id] { close(plugin_id); });
              }
            }
            reply(std::move(outcome));
          })};
}

void DatabaseService::run(
    const ServiceCall& call,
    std::move_only_function<Result<std::string>(PluginDatabase&, const Statement&)> work,
    Reply<std::string> reply) {
  auto slot = slot_of(call);
  if (!slot) {
    return reply(
        fail(ErrorCode::invalid_request,
             "Plugin database namespace is not active: the manifest declares no \"database\""));
  }
  auto statement = statement_of(call);
  if (!statement) return reply(std::unexpected(std::move(statement.error())));
  auto place =
      lanes_.place(call.worker.plugin_id, statement->sql.size() + statement->parameters.size());
  if (!place) return reply(std::unexpected(std::move(place.error())));
  auto made = operation<std::string>(
      call.worker.plugin_id, std::move(slot), end_of(call.worker),
      [statement = *std::move(statement), work = std::move(work)](
          PluginDatabase& database) mutable { return work(database, statement); },
      std::move(reply));
  lanes_.run<std::string>(*std::move(place), std::move(made.work), std::move(made.reply));
}

void DatabaseService::query(const ServiceCall& call, Reply<std::string> reply) {
  run(
      call,
      [](PluginDatabase& database, const Statement& statement) {
        return database.query(statement.sql, statement.parameters);
      },
      std::move(reply));
}

void DatabaseService::execute(const ServiceCall& call, Reply<std::string> reply) {
  run(
      call,
      [](PluginDatabase& database, const Statement& statement) -> Result<std::string> {
        const auto rows = database.execute(statement.sql, statement.parameters);
        if (!rows) return std::unexpected(rows.error());
        return fmt::format(R"({{"rowCount":{}}})", *rows);
      },
      std::move(reply));
}

void DatabaseService::migrate(const WorkerStart& start, Reply<Done> reply) {
  auto slot = make_slot(start.plugin_key, start.manifest->json, tenancy_);
  if (!slot) return reply(Done{});
  const auto manifest = json::Document::parse(start.manifest->json);
  const auto folder = manifest->root().find("database")->find("migrationsDir");
  auto folder_name = folder ? folder->as_string().value_or("") : std::string();
  close(start.plugin_id);
  slots_.insert_or_assign(start.plugin_id, slot);
  auto made = operation<Done>(
      start.plugin_id, std::move(slot), migrations_stop_,
      [limits = limits_.database, root = start.package_root, folder_name = std::move(folder_name),
       version = start.manifest->version](PluginDatabase& database) -> Result<Done> {
        const auto migrations = read_migrations(root, folder_name, limits);
        if (!migrations) return std::unexpected(migrations.error());
        return database.migrate(*migrations, version);
      },
      std::move(reply));
  lanes_.run_always<Done>(start.plugin_id, std::move(made.work), std::move(made.reply));
}

DatabaseService::StopFlag DatabaseService::end_of(const worker::WorkerIdentity& worker) {
  auto& end = ends_[{worker.plugin_id, worker.instance}];
  if (!end) end = std::make_shared<std::atomic<bool>>(false);
  return end;
}

// Other processes of the plugin may go on, and what they asked for with them.
void DatabaseService::ended(const worker::WorkerIdentity& worker) {
  if (const auto found = ends_.find({worker.plugin_id, worker.instance}); found != ends_.end()) {
    found->second->store(true, std::memory_order_relaxed);
    ends_.erase(found);
  }
  close(worker.plugin_id);
}

// In its lane, where it may block, and after everything that still needs it.
void DatabaseService::close(const std::string& plugin_id) {
  const auto found = slots_.find(plugin_id);
  if (found == slots_.end()) return;
  auto slot = std::move(found->second);
  slots_.erase(found);
  if (!slot) return;
  slot->idle.cancel();
  auto& its = *slot;
  lanes_.run_always<Done>(
      plugin_id,
      [&its]() -> Result<Done> {
        its.database.reset();
        return Done{};
      },
      // What is left of it belongs to the loop, and goes there.
      Reply<Done>([slot = std::move(slot)](Result<Done>) {}));
}

}  // namespace collet::services
