// Finding a program, and explaining why one does not start.
#pragma once

#include <filesystem>

#include "collet/error.hpp"
#include "process/control_groups.hpp"
#include "process/process.hpp"

namespace collet::process {

/// The file that `request.executable` stands for: itself where it is absolute, else the first
/// executable file of that name in the PATH of `request.environment`. Folders of PATH that are not
/// absolute are skipped, because what they mean depends on who looks. Fails with
/// `worker_unavailable`.
[[nodiscard]] Result<std::filesystem::path> find_program(const SpawnRequest& request);

/// Why starting `program`, the file found for `request`, failed with `error_number` (an errno), in
/// words: looks at the working directory, the file, its mode and its first bytes. Reads the file
/// system and changes nothing; `worker_unavailable`, or `overloaded` where it is the host that
/// lacks descriptors, processes or memory.
[[nodiscard]] Error explain_start_failure(const SpawnRequest& request,
                                          const std::filesystem::path& program, int error_number);

/// Why `program` could not be put into a control group, with the same codes.
[[nodiscard]] Error explain_group_failure(const std::filesystem::path& program,
                                          const GroupFailure& failure);

}  // namespace collet::process
