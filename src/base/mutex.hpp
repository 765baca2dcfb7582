// A mutex that clang's thread-safety analysis understands (std::mutex carries no annotations).
#pragma once

#include <mutex>

#if defined(__clang__)
#define COLLET_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define COLLET_THREAD_ATTRIBUTE(x)
#endif
#define GUARDED_BY(mutex) COLLET_THREAD_ATTRIBUTE(guarded_by(mutex))

namespace collet {

class COLLET_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() COLLET_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() COLLET_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// Holds a Mutex for its own lifetime. No callback runs while one is held.
class COLLET_THREAD_ATTRIBUTE(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) COLLET_THREAD_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~Lock() COLLET_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace collet
