// What the machine lets us limit by control groups, and the groups of single runs. Internal to
// process/.
//
// A host makes a folder of its own below its own control group, in each hierarchy that is of use,
// and below that one group a run: /sys/fs/cgroup/<own group>/collet-<host>/<run>. Version 2 has one
// hierarchy for everything; version 1 has one for memory and one for processes, and beside them
// a hierarchy of version 2 without controllers, whose groups can be killed at one stroke.
//
// The watcher removes the groups when all in them have ended, also after this host's death, and
// those of hosts that died with their watchers; nothing here waits for a process.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_descriptor.hpp"
#include "process/limits.hpp"

namespace collet::process {

enum class GroupVersion : std::uint8_t { v1, v2 };
/// What a hierarchy can limit.
enum class GroupResource : std::uint8_t { memory, processes };

/// The groups of one run, one in each hierarchy.
class ControlGroup {
 public:
  ControlGroup() = default;  ///< of a machine that has none to offer

  /// One of its folders, for people.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// Descriptors of the files that the first process of the run writes itself to.
  [[nodiscard]] std::vector<int> entrances() const;
  /// They are of no use once it has.
  void close_entrances() { entrances_.clear(); }
  /// What the kernel has counted so far; reads one small file a limit, and tells what it read last
  /// where that cannot be read now.
  [[nodiscard]] LimitsHit hits();

 private:
  friend class ControlGroups;
  struct Counter {
    std::filesystem::path file;
    std::string_view word;
    std::uint64_t LimitsHit::*counts;
    std::uint64_t last = 0;
  };
  std::filesystem::path folder_;
  std::vector<FileDescriptor> entrances_;
  std::vector<Counter> counters_;
};

/// What could not be done with the group of a run.
struct GroupFailure {
  std::filesystem::path folder;
  std::string_view step;  ///< "made", "limited", "entered"
  int error_number;
};

class ControlGroups {
 public:
  /// Looks at what there is and changes nothing. `host` names this host as no other is named.
  /// `root` is where /proc and /sys are found: "/", but in tests.
  explicit ControlGroups(std::string_view host, const std::filesystem::path& root = "/");

  /// Removes what holds nobody, where no watcher has.
  ~ControlGroups();
  ControlGroups(const ControlGroups&) = delete;
  ControlGroups& operator=(const ControlGroups&) = delete;

  /// The host's folders, made or not: whoever removes them has removed all groups.
  [[nodiscard]] std::vector<std::filesystem::path> host_folders() const;

  /// Makes the host's folders; what refuses is not used. Where this process is alone in a group of
  /// version 2 that is handed down to it, it moves into a group below that, `collet.self`, because
  /// the kernel lets no group have processes and limits for others at once. It stays there. Once it
  /// answers 0 it is done. Else it is an errno, EMFILE or ENFILE: what there is could not be seen
  /// or made for want of descriptors, and is tried anew by the next call.
  [[nodiscard]] int prepare();
  /// Makes the groups of a run, with its limits.
  [[nodiscard]] std::expected<ControlGroup, GroupFailure> make(std::uint64_t run,
                                                               const ResourceLimits& limits);

  /// Why the machine does not let us limit `resource`, for people; empty where it does.
  [[nodiscard]] const std::string& obstacle(GroupResource resource) const;

 private:
  struct Hierarchy {
    GroupVersion version;
    std::filesystem::path place;  // our own group
    std::vector<GroupResource> resources;
    FileDescriptor lock{};  // of the host's folder, once it is made
  };

  class Sight;

  void look();
  void look_at_mounts(Sight& sight);
  void add_v1(std::filesystem::path place, GroupResource resource);
  void add_v2(Sight& sight, std::filesystem::path place);
  [[nodiscard]] static std::string why_not_v2(Sight& sight, const std::filesystem::path& place);
  [[nodiscard]] std::filesystem::path host_folder(const Hierarchy& hierarchy) const;
  [[nodiscard]] int open_folder(Hierarchy& hierarchy) const;
  [[nodiscard]] static int hand_down(Sight& sight, const Hierarchy& hierarchy);
  void give_up(const Hierarchy& hierarchy, int error_number);

  const std::filesystem::path root_;
  const std::string folder_name_;
  int blinded_by_ = 0;  // an errno, where the look missed something for want of descriptors
  std::vector<Hierarchy> hierarchies_;
  std::string memory_obstacle_;
  std::string processes_obstacle_;
};

}  // namespace collet::process
