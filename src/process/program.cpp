#include "process/program.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "base/descriptors.hpp"

namespace collet::process {
namespace {

namespace fs = std::filesystem;

// Processes end all the time, and give their share back.
constexpr std::chrono::seconds k_retry_after(1);

struct Explanation {
  std::string problem;  // goes on from "cannot start <program>: "
  std::string remedy;
};

Error make_error(std::string_view program, Explanation explanation) {
  return {.code = ErrorCode::worker_unavailable,
          .message = fmt::format("cannot start {}: {}", program, explanation.problem),
          .remedy = std::move(explanation.remedy)};
}

std::optional<struct stat> look_at(const fs::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return found;
}

std::string mode_of(const struct stat& file) {
  return fmt::format("{:04o}", file.st_mode & 07777u);
}

std::string error_text(int error_number) {
  return std::generic_category().message(error_number);
}

bool is_executable_file(const fs::path& path) {
  const auto found = look_at(path);
  return found && S_ISREG(found->st_mode) && ::access(path.c_str(), X_OK) == 0;
}

std::string_view variable(const SpawnRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.environment) {
    if (key == name) return value;
  }
  return {};
}

std::optional<Explanation> explain_directory(const fs::path& directory) {
  if (directory.empty()) return std::nullopt;
  const auto found = look_at(directory);
  if (!found) {
    const int error_number = errno;
    if (error_number == ENOENT) {
      return Explanation{fmt::format("its working directory {} does not exist", directory.native()),
                         "create it, or install the plugin again"};
    }
    return Explanation{fmt::format("its working directory {} cannot be reached: {}",
                                   directory.native(), error_text(error_number)),
                       "check the rights and links of the folders above it"};
  }
  if (!S_ISDIR(found->st_mode)) {
    return Explanation{
        fmt::format("its working directory {} is not a directory", directory.native()),
        "remove what is there, or choose another directory"};
  }
  if (::access(directory.c_str(), X_OK) != 0) {
    return Explanation{fmt::format("its working directory {} may not be entered (mode {})",
                                   directory.native(), mode_of(*found)),
                       "let the user that the host runs as enter it"};
  }
  return std::nullopt;
}

// --- what the first bytes of the file say ---

struct Machine {
  unsigned code;
  std::string_view name;
};

constexpr std::array k_machines{
    Machine{EM_X86_64, "x86-64"},  Machine{EM_AARCH64, "aarch64"}, Machine{EM_386, "i386"},
    Machine{EM_ARM, "32-bit ARM"}, Machine{EM_RISCV, "RISC-V"},    Machine{EM_PPC64, "ppc64"},
    Machine{EM_S390, "s390x"},
};

#if defined(__x86_64__)
constexpr unsigned k_this_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned k_this_machine = EM_AARCH64;
#else
#error "say which ELF machine this is"
#endif

std::string machine_name(unsigned code) {
  const auto* row = std::ranges::find(k_machines, code, &Machine::code);
  return row != k_machines.end() ? std::string(row->name) : fmt::format("ELF machine {}", code);
}

template <class T>
std::optional<T> read_at(std::string_view bytes, std::size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// The dynamic loader that a 64-bit ELF program names, or nothing.
std::optional<std::string> loader_of(std::string_view head) {
  const auto header = read_at<Elf64_Ehdr>(head, 0);
  if (!header) return std::nullopt;
  for (unsigned i = 0; i < header->e_phnum; ++i) {
    const auto segment = read_at<Elf64_Phdr>(head, header->e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) return std::nullopt;
    if (segment->p_type != PT_INTERP || segment->p_offset >= head.size()) continue;
    const auto text = head.substr(segment->p_offset, segment->p_filesz);
    return std::string(text.substr(0, text.find('\0')));
  }
  return std::nullopt;
}

std::optional<Explanation> explain_elf(std::string_view head) {
  const auto machine_bytes =
      read_at<std::array<unsigned char, 2>>(head, offsetof(Elf64_Ehdr, e_machine));
  if (!machine_bytes) {
    return Explanation{"it is an ELF program that was cut short", "install it again"};
  }
  const bool big_endian = head[EI_DATA] == ELFDATA2MSB;
  const unsigned machine = big_endian ? (*machine_bytes)[0] * 256u + (*machine_bytes)[1]
                                      : (*machine_bytes)[1] * 256u + (*machine_bytes)[0];
  if (machine != k_this_machine) {
    return Explanation{fmt::format("it is a program for {}, and this machine is {}",
                                   machine_name(machine), machine_name(k_this_machine)),
                       fmt::format("install the build for {}", machine_name(k_this_machine))};
  }
  if (head[EI_CLASS] != ELFCLASS64) return std::nullopt;
  const auto loader = loader_of(head);
  if (!loader || look_at(*loader)) return std::nullopt;
  if (loader->contains("musl")) {
    return Explanation{
        fmt::format("its dynamic loader {} does not exist; it was built for musl (Alpine Linux)",
                    *loader),
        "install the build for glibc, or the package musl"};
  }
  return Explanation{fmt::format("its dynamic loader {} does not exist", *loader),
                     "install the build for this system, or the package that has the loader"};
}

std::optional<Explanation> explain_script(const fs::path& program, std::string_view head) {
  auto line = head.substr(0, head.find('\n'));
  auto rest = line.substr(2);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  const auto interpreter = rest.substr(0, rest.find_first_of(" \t"));
  if (line.ends_with('\r')) {
    return Explanation{
        "its first line ends with CR LF, so the name of its interpreter ends with CR",
        fmt::format("convert it to Unix line ends: sed -i 's/\\r$//' {}", program.native())};
  }
  if (interpreter.empty()) {
    return Explanation{"its first line is \"#!\" without an interpreter",
                       "name one there, for example #!/bin/sh"};
  }
  const auto found = look_at(fs::path(interpreter));
  if (!found) {
    return Explanation{fmt::format("its interpreter {} does not exist (its first line is \"{}\")",
                                   interpreter, line),
                       fmt::format("install {}, or correct the first line", interpreter)};
  }
  if (!is_executable_file(fs::path(interpreter))) {
    return Explanation{
        fmt::format("its interpreter {} is not executable (mode {})", interpreter, mode_of(*found)),
        fmt::format("run: chmod +x {}", interpreter)};
  }
  return std::nullopt;
}

std::optional<Explanation> explain_content(const fs::path& program, int error_number) {
  std::string head(4096, '\0');  // ELF headers and the name of the loader stand in the first page
  std::ifstream file(program, std::ios::binary);
  if (!file) return std::nullopt;
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));

