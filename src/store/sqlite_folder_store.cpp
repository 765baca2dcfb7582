#include "store/sqlite_folder_store.hpp"

#include <utility>

#include "store/failures.hpp"

namespace collet {

SqliteFolderStore::SqliteFolderStore(Database& database, StoreQueue& queue)
    : database_(database),
      queue_(queue),
      get_(database,
           "SELECT path, access, required_directories, required_files, updated_at"
           " FROM plugin_folders WHERE plugin_id = ? AND company_id = ? AND folder_key = ?",
           "read a plugin's folder"),
      set_(database,
           "INSERT INTO plugin_folders (plugin_id, company_id, folder_key, path, access,"
           " required_directories, required_files, updated_at)"
           " SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM plugins WHERE id = ?1"
           " ON CONFLICT DO UPDATE SET path = excluded.path, access = excluded.access,"
           " required_directories = excluded.required_directories,"
           " required_files = excluded.required_files, updated_at = excluded.updated_at",
           "write a plugin's folder") {}

void SqliteFolderStore::get(FolderKey key, Reply<std::optional<FolderSettings>> reply) {
  queue_.of(key.plugin_id)
      .read<std::optional<FolderSettings>>([this, key = std::move(key)] { return read(key); },
                                           std::move(reply));
}

Result<std::optional<FolderSettings>> SqliteFolderStore::read(const FolderKey& key) {
  Query query(get_, key.plugin_id, key.company_id, key.folder_key);
  const auto step = query.step();
  if (!step) return std::unexpected(step.error());
  if (*step == Step::done) return std::nullopt;
  return FolderSettings{.path = query.text(0),
                        .access = query.text(1),
                        .required_directories_json = query.text(2),
                        .required_files_json = query.text(3),
                        .updated_at = query.time(4)};
}

void SqliteFolderStore::set(FolderKey key, FolderSettings settings, Reply<Done> reply) {
  const auto bytes = key.company_id.size() + key.folder_key.size() + settings.path.size() +
                     settings.required_directories_json.size() +
                     settings.required_files_json.size();
  queue_.of(key.plugin_id)
      .write<Done>(
          bytes,
          [this, key = std::move(key), settings = std::move(settings)]() -> Result<Done> {
            auto done = Query(set_, key.plugin_id, key.company_id, key.folder_key, settings.path,
                              settings.access, settings.required_directories_json,
                              settings.required_files_json, settings.updated_at)
                            .run();
            if (!done) return done;
            if (database_.changes() == 0) return no_such_plugin(key.plugin_id);
            return Done{};
          },
          std::move(reply));
}

}  // namespace collet
