// How much of the disk a plugin's statement may take while it sorts and gathers. Internal to
// store/.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>

namespace collet::plugin_database {

/// SQLite's way to the disk (a VFS) for one connection: the operating system's, but for temporary
/// files, which together hold no more than a limit; a statement that wants more ends with
/// SQLITE_FULL. Registered as long as it lives, which is longer than its connection. Made and ended
/// on any thread, else used by the connection's.
class TemporaryFiles {
 public:
  explicit TemporaryFiles(std::int64_t bytes_max);
  ~TemporaryFiles();
  TemporaryFiles(const TemporaryFiles&) = delete;
  TemporaryFiles& operator=(const TemporaryFiles&) = delete;

  /// For `sqlite3_open_v2`.
  [[nodiscard]] const char* vfs_name() const { return name_.c_str(); }
  /// Whether something was refused since `forget_refusals`.
  [[nodiscard]] bool has_refused() const { return has_refused_; }
  void forget_refusals() { has_refused_ = false; }

 private:
  struct Vfs : sqlite3_vfs {
    TemporaryFiles* files;
    sqlite3_vfs* system;
  };
  struct File;
  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out);
  static const sqlite3_io_methods& methods();

  const std::int64_t bytes_max_;
  const std::string name_;
  Vfs vfs_;
  std::int64_t bytes_ = 0;  // of all that are open
  bool has_refused_ = false;
};

}  // namespace collet::plugin_database
