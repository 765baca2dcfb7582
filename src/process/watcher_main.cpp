// collet-watcher: ends what workers leave behind. One runs beside each host, which tells it of
// every run of a process; when the host itself is gone, however it ended, it kills whatever the
// host had started and is still there, and ends.
//
//   collet-watcher HOST PID [FOLDER...]   started by the host HOST, whose process is PID; not for
//   people
//
// Lines of its input:
//   start RUN PID     the process PID is the first of RUN, and leads a group
//   end RUN           nothing of RUN may be left; the answer is "RUN KILLED", the number of
//   processes stop              nothing of any run may be left, and the watcher is to end
// A run's processes carry its mark, and are in the control groups FOLDER/RUN. When nothing is left
// of it these groups are removed, and at the end the FOLDERs; at the start also those of hosts that
// died together with their watchers.
//
// The end of its input, and the end of its parent, mean the same as `stop`. (A program that embeds
// a host and forks gives the other end of this pipe to its children.)
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

extern "C" {  // glibc 2.36 forgets it in this header
#include <sys/pidfd.h>
}

#include "base/descriptors.hpp"
#include "base/file_descriptor.hpp"
#include "process/group_folder.hpp"
#include "process/marked.hpp"
#include "process/process_stat.hpp"

namespace {

using namespace collet::process;
using collet::FileDescriptor;

// A process in the middle of execve shows no mark for a moment, so one look that finds nobody says
// little. Of 13,000 looks at a process that did nothing else, a fifth fell into such a moment.
constexpr int k_empty_looks = 3;
constexpr std::chrono::milliseconds k_between_looks(10);
// From SIGKILL until the kernel has taken a process apart: long only where it waits for a device.
// What is left of a run then is looked for again, every second.
constexpr std::chrono::seconds k_patience(2);
// At the end nobody waits, but for a program that goes on without its host.
constexpr std::chrono::seconds k_last_patience(60);

using Runs = std::map<std::string, std::set<pid_t>, std::less<>>;  // with the killed of each

class Watcher {
 public:
  Watcher(std::string_view host, pid_t host_pid, std::vector<std::filesystem::path> group_folders)
      : host_(host), host_pid_(host_pid), group_folders_(std::move(group_folders)) {}

  /// False where it is to end.
  bool obey(const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    std::string run;
    pid_t pid = 0;
    words >> verb >> run >> pid;
    if (verb == "stop") return false;
    if (run.empty()) return true;
    if (verb == "start") started(run, pid);
    if (verb == "end") {
      leaders_.erase(run);
      ended_.try_emplace(run);
    }
    return true;
  }

  /// Whether something is left of a run, for all that was done.
  [[nodiscard]] bool is_behind() const { return !ended_.empty() || dead_hosts_left_; }

  /// Kills what hosts left behind that died together with their watchers.
  void sweep_dead_hosts() {
    dead_hosts_left_ = false;
    for (const auto& folder : group_folders_) {
      dead_hosts_left_ |= !collet::process::sweep_dead_hosts(folder.parent_path());
    }
  }

  /// Kills what is left of the runs that have ended.
  void sweep() {
    if (dead_hosts_left_) sweep_dead_hosts();
    if (ended_.empty()) return;
    const auto is_over = [&](std::string_view mark) { return ended_.contains(run_of(mark)); };
    const auto kill_groups = [&] {
      bool found = false;
      for (auto& [run, killed] : ended_) {
        for (const auto& folder : group_folders_) {
          found |= kill_group(folder / run, [&](pid_t pid) { killed.insert(pid); });
        }
      }
      return found;
    };
    if (!kill_all(is_over, kill_groups, k_patience)) return;
    std::string answers;
    std::erase_if(ended_, [&](const auto& each) {
      const auto& [run, killed] = each;
      bool removed = true;
      for (const auto& folder : group_folders_) removed &= remove_group(folder / run);
      if (removed) answers += run + ' ' + std::to_string(killed.size()) + '\n';
      return removed;
    });
    // To a pipe that holds thousands of answers. A host that is gone misses them.
    static_cast<void>(!::write(STDOUT_FILENO, answers.data(), answers.size()));
  }

  void sweep_everything() {
    // First by group: members may have overwritten their environment, as programs do that change
    // their title.
    for (const auto& [run, leader] : leaders_) leader.kill_group();
    const auto is_ours = [&](std::string_view mark) { return !run_of(mark).empty(); };
    const auto kill_groups = [&] {
      bool found = false;
      for (const auto& folder : group_folders_) found |= kill_group(folder, [](pid_t) {});
      return found;
    };
    if (!kill_all(is_ours, kill_groups, k_last_patience)) return;
    for (const auto& folder : group_folders_) remove_group(folder);
  }

