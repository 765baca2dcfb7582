// Reading whole files, never more than was meant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "collet/error.hpp"

namespace collet {

enum class FileKind : std::uint8_t {
  regular,    ///< anything else is refused and not waited for: a pipe could block for ever
  any_stream  ///< also pipes and devices, such as /dev/stdin: for a path that the user typed
};

/// What is in `file`, all of it. Fails with `invalid_request` ("<file> cannot be read: …") where it
/// is missing, a folder, of another kind, or larger than `bytes_max`, and with `overloaded` where
/// the host has too many open files; at most one byte more than `bytes_max` is read. Blocks; any
/// thread.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& file,
                                            std::size_t bytes_max,
                                            FileKind kind = FileKind::regular);

/// The same for what `descriptor` has to read; `name` is for the message.
[[nodiscard]] Result<std::string> read_to_end(int descriptor, std::string_view name,
                                              std::size_t bytes_max);

}  // namespace collet