  if (head.empty()) return Explanation{"the file is empty", "install it again"};
  if (head.starts_with("#!")) return explain_script(program, head);
  if (head.starts_with(ELFMAG)) return explain_elf(head);
  if (error_number != ENOEXEC) return std::nullopt;
  if (head.starts_with("MZ")) {
    return Explanation{"it is a Windows program", "install the build for Linux"};
  }
  if (head.starts_with("\xcf\xfa\xed\xfe") || head.starts_with("\xca\xfe\xba\xbe")) {
    return Explanation{"it is a macOS program", "install the build for Linux"};
  }
  return Explanation{"it is neither an ELF program nor a script with a \"#!\" line",
                     "name its interpreter in the first line, for example #!/bin/sh"};
}

std::optional<Explanation> explain_file(const fs::path& program, int error_number) {
  const auto found = look_at(program);
  if (!found) {
    const int why = errno;
    if (why == ENOENT) {
      return Explanation{"the file does not exist", "check the path, or install the program"};
    }
    return Explanation{fmt::format("the file cannot be reached: {}", error_text(why)),
                       "check the rights and links of the folders above it"};
  }
  if (S_ISDIR(found->st_mode)) {
    return Explanation{"it is a directory", "name the program inside it"};
  }
  if (!S_ISREG(found->st_mode)) {
    return Explanation{"it is not a regular file", "name a program or a script"};
  }
  if (::access(program.c_str(), X_OK) != 0) {
    return Explanation{fmt::format("it is not executable (mode {})", mode_of(*found)),
                       fmt::format("run: chmod +x {}", program.native())};
  }
  struct statvfs file_system {};
  if (error_number == EACCES && ::statvfs(program.c_str(), &file_system) == 0 &&
      (file_system.f_flag & ST_NOEXEC) != 0) {
    return Explanation{"it stands on a file system that is mounted noexec",
                       "move it, or mount that file system with exec"};
  }
  return explain_content(program, error_number);
}

