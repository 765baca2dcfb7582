// Where the program collet-watcher is.
#pragma once

#include <filesystem>

#include "collet/error.hpp"

namespace collet {

/// `wanted` where it is given; else collet-watcher in the folder of `executable` (a build), in
/// ../libexec/collet from there (an installed daemon), or where this library was to be installed;
/// empty where it is in none of them. Fails with `invalid_request` where `wanted` is no executable
/// file.
[[nodiscard]] Result<std::filesystem::path> find_watcher(const std::filesystem::path& wanted,
                                                         const std::filesystem::path& executable);

}  // namespace collet
