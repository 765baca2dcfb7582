// Where file descriptors run out: how many there may be, and what every room says then.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

#include "collet/error.hpp"

namespace collet {

/// How many files, sockets and pipes this process may have open: the soft limit of RLIMIT_NOFILE.
[[nodiscard]] std::uint64_t open_files_max();

/// Whether `error_number` (an errno) tells of too many open files, in this process (EMFILE) or in
/// the whole machine (ENFILE). That is the host's own trouble and says nothing of what was to be
/// opened.
[[nodiscard]] inline bool is_out_of_descriptors(int error_number) {
  return error_number == EMFILE || error_number == ENFILE;
}

/// `overloaded`: "<attempt>: the host has too many open files (its limit is 256)", with the remedy.
/// Worth another try, because descriptors come back by themselves. `error_number` is one of the
/// two.
[[nodiscard]] Error too_many_open_files(std::string_view attempt, int error_number);

/// The failure of a system call: "<attempt>: <what error_number says>", with `code` and `remedy`;
/// or `too_many_open_files`, where it is that, whose code and remedy are its own.
[[nodiscard]] std::unexpected<Error> fail_by_system(ErrorCode code, std::string_view attempt,
                                                    int error_number, std::string remedy = {});

}  // namespace collet
