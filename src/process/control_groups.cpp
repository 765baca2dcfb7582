#include "process/control_groups.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <sstream>
#include <system_error>
#include <thread>
#include <utility>

#include "base/descriptors.hpp"
#include "process/group_folder.hpp"

namespace collet::process {
namespace {

namespace fs = std::filesystem;

/// How the kernel names a resource and what belongs to it, in one version.
struct Dialect {
  GroupVersion version;
  GroupResource resource;
  std::string_view controller;
  std::string_view limit_file;
  std::string_view swap_file;   ///< holds a limit of its own; may be missing
  std::string_view count_file;  ///< lines "<word> <number>"
  std::string_view count_word;
};

using enum GroupVersion;
using enum GroupResource;
constexpr std::array<Dialect, 4> k_dialects{{
    {v1, memory, "memory", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes",
     "memory.oom_control", "oom_kill"},
    {v1, processes, "pids", "pids.max", "", "pids.events", "max"},
    {v2, memory, "memory", "memory.max", "memory.swap.max", "memory.events", "oom_kill"},
    {v2, processes, "pids", "pids.max", "", "pids.events", "max"},
}};

const Dialect& dialect_of(GroupVersion version, GroupResource resource) {
  return *std::ranges::find_if(k_dialects, [&](const Dialect& each) {
    return each.version == version && each.resource == resource;
  });
}

constexpr std::uint64_t limit_of(const ResourceLimits& limits, GroupResource resource) {
  return resource == memory ? limits.memory_max : limits.processes_max;
}

constexpr std::uint64_t LimitsHit::*counter_of(GroupResource resource) {
  return resource == memory ? &LimitsHit::memory : &LimitsHit::processes;
}

bool has_word(std::string_view words, std::string_view word, char separator) {
  while (!words.empty()) {
    const auto end =
        std::min(words.find_first_of(std::array{separator, '\n', '\0'}.data()), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

std::uint64_t number_behind(std::string_view word, std::string_view lines) {
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    const auto line = lines.substr(0, end);
    if (line.starts_with(word) && line.substr(word.size()).starts_with(' ')) {
      std::uint64_t number = 0;
      std::from_chars(line.data() + word.size() + 1, line.data() + line.size(), number);
      return number;
    }
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return 0;
}

std::string error_text(int error_number) {
  return std::generic_category().message(error_number);
}

/// 0, also where it is there already; else an errno.
int make_folder(const fs::path& folder) {
  return ::mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST ? 0 : errno;
}

bool may_write(const fs::path& path) {
  return ::access(path.c_str(), W_OK) == 0;
}

bool is_at(const fs::path& path, const FileDescriptor& folder) {
  struct stat there {};
  struct stat held {};
  return ::stat(path.c_str(), &there) == 0 && ::fstat(folder.get(), &held) == 0 &&
         there.st_dev == held.st_dev && there.st_ino == held.st_ino;
}

// Before it is held, the watcher of another host that starts may take it for a dead one's, and
// removes it: it is made again then. A watcher takes some microseconds to remove an empty folder.
std::expected<FileDescriptor, int> make_and_hold(const fs::path& folder) {
  constexpr auto k_patience = std::chrono::seconds(1);
  constexpr auto k_look_again = std::chrono::microseconds(200);
  const auto give_up = std::chrono::steady_clock::now() + k_patience;
  for (;;) {
    if (const int error = make_folder(folder)) return std::unexpected(error);
    auto lock = lock_group(folder);
    if (lock && is_at(folder, *lock)) return lock;
    const int error = lock ? ENOENT : lock.error();
    if ((error != ENOENT && error != EBUSY) || std::chrono::steady_clock::now() > give_up) {
      return std::unexpected(error);
    }
    std::this_thread::sleep_for(k_look_again);
  }
}

}  // namespace

/// Reads the kernel's files; what cannot be read is taken to be empty. Knows when that was for want
/// of descriptors, so that what was not seen may be there.
class ControlGroups::Sight {
 public:
  std::string read(const fs::path& file) {
    auto text = read_small_file(file);
    if (!text) note(text.error());
    return std::move(text).value_or("");
  }
  std::vector<pid_t> members_of(const fs::path& group) {
    auto members = processes_in(group);
    if (!members) note(members.error());
    return std::move(members).value_or(std::vector<pid_t>());
  }
  /// An errno; 0 where everything was seen.
  [[nodiscard]] int blinded_by() const { return blinded_by_; }

 private:
  void note(int error_number) {
    if (is_out_of_descriptors(error_number)) blinded_by_ = error_number;
  }
  int blinded_by_ = 0;
};

namespace {

// --- what /proc says ---

/// A mounted hierarchy: `root` is the group that is seen at `point`.
struct Mount {
  std::string root;
  std::string point;
  std::string type;
  std::string options;
};

// "31 23 0:27 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory"
std::vector<Mount> cgroup_mounts(const std::string& mountinfo) {
  std::vector<Mount> mounts;
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    const auto dash = line.find(" - ");
    if (dash == line.npos) continue;
    Mount mount;
    std::string skipped;
    std::istringstream(line.substr(0, dash)) >> skipped >> skipped >> skipped >> mount.root >>
        mount.point;
    std::istringstream(line.substr(dash + 3)) >> mount.type >> skipped >> mount.options;
    if (mount.type == "cgroup" || mount.type == "cgroup2") mounts.push_back(std::move(mount));
  }
  return mounts;
}

/// The group of this process in the hierarchy of a controller, or of version 2 (""), by its
/// /proc/self/cgroup.
std::optional<std::string> own_group(const std::string& own_groups, std::string_view controller) {
  std::istringstream lines(own_groups);
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const auto controllers = std::string_view(line).substr(first + 1, second - first - 1);
    if (controller.empty() ? controllers.empty() : has_word(controllers, controller, ',')) {
      return line.substr(second + 1);
    }
  }
  return std::nullopt;
}

/// Where a group is seen; nothing where it is not below what is mounted.
std::optional<fs::path> folder_of(const fs::path& root, const Mount& mount, std::string group) {
  if (mount.root != "/") {
    if (!group.starts_with(mount.root)) return std::nullopt;
    group.erase(0, mount.root.size());
  }
  if (group.contains("/..")) return std::nullopt;  // outside of this name space
  const auto seen = root / fs::path(mount.point).relative_path();
  const auto below = fs::path(group).relative_path();
  return below.empty() ? seen : seen / below;
}

/// systemd marks the groups that it hands down.
bool is_delegated(const fs::path& group) {
  std::array<char, 2> value{};
  return ::getxattr(group.c_str(), "user.delegate", value.data(), value.size()) == 1 &&
         value[0] == '1';
}

}  // namespace

// --- one run ---

std::vector<int> ControlGroup::entrances() const {
  std::vector<int> descriptors;
  for (const auto& entrance : entrances_) descriptors.push_back(entrance.get());
  return descriptors;
}

LimitsHit ControlGroup::hits() {
  LimitsHit hits;
  for (auto& counter : counters_) {
    const auto lines = read_small_file(counter.file);
    if (lines) counter.last = number_behind(counter.word, *lines);
    hits.*counter.counts = counter.last;
  }
  return hits;
}

// --- what there is ---

ControlGroups::ControlGroups(std::string_view host, const fs::path& root)
    : root_(root), folder_name_(std::string(k_host_folder_prefix) + std::string(host)) {
  look();
}

void ControlGroups::look() {
  memory_obstacle_ = "this machine has no control groups for memory";
  processes_obstacle_ = "this machine has no control groups for processes";
  Sight sight;
  look_at_mounts(sight);
  blinded_by_ = sight.blinded_by();
  if (blinded_by_ == 0) return;
  hierarchies_.clear();
  memory_obstacle_ = processes_obstacle_ =
      too_many_open_files("the control groups cannot be read", blinded_by_).message;
}

void ControlGroups::look_at_mounts(Sight& sight) {
  const auto own_groups = sight.read(root_ / "proc/self/cgroup");
  for (const auto& mount : cgroup_mounts(sight.read(root_ / "proc/self/mountinfo"))) {
    if (mount.type == "cgroup2") {
      const auto group = own_group(own_groups, "");
      const auto place = group ? folder_of(root_, mount, *group) : std::nullopt;
      if (place) add_v2(sight, *place);
      continue;
    }
    for (const auto resource : {memory, processes}) {
      const auto controller = dialect_of(v1, resource).controller;
      if (!has_word(mount.options, controller, ',')) continue;
      const auto group = own_group(own_groups, controller);
      const auto place = group ? folder_of(root_, mount, *group) : std::nullopt;
      if (place) add_v1(*place, resource);
    }
  }
}

void ControlGroups::add_v1(fs::path place, GroupResource resource) {
  auto& obstacle = resource == memory ? memory_obstacle_ : processes_obstacle_;
  if (!may_write(place)) {
    obstacle = fmt::format("this user may make no control groups in {}", place.native());
    return;
  }
  obstacle.clear();
  // Controllers may be mounted together.
  const auto same = std::ranges::find(hierarchies_, place, &Hierarchy::place);
  if (same != hierarchies_.end()) return same->resources.push_back(resource);
  hierarchies_.push_back({.version = v1, .place = std::move(place), .resources = {resource}});
}

void ControlGroups::add_v2(Sight& sight, fs::path place) {
  // Ours since an earlier host of this process, or systemd's DelegateSubgroup=.
  if (place.filename() == k_own_folder || is_delegated(place.parent_path())) {
    place = place.parent_path();
  }
  Hierarchy found{.version = v2, .place = place, .resources = {}};
  const auto refusal = why_not_v2(sight, place);
  const auto controllers = sight.read(place / "cgroup.controllers");
  for (const auto resource : {memory, processes}) {
    if (!has_word(controllers, dialect_of(v2, resource).controller, ' ')) continue;
    (resource == memory ? memory_obstacle_ : processes_obstacle_) = refusal;
    if (refusal.empty()) found.resources.push_back(resource);
  }
  // Without controllers it still ends all processes of a run at one stroke.
  if (may_write(place)) hierarchies_.push_back(std::move(found));
}

std::string ControlGroups::why_not_v2(Sight& sight, const fs::path& place) {
  if (!may_write(place) || !may_write(place / "cgroup.subtree_control")) {
    return fmt::format("this user may make no control groups in {}", place.native());
  }
  const auto handed_down = sight.read(place / "cgroup.subtree_control");
  if (has_word(handed_down, "memory", ' ') && has_word(handed_down, "pids", ' ')) return {};
  // The root has no such file, and is the one group that may have processes beside limits.
  const bool is_root = ::access((place / "cgroup.events").c_str(), F_OK) != 0;
  const auto members = sight.members_of(place);
  if (is_root || members.empty() || members == std::vector{::getpid()}) return {};
  return fmt::format("other processes share the control group {}", place.native());
}

const std::string& ControlGroups::obstacle(GroupResource resource) const {
  return resource == memory ? memory_obstacle_ : processes_obstacle_;
}

// --- the host's folders ---

ControlGroups::~ControlGroups() {
  for (const auto& hierarchy : hierarchies_) {
    if (hierarchy.lock) remove_group(host_folder(hierarchy));
  }
}

fs::path ControlGroups::host_folder(const Hierarchy& hierarchy) const {
  return hierarchy.place / folder_name_;
}

std::vector<fs::path> ControlGroups::host_folders() const {
  std::vector<fs::path> folders;
  for (const auto& hierarchy : hierarchies_) folders.push_back(host_folder(hierarchy));
  return folders;
}

int ControlGroups::prepare() {
  if (blinded_by_ != 0) look();
  if (blinded_by_ != 0) return blinded_by_;
  for (auto& hierarchy : hierarchies_) {
    if (hierarchy.lock) continue;  // made by an earlier try
    Sight sight;
    int error_number =
        hierarchy.resources.empty() || hierarchy.version == v1 ? 0 : hand_down(sight, hierarchy);
    if (sight.blinded_by() != 0) return sight.blinded_by();
    if (error_number == 0) error_number = open_folder(hierarchy);
    if (is_out_of_descriptors(error_number)) return error_number;
    if (error_number != 0) give_up(hierarchy, error_number);
  }
  std::erase_if(hierarchies_, [](const Hierarchy& each) { return !each.lock; });
  return 0;
}

/// Lets the groups below our own have limits; an errno.
int ControlGroups::hand_down(Sight& sight, const Hierarchy& hierarchy) {
  const auto handed_down = sight.read(hierarchy.place / "cgroup.subtree_control");
  std::string wanted;
  for (const auto resource : hierarchy.resources) {
    const auto controller = dialect_of(v2, resource).controller;
    if (has_word(handed_down, controller, ' ')) continue;
    wanted += fmt::format("{}+{}", wanted.empty() ? "" : " ", controller);
  }
  if (wanted.empty()) return 0;
  if (sight.members_of(hierarchy.place) == std::vector{::getpid()}) {
    const auto own = hierarchy.place / k_own_folder;
    if (const int error = make_folder(own)) return error;
    if (const int error = write_small_file(own / "cgroup.procs", std::to_string(::getpid()))) {
      return error;
    }
  }
  return write_small_file(hierarchy.place / "cgroup.subtree_control", wanted);
}

/// Makes the host's folder and holds it; an errno.
int ControlGroups::open_folder(Hierarchy& hierarchy) const {
  const auto folder = host_folder(hierarchy);
  auto lock = make_and_hold(folder);
  if (!lock) return lock.error();
  if (hierarchy.version == v2 && !hierarchy.resources.empty()) {
    std::string wanted;
    for (const auto resource : hierarchy.resources) {
      wanted +=
          fmt::format("{}+{}", wanted.empty() ? "" : " ", dialect_of(v2, resource).controller);
    }
    if (const int error = write_small_file(folder / "cgroup.subtree_control", wanted)) {
      ::rmdir(folder.c_str());
      return error;
    }
  }
  hierarchy.lock = *std::move(lock);
  return 0;
}

void ControlGroups::give_up(const Hierarchy& hierarchy, int error_number) {
  for (const auto resource : hierarchy.resources) {
    (resource == memory ? memory_obstacle_ : processes_obstacle_) =
        fmt::format("no control group can be made in {}: {}", hierarchy.place.native(),
                    error_text(error_number));
  }
}

std::expected<ControlGroup, GroupFailure> ControlGroups::make(std::uint64_t run,
                                                              const ResourceLimits& limits) {
  ControlGroup group;
  const auto refuse = [](fs::path folder, std::string_view step, int error_number) {
    return std::unexpected(GroupFailure{std::move(folder), step, error_number});
  };
  for (auto& hierarchy : hierarchies_) {
    const auto folder = host_folder(hierarchy) / std::to_string(run);
    int error = make_folder(folder);
    if (error == ENOENT) {  // somebody tidied up
      error = open_folder(hierarchy);
      if (error == 0) error = make_folder(folder);
    }
    if (error != 0) return refuse(folder, "made", error);
    for (const auto resource : hierarchy.resources) {
      const auto& names = dialect_of(hierarchy.version, resource);
      group.counters_.push_back({.file = folder / names.count_file,
                                 .word = names.count_word,
                                 .counts = counter_of(resource)});
      const auto most = limit_of(limits, resource);
      if (most == ResourceLimits::unlimited) continue;
      error = write_small_file(folder / names.limit_file, std::to_string(most));
      // Else what does not fit into memory goes to the swap. Missing where swap is not counted.
      if (error == 0 && !names.swap_file.empty()) {
        // With what memory holds in version 1, on its own in version 2.
        const auto swap = hierarchy.version == v1 ? std::to_string(most) : "0";
        error = write_small_file(folder / names.swap_file, swap);
        if (error == ENOENT) error = 0;
      }
      if (error != 0) return refuse(folder, "limited", error);
    }
    FileDescriptor entrance(::open((folder / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    if (!entrance) return refuse(folder, "entered", errno);
    group.entrances_.push_back(std::move(entrance));
    group.folder_ = folder;
  }
  return group;
}

}  // namespace collet::process
