// For tests: a process that cannot open anything more.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

namespace collet {

/// As long as it lives, every call that would make a descriptor fails with EMFILE; those that are
/// open stay so. UBSan needs descriptors where it sees a type for the first time: what happens
/// meanwhile has to have happened once before.
class NoDescriptors {
 public:
  NoDescriptors() {
    (void)fmt::format("{} {}", "a text,", 1);
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::dup(STDIN_FILENO);
    ::close(lowest_free);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowest_free);
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace collet