 private:
  struct Leader {
    pid_t pid;
    FileDescriptor pidfd;

    /// While the leader has not been reaped its number is its group's and nobody else's.
    void kill_group() const {
      if (::pidfd_send_signal(pidfd.get(), 0, nullptr, 0) == 0) ::kill(-pid, SIGKILL);
    }
  };

  /// The run in a mark, empty where it is another host's.
  [[nodiscard]] std::string_view run_of(std::string_view mark) const {
    if (!mark.starts_with(host_) || !mark.substr(host_.size()).starts_with('/')) return {};
    return mark.substr(host_.size() + 1);
  }

  void started(const std::string& run, pid_t pid) {
    Leader leader{.pid = pid, .pidfd = FileDescriptor(::pidfd_open(pid, 0))};
    // It may have ended and its number gone to another before this line was read; a child of the
    // host that leads a group is one of its runs in any case.
    const auto stat = read_stat(pid);
    if (leader.pidfd && stat && stat->parent == host_pid_ && stat->group == pid) {
      leaders_.emplace(run, std::move(leader));
    }
  }

  /// Until nobody is left; false where some survive for longer than `patience`.
  bool kill_all(const MarkTest& is_meant, const std::function<bool()>& kill_groups,
                std::chrono::milliseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    const auto note = [&](pid_t pid, const std::string& mark) {
      if (const auto run = ended_.find(run_of(mark)); run != ended_.end()) run->second.insert(pid);
    };
    for (int empty_looks = 0; empty_looks < k_empty_looks;) {
      const bool found = kill_groups() | kill_marked(is_meant, note);
      empty_looks = found ? 0 : empty_looks + 1;
      if (std::chrono::steady_clock::now() > end) return false;
      if (empty_looks < k_empty_looks) std::this_thread::sleep_for(k_between_looks);
    }
    return true;
  }

  const std::string_view host_;
  const pid_t host_pid_;
  const std::vector<std::filesystem::path> group_folders_;
  bool dead_hosts_left_ = false;
  std::map<std::string, Leader, std::less<>> leaders_;  // of runs that have not ended
  Runs ended_;
};

/// Obeys the complete lines of `input` and takes them off; false where one says `stop`.
bool obey_lines(Watcher& watcher, std::string& input) {
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = input.find('\n', begin)) != input.npos; begin = end + 1) {
    if (!watcher.obey(input.substr(begin, end - begin))) return false;
  }
  input.erase(0, begin);
  return true;
}

/// Obeys until the host wants no more, or is gone.
void watch(Watcher& watcher, const FileDescriptor& parent) {
  std::string input;
  std::array<char, 4096> buffer;
  std::array<pollfd, 2> waiting{{{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                 {.fd = parent.get(), .events = POLLIN, .revents = 0}}};
  for (;;) {
    const int ready = ::poll(waiting.data(), waiting.size(), watcher.is_behind() ? 1000 : -1);
    if (ready < 0 && errno != EINTR) return;
    if (ready <= 0) {
      watcher.sweep();
      continue;
    }
    if (waiting[1].revents != 0) return;
    const auto got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    input.append(buffer.data(), static_cast<std::size_t>(got));
    if (!obey_lines(watcher, input)) return;
    watcher.sweep();
  }
}

/// A handle on the host, empty where it is gone. Waits for a descriptor where the machine has none:
/// to take that for the host's end would kill all its workers.
FileDescriptor handle_on(pid_t host) {
  for (;;) {
    FileDescriptor handle(::pidfd_open(host, 0));
    if (handle || !collet::is_out_of_descriptors(errno)) return handle;
    std::this_thread::sleep_for(k_between_looks);
  }
}

std::optional<pid_t> number_in(std::string_view text) {
  pid_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

int main(int count, char** values) {
  const auto parent_pid = count >= 3 ? number_in(values[2]) : std::nullopt;
  if (!parent_pid) return 2;
  // What ends a host, its terminal or its session, must not end the watcher with it.
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE}) ::signal(signal, SIG_IGN);

  Watcher watcher(values[1], *parent_pid, {values + 3, values + count});
  watcher.sweep_dead_hosts();
  const auto parent = handle_on(*parent_pid);
  // Behind the handle: where it died before, somebody else is the parent.
  if (parent && ::getppid() == *parent_pid) watch(watcher, parent);
  watcher.sweep_everything();
  return 0;
}
