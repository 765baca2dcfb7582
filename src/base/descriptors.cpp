#include "base/descriptors.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <system_error>
#include <utility>

namespace collet {
namespace {

// Connections and calls end all the time, and give theirs back.
constexpr std::chrono::seconds k_retry_after(1);

}  // namespace

std::uint64_t open_files_max() {
  rlimit limit{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

Error too_many_open_files(std::string_view attempt, int error_number) {
  Error error{.code = ErrorCode::overloaded};
  if (error_number == EMFILE) {
    error.message = fmt::format("{}: the host has too many open files (its limit is {})", attempt,
                                open_files_max());
    error.remedy =
        "raise the limit (ulimit -n, or LimitNOFILE= of its service), or run fewer plugins";
  } else {
    error.message = fmt::format("{}: the machine has too many open files", attempt);
    error.remedy = "raise fs.file-max with sysctl, or end what holds so many files";
  }
  error.retry_after = k_retry_after;
  return error;
}

std::unexpected<Error> fail_by_system(ErrorCode code, std::string_view attempt, int error_number,
                                      std::string remedy) {
  if (is_out_of_descriptors(error_number)) {
    return std::unexpected(too_many_open_files(attempt, error_number));
  }
  return fail(code, fmt::format("{}: {}", attempt, std::generic_category().message(error_number)),
              std::move(remedy));
}

}  // namespace collet
