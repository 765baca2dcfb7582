#include "store/fault_vfs.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <utility>

namespace collet::test {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  std::string content(static_cast<std::size_t>(file.tellg()), '\0');
  file.seekg(0).read(content.data(), std::ssize(content));
  return content;
}

}  // namespace

/// Ours, followed in memory by the real VFS's own.
struct FaultVfs::File {
  sqlite3_file base;
  FaultVfs* disk;
  const char* path;  // SQLite keeps it as long as the file is open

  static File* of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
  static sqlite3_file* real(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(of(file) + 1);
  }
};

FaultVfs::FaultVfs() : real_(sqlite3_vfs_find(nullptr)) {
  name_ = "fault-" + std::to_string(reinterpret_cast<std::uintptr_t>(this));
  vfs_ = *real_;
  vfs_.zName = name_.c_str();
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
  vfs_.pNext = nullptr;
  vfs_.pAppData = this;
  vfs_.xOpen = &FaultVfs::open;
  // The others get our sqlite3_vfs; the real one looks at its own data only.
  vfs_.xDelete = [](sqlite3_vfs* vfs, const char* path, int sync) {
    auto& disk = *static_cast<FaultVfs*>(vfs->pAppData);
    if (disk.fails()) return SQLITE_IOERR_DELETE;
    if (sync != 0) disk.synced_.erase(path);  // else it may come back
    return disk.real_->xDelete(disk.real_, path, sync);
  };
  vfs_.xAccess = [](sqlite3_vfs* vfs, const char* path, int flags, int* out) {
    auto* real = static_cast<FaultVfs*>(vfs->pAppData)->real_;
    return real->xAccess(real, path, flags, out);
  };
  vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* path, int size, char* out) {
    auto* real = static_cast<FaultVfs*>(vfs->pAppData)->real_;
    return real->xFullPathname(real, path, size, out);
  };
  sqlite3_vfs_register(&vfs_, 0);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&vfs_);
}

void FaultVfs::fail_at(int call, Lasts lasts) {
  lasts_ = lasts;
  fail_at_ = call;
}

bool FaultVfs::fails() {
  const int call = ++calls_;
  const int first = fail_at_;
  return first != 0 && (call == first || (call > first && lasts_ == Lasts::until_healed));
}

int FaultVfs::open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
  auto& disk = *static_cast<FaultVfs*>(vfs->pAppData);
  file->pMethods = nullptr;
  if (disk.fails()) return SQLITE_CANTOPEN;
  auto* real = File::real(file);
  const int code = disk.real_->xOpen(disk.real_, path, real, flags, out);
  if (code != SQLITE_OK) return code;
  *File::of(file) = File{.base = {.pMethods = &methods()}, .disk = &disk, .path = path};
  if (path != nullptr) disk.synced_.try_emplace(path, content_of(path));
  return SQLITE_OK;
}

const sqlite3_io_methods& FaultVfs::methods() {
  static constexpr auto real = &File::real;
  static const sqlite3_io_methods table{
      .iVersion = 3,
      .xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
      .xRead =
          [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
            if (File::of(f)->disk->fails()) return SQLITE_IOERR_READ;
            return real(f)->pMethods->xRead(real(f), to, size, at);
          },
      .xWrite =
          [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
            auto& disk = *File::of(f)->disk;
            if (disk.fails()) return disk.calls_ % 2 == 0 ? SQLITE_FULL : SQLITE_IOERR_WRITE;
            return real(f)->pMethods->xWrite(real(f), from, size, at);
          },
      .xTruncate =
          [](sqlite3_file* f, sqlite3_int64 size) {
            if (File::of(f)->disk->fails()) return SQLITE_IOERR_TRUNCATE;
            return real(f)->pMethods->xTruncate(real(f), size);
          },
      .xSync =
          [](sqlite3_file* f, int) {
            auto& file = *File::of(f);
            if (file.disk->fails()) return SQLITE_IOERR_FSYNC;
            ++file.disk->syncs_;
            // The real disk need not be asked: this is where the test reads what it would hold.
            file.disk->synced_[file.path] = content_of(file.path);
            return SQLITE_OK;
          },
      .xFileSize = [](sqlite3_file* f,
                      sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); },
      .xLock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); },
      .xUnlock = [](sqlite3_file* f,
                    int level) { return real(f)->pMethods->xUnlock(real(f), level); },
      .xCheckReservedLock =
          [](sqlite3_file* f, int* out) {
            return real(f)->pMethods->xCheckReservedLock(real(f), out);
          },
      .xFileControl =
          [](sqlite3_file* f, int what, void* value) {
            return real(f)->pMethods->xFileControl(real(f), what, value);
          },
      .xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
      .xDeviceCharacteristics =
          [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
      .xShmMap =
          [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
            return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
          },
      .xShmLock =
          [](sqlite3_file* f, int offset, int count, int flags) {
            return real(f)->pMethods->xShmLock(real(f), offset, count, flags);
          },
      .xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
      .xShmUnmap = [](sqlite3_file* f,
                      int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); },
      .xFetch = [](sqlite3_file* f, sqlite3_int64 at, int size,
                   void** out) { return real(f)->pMethods->xFetch(real(f), at, size, out); },
      .xUnfetch = [](sqlite3_file* f, sqlite3_int64 at,
                     void* page) { return real(f)->pMethods->xUnfetch(real(f), at, page); },
  };
  return table;
}

void FaultVfs::lose_power(std::uint32_t seed) {
  constexpr std::size_t sector_bytes = 512;
  std::minstd_rand random(seed);
  for (const auto& [path, synced] : synced_) {
    auto written = content_of(path);
    std::string left = synced;
    if (seed != 0) {
      left.resize(std::max(synced.size(), written.size()));
      for (std::size_t at = 0; at < written.size(); at += sector_bytes) {
        const auto size = std::min(sector_bytes, written.size() - at);
        if (random() % 2 == 0) left.replace(at, size, written, at, size);
      }
    }
    std::ofstream(path, std::ios::binary | std::ios::trunc) << left;
    std::filesystem::remove(path + "-shm");
  }
}

}  // namespace collet::test
