// A control group as a folder: who is in it, ending them, removing it. For the host and for its
// watcher, which links nothing but the standard library. Each function takes a few system calls;
// none waits. What is not there holds nobody and is removed already.
#pragma once

#include <sys/types.h>

#include <expected>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_descriptor.hpp"

namespace collet::process {

/// A host's folder is this and the host's name; the groups of its runs are below, by number.
inline constexpr std::string_view k_host_folder_prefix = "collet-";
/// The group that a host itself moves to where it has to make room (control_groups.hpp); it is
/// nobody's to sweep.
inline constexpr std::string_view k_own_folder = "collet.self";

/// Up to 64 KiB of one of the kernel's small files, or the errno of why it cannot be read.
[[nodiscard]] std::expected<std::string, int> read_small_file(const std::filesystem::path& file);
/// 0, or the errno of why the kernel did not take it.
[[nodiscard]] int write_small_file(const std::filesystem::path& file, std::string_view text);

/// The processes in a group itself, or the errno of why they cannot be told.
[[nodiscard]] std::expected<std::vector<pid_t>, int> processes_in(
    const std::filesystem::path& group);

/// Sends SIGKILL to whoever is in a group or in one below it: at one stroke where there is
/// cgroup.kill, else one after the other, so that it takes several looks to end who forks. `killed`
/// gets the number of each. False where nobody was there; true where somebody may have been,
/// because there was no descriptor to look with.
bool kill_group(const std::filesystem::path& group, const std::function<void(pid_t)>& killed);

/// Removes a group and those below; false where somebody is still in one.
bool remove_group(const std::filesystem::path& group);

/// Holds a host's folder as long as the host lives: nobody else can lock it meanwhile. Else an
/// errno: EBUSY where somebody else holds it.
[[nodiscard]] std::expected<FileDescriptor, int> lock_group(
    const std::filesystem::path& host_folder);

/// Kills what is in the folders below `place` whose hosts are gone, and removes them. False where
/// something is left for now.
bool sweep_dead_hosts(const std::filesystem::path& place);

}  // namespace collet::process
