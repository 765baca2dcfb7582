// A library to preload, which makes calls fail that would make a descriptor.
//
// The variable COLLET_DESCRIPTOR_FAULTS names a file that this library maps and the test writes:
// for each kind of call, in the order of `Kind`, four 32-bit numbers in the machine's own byte
// order.
//   seen     how many calls there were, counted from 0 by this library
//   first    the number of the first call that fails, the next one being seen + 1; 0: none
//   last     that of the last
//   error    the errno
//
// What the C library opens by itself, such as time zones, is not seen, and neither is what the
// runtime of a sanitizer opens.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

enum Kind { k_open, k_pipe, k_socket, k_accept, k_pidfd, k_eventfd, k_epoll, k_timerfd, k_kinds };

struct Fault {
  std::uint32_t seen;
  std::uint32_t first;
  std::uint32_t last;
  std::int32_t error;
};

Fault* faults = nullptr;

[[gnu::constructor]] void map_faults() {
  const char* const file = std::getenv("COLLET_DESCRIPTOR_FAULTS");
  if (file == nullptr) return;
  const auto descriptor = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, file, O_RDWR));
  if (descriptor < 0) std::abort();
  void* const mapped =
      ::mmap(nullptr, k_kinds * sizeof(Fault), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (mapped == MAP_FAILED) std::abort();
  faults = static_cast<Fault*>(mapped);
}

/// Counts a call; whether it fails, with errno set.
bool fails(Kind kind) {
  if (faults == nullptr) return false;
  auto& fault = faults[kind];
  const auto number = __atomic_add_fetch(&fault.seen, 1, __ATOMIC_RELAXED);
  const auto first = __atomic_load_n(&fault.first, __ATOMIC_RELAXED);
  if (first == 0 || number < first) return false;
  if (number > __atomic_load_n(&fault.last, __ATOMIC_RELAXED)) return false;
  errno = __atomic_load_n(&fault.error, __ATOMIC_RELAXED);
  return true;
}

/// The function of this name that would have been called.
template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

int open_file(int folder, const char* path, int flags, std::va_list more) {
  const bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  const unsigned mode = makes ? va_arg(more, unsigned) : 0;
  if (fails(k_open)) return -1;
  return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const int descriptor = open_file(AT_FDCWD, path, flags, more);
  va_end(more);
  return descriptor;
}

int open64(const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const int descriptor = open_file(AT_FDCWD, path, flags, more);
  va_end(more);
  return descriptor;
}

int openat(int folder, const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const int descriptor = open_file(folder, path, flags, more);
  va_end(more);
  return descriptor;
}

int openat64(int folder, const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const int descriptor = open_file(folder, path, flags, more);
  va_end(more);
  return descriptor;
}

FILE* fopen(const char* path, const char* mode) {
  static const auto next = real<FILE* (*)(const char*, const char*)>("fopen");
  return fails(k_open) ? nullptr : next(path, mode);
}

FILE* fopen64(const char* path, const char* mode) {
  static const auto next = real<FILE* (*)(const char*, const char*)>("fopen64");
  return fails(k_open) ? nullptr : next(path, mode);
}

DIR* opendir(const char* path) {
  static const auto next = real<DIR* (*)(const char*)>("opendir");
  return fails(k_open) ? nullptr : next(path);
}

int pipe2(int* ends, int flags) {
  return fails(k_pipe) ? -1 : static_cast<int>(::syscall(SYS_pipe2, ends, flags));
}

int socket(int domain, int type, int protocol) noexcept {
  return fails(k_socket) ? -1 : static_cast<int>(::syscall(SYS_socket, domain, type, protocol));
}

int accept4(int listening, sockaddr* address, socklen_t* size, int flags) {
  return fails(k_accept)
             ? -1
             : static_cast<int>(::syscall(SYS_accept4, listening, address, size, flags));
}

int pidfd_open(pid_t pid, unsigned flags) noexcept {
  return fails(k_pidfd) ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, pid, flags));
}

int eventfd(unsigned count, int flags) noexcept {
  return fails(k_eventfd) ? -1 : static_cast<int>(::syscall(SYS_eventfd2, count, flags));
}

int epoll_create1(int flags) noexcept {
  return fails(k_epoll) ? -1 : static_cast<int>(::syscall(SYS_epoll_create1, flags));
}

int timerfd_create(int clock, int flags) noexcept {
  return fails(k_timerfd) ? -1 : static_cast<int>(::syscall(SYS_timerfd_create, clock, flags));
}

}  // extern "C"