// What the host itself lacks.
std::optional<Explanation> explain_lack(int error_number) {
  switch (error_number) {
    case EAGAIN:
      return Explanation{"the limit of processes is reached",
                         "raise the limit (ulimit -u, or TasksMax of the service), or run fewer "
                         "plugins"};
    case ENOMEM:
      return Explanation{"there is not enough memory", "free some, or run fewer plugins"};
    default:
      return std::nullopt;
  }
}

// Failures that are about neither the host nor the file.
std::optional<Explanation> explain_start(int error_number) {
  switch (error_number) {
    case E2BIG:
      return Explanation{"its arguments and environment are too long",
                         "shorten the configuration that is handed to it"};
    case ETXTBSY:
      return Explanation{"the file is being written", "try again when its installation has ended"};
    default:
      return std::nullopt;
  }
}

// Those say nothing about the program: it may start a moment later.
std::optional<Error> lack_of_the_host(std::string_view program, int error_number) {
  if (is_out_of_descriptors(error_number)) {
    return too_many_open_files(fmt::format("cannot start {}", program), error_number);
  }
  auto lack = explain_lack(error_number);
  if (!lack) return std::nullopt;
  auto error = make_error(program, std::move(*lack));
  error.code = ErrorCode::overloaded;
  error.retry_after = k_retry_after;
  return error;
}

}  // namespace

Result<fs::path> find_program(const SpawnRequest& request) {
  const auto& name = request.executable;
  if (name.is_absolute()) return name;
  const auto refuse = [&](Explanation explanation) {
    return std::unexpected(make_error(name.native(), std::move(explanation)));
  };
  if (name.empty()) {
    return std::unexpected(make_error("a program", {"its name is empty", "name the program"}));
  }
  if (name.native().contains('/')) {
    return refuse({"the path is relative", "give an absolute path, or a bare name to look up"});
  }
  const auto path_variable = variable(request, "PATH");
  if (path_variable.empty()) {
    return refuse({"its environment has no PATH to look the name up in",
                   "give an absolute path, or set PATH"});
  }
  std::optional<fs::path> unusable;
  for (std::size_t begin = 0; begin <= path_variable.size();) {
    const auto end = std::min(path_variable.find(':', begin), path_variable.size());
    const fs::path folder(path_variable.substr(begin, end - begin));
    begin = end + 1;
    if (!folder.is_absolute()) continue;
    auto candidate = folder / name;
    if (is_executable_file(candidate)) return candidate;
    if (!unusable && look_at(candidate)) unusable = std::move(candidate);
  }
  if (unusable) return std::unexpected(explain_start_failure(request, *unusable, EACCES));
  return refuse({fmt::format("no folder of PATH has it (PATH={})", path_variable),
                 fmt::format("install {}, or give its absolute path", name.native())});
}

Error explain_start_failure(const SpawnRequest& request, const fs::path& program,
                            int error_number) {
  if (auto lack = lack_of_the_host(program.native(), error_number)) return *std::move(lack);
  auto explanation = explain_start(error_number);
  if (!explanation) explanation = explain_directory(request.directory);
  if (!explanation) explanation = explain_file(program, error_number);
  if (!explanation) {
    explanation = Explanation{error_text(error_number), "run it by hand in a shell to see more"};
  }
  return make_error(program.native(), std::move(*explanation));
}

Error explain_group_failure(const fs::path& program, const GroupFailure& failure) {
  // Of a group EAGAIN says that there are too many.
  if (failure.error_number != EAGAIN) {
    if (auto lack = lack_of_the_host(program.native(), failure.error_number)) return *lack;
  }
  return make_error(
      program.native(),
      {fmt::format("its control group {} cannot be {}: {}", failure.folder.native(), failure.step,
                   error_text(failure.error_number)),
       "see that nobody removes it, and that cgroup.max.descendants and cgroup.max.depth allow "
       "it"});
}

}  // namespace collet::process
