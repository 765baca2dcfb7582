#include "store/plugin_database/temporary_files.hpp"

#include <algorithm>

namespace collet::plugin_database {

/// Ours, followed in memory by the system's own.
struct TemporaryFiles::File {
  sqlite3_file base;
  TemporaryFiles* all;
  std::int64_t bytes;

  static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
  static sqlite3_file* system(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(&of(file) + 1);
  }
  void set_bytes(std::int64_t now) {
    all->bytes_ += now - bytes;
    bytes = now;
  }
};

TemporaryFiles::TemporaryFiles(std::int64_t bytes_max)
    : bytes_max_(bytes_max),
      name_("collet-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))) {
  // Copied once: SQLite changes `pNext` of it when others register.
  static const sqlite3_vfs as_found = *sqlite3_vfs_find(nullptr);
  static_cast<sqlite3_vfs&>(vfs_) = as_found;
  vfs_.files = this;
  vfs_.system = sqlite3_vfs_find(nullptr);
  vfs_.zName = name_.c_str();
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + as_found.szOsFile;
  vfs_.pNext = nullptr;
  vfs_.xOpen = &TemporaryFiles::open;  // the system's others look at nothing of a VFS that is ours
  sqlite3_vfs_register(&vfs_, 0);
}

TemporaryFiles::~TemporaryFiles() {
  sqlite3_vfs_unregister(&vfs_);
}

int TemporaryFiles::open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags,
                         int* out) {
  auto& ours = static_cast<Vfs&>(*vfs);
  const bool is_temporary = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  if (!is_temporary) return ours.system->xOpen(ours.system, path, file, flags, out);
  File::of(file) = {.base = {.pMethods = nullptr}, .all = ours.files, .bytes = 0};
  const int code = ours.system->xOpen(ours.system, path, File::system(file), flags, out);
  if (code == SQLITE_OK) file->pMethods = &methods();
  return code;
}

// Version 1 of the interface: the later ones share memory between files, or with them.
const sqlite3_io_methods& TemporaryFiles::methods() {
  static constexpr auto system = &File::system;
  static const sqlite3_io_methods table{
      .iVersion = 1,
      .xClose =
          [](sqlite3_file* f) {
            File::of(f).set_bytes(0);
            return system(f)->pMethods->xClose(system(f));
          },
      .xRead = [](sqlite3_file* f, void* to, int size,
                  sqlite3_int64 at) { return system(f)->pMethods->xRead(system(f), to, size, at); },
      .xWrite =
          [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
            auto& file = File::of(f);
            const auto bytes = std::max<std::int64_t>(file.bytes, at + size);
            if (file.all->bytes_ - file.bytes + bytes > file.all->bytes_max_) {
              file.all->has_refused_ = true;
              return SQLITE_FULL;
            }
            file.set_bytes(bytes);
            return system(f)->pMethods->xWrite(system(f), from, size, at);
          },
      .xTruncate =
          [](sqlite3_file* f, sqlite3_int64 size) {
            File::of(f).set_bytes(std::min<std::int64_t>(File::of(f).bytes, size));
            return system(f)->pMethods->xTruncate(system(f), size);
          },
      .xSync = [](sqlite3_file* f,
                  int flags) { return system(f)->pMethods->xSync(system(f), flags); },
      .xFileSize =
          [](sqlite3_file* f, sqlite3_int64* size) {
            return system(f)->pMethods->xFileSize(system(f), size);
          },
      .xLock = [](sqlite3_file* f,
                  int level) { return system(f)->pMethods->xLock(system(f), level); },
      .xUnlock = [](sqlite3_file* f,
                    int level) { return system(f)->pMethods->xUnlock(system(f), level); },
      .xCheckReservedLock =
          [](sqlite3_file* f, int* out) {
            return system(f)->pMethods->xCheckReservedLock(system(f), out);
          },
      // Not passed on: it would size the file ahead of what is written.
      .xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
      .xSectorSize = [](sqlite3_file* f) { return system(f)->pMethods->xSectorSize(system(f)); },
      .xDeviceCharacteristics =
          [](sqlite3_file* f) { return system(f)->pMethods->xDeviceCharacteristics(system(f)); },
  };
  return table;
}

}  // namespace collet::plugin_database
