// A disk that fails on demand, for the tests of the store.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace collet::test {

/// A SQLite VFS over the operating system's. It counts reads, writes, syncs, truncations,
/// deletions and openings, fails from the one it is told, and remembers what each file held when it
/// was synced last, so that a test can have the power fail. Registered for its own lifetime.
class FaultVfs {
 public:
  enum class Lasts : std::uint8_t { once, until_healed };

  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  /// For DatabaseOptions::vfs.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Calls so far, counted from 1.
  [[nodiscard]] int calls() const { return calls_; }
  [[nodiscard]] int syncs() const { return syncs_; }

  /// Call number `call` fails; a write as on a full disk where its number is even, else with an
  /// error of the device.
  void fail_at(int call, Lasts lasts);
  void heal() { fail_at_ = 0; }

  /// What a power cut leaves of every file opened so far: of each 512-byte sector either what was
  /// synced last or what was written since, as `seed` has it (0: only what was synced). Files whose
  /// deletion was not synced are back, shared memory is gone. Nothing may have the files open.
  void lose_power(std::uint32_t seed);

 private:
  struct File;
  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out);
  static const sqlite3_io_methods& methods();
  bool fails();

  std::string name_;
  sqlite3_vfs vfs_;
  sqlite3_vfs* real_;
  std::atomic<int> calls_ = 0;
  std::atomic<int> syncs_ = 0;
  std::atomic<int> fail_at_ = 0;  // 0: never
  std::atomic<Lasts> lasts_ = Lasts::once;
  std::map<std::string, std::string> synced_;  // path to content
};

}  // namespace collet::test
