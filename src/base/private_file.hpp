// Files that nobody but their owner may read: keys, tokens, secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "collet/error.hpp"

namespace collet {

/// What is in `file`, all of it. It has to be a regular file of this program's user, or of root,
/// that no group and nobody else may read or write: else `forbidden`, and nothing is read. Fails
/// otherwise as `read_file`. Blocks; any thread.
[[nodiscard]] Result<std::string> read_private_file(const std::filesystem::path& file,
                                                    std::size_t bytes_max);

enum class FileMade : std::uint8_t { now, before };

/// Makes `file` with mode 0600; once this returns it is there whole, also after a loss of power.
/// One that is there already stays as it is. Fails with `store_unavailable`, or `overloaded` where
/// the host has too many open files. Blocks; any thread.
[[nodiscard]] Result<FileMade> make_private_file(const std::filesystem::path& file,
                                                 std::string_view bytes);

}  // namespace collet
