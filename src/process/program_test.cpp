// The texts for every reason why a program does not start, made by really starting it.
#include "process/program.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/descriptors.hpp"
#include "process/child.hpp"

namespace collet::process {
namespace {

namespace fs = std::filesystem;

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    std::string name = (fs::temp_directory_path() / "collet_program_XXXXXX").native();
    folder_ = ::mkdtemp(name.data());
  }
  ~ProgramTest() override { fs::remove_all(folder_); }

  fs::path make_file(const std::string& name, std::string_view content, unsigned mode = 0755) {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }

  // The error of starting the program, its folder written as DIR: "message | remedy".
  std::string failure(const SpawnRequest& request) {
    const auto child = start_child(request);
    if (child) return "it started";
    EXPECT_EQ(child.error().code, ErrorCode::worker_unavailable);
    auto text = child.error().message + " | " + child.error().remedy;
    for (auto at = text.find(folder_.native()); at != std::string::npos;
         at = text.find(folder_.native())) {
      text.replace(at, folder_.native().size(), "DIR");
    }
    return text;
  }
  std::string failure(const fs::path& program) {
    return failure(SpawnRequest{.executable = program});
  }

  // A 64-bit ELF header with one segment that names a dynamic loader.
  static std::string elf(unsigned machine, std::string_view loader) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = static_cast<Elf64_Half>(machine);
    header.e_version = EV_CURRENT;
    header.e_phoff = sizeof header;
    header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 1;
    Elf64_Phdr segment{};
    segment.p_type = PT_INTERP;
    segment.p_offset = sizeof header + sizeof segment;
    segment.p_filesz = loader.size() + 1;
    std::string bytes(sizeof header + sizeof segment, '\0');
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + sizeof header, &segment, sizeof segment);
    return bytes + std::string(loader) + '\0';
  }
#if defined(__x86_64__)
  static constexpr unsigned k_this = EM_X86_64;
  static constexpr unsigned k_other = EM_AARCH64;
  const std::string this_name_ = "x86-64";
  const std::string other_name_ = "aarch64";
#else
  static constexpr unsigned k_this = EM_AARCH64;
  static constexpr unsigned k_other = EM_X86_64;
  const std::string this_name_ = "aarch64";
  const std::string other_name_ = "x86-64";
#endif

  fs::path folder_;
};

TEST_F(ProgramTest, MissingFile) {
  EXPECT_EQ(
      failure(folder_ / "tool"),
      "cannot start DIR/tool: the file does not exist | check the path, or install the program");
}

TEST_F(ProgramTest, FileBehindSomethingThatIsNoFolder) {
  make_file("file", "");
  EXPECT_EQ(failure(folder_ / "file/tool"),
            "cannot start DIR/file/tool: the file cannot be reached: Not a directory | check the "
            "rights and links of the folders above it");
}

TEST_F(ProgramTest, Directory) {
  EXPECT_EQ(failure(folder_), "cannot start DIR: it is a directory | name the program inside it");
}

TEST_F(ProgramTest, NotARegularFile) {
  EXPECT_EQ(failure("/dev/null"),
            "cannot start /dev/null: it is not a regular file | name a program or a script");
}

TEST_F(ProgramTest, NotExecutable) {
  EXPECT_EQ(failure(make_file("tool", "#!/bin/sh\n", 0644)),
            "cannot start DIR/tool: it is not executable (mode 0644) | run: chmod +x DIR/tool");
}

TEST_F(ProgramTest, EmptyFile) {
  EXPECT_EQ(failure(make_file("tool", "")),
            "cannot start DIR/tool: the file is empty | install it again");
}

TEST_F(ProgramTest, ScriptWithoutInterpreterLine) {
  EXPECT_EQ(failure(make_file("tool", "echo hello\n")),
            "cannot start DIR/tool: it is neither an ELF program nor a script with a \"#!\" line | "
            "name its interpreter in the first line, for example #!/bin/sh");
}

TEST_F(ProgramTest, InterpreterMissing) {
  EXPECT_EQ(
      failure(make_file("tool", "#! /opt/none/python -u\nprint()\n")),
      "cannot start DIR/tool: its interpreter /opt/none/python does not exist (its first line "
      "is \"#! /opt/none/python -u\") | install /opt/none/python, or correct the first line");
}

TEST_F(ProgramTest, InterpreterNotExecutable) {
  const auto interpreter = make_file("interpreter", "x", 0600);
  EXPECT_EQ(
      failure(make_file("tool", "#!" + interpreter.native() + "\n")),
      "cannot start DIR/tool: its interpreter DIR/interpreter is not executable (mode 0600) | "
      "run: chmod +x DIR/interpreter");
}

TEST_F(ProgramTest, InterpreterLineWithoutInterpreter) {
  EXPECT_EQ(
      failure(make_file("tool", "#! \necho\n")),
      "cannot start DIR/tool: its first line is \"#!\" without an interpreter | name one there, "
      "for example #!/bin/sh");
}

TEST_F(ProgramTest, WindowsLineEnds) {
  EXPECT_EQ(failure(make_file("tool", "#!/bin/sh\r\necho hello\r\n")),
            "cannot start DIR/tool: its first line ends with CR LF, so the name of its interpreter "
            "ends with CR | convert it to Unix line ends: sed -i 's/\\r$//' DIR/tool");
}

TEST_F(ProgramTest, WrongArchitecture) {
  EXPECT_EQ(failure(make_file("tool", elf(k_other, "/lib/ld.so"))),
            "cannot start DIR/tool: it is a program for " + other_name_ + ", and this machine is " +
                this_name_ + " | install the build for " + this_name_);
  EXPECT_EQ(failure(make_file("tool", elf(999, "/lib/ld.so"))),
            "cannot start DIR/tool: it is a program for ELF machine 999, and this machine is " +
                this_name_ + " | install the build for " + this_name_);
}

TEST_F(ProgramTest, DynamicLoaderMissing) {
  EXPECT_EQ(failure(make_file("tool", elf(k_this, "/lib/ld-none.so.1"))),
            "cannot start DIR/tool: its dynamic loader /lib/ld-none.so.1 does not exist | install "
            "the build for this system, or the package that has the loader");
  EXPECT_EQ(
      failure(make_file("tool", elf(k_this, "/none/ld-musl-x86_64.so.1"))),
      "cannot start DIR/tool: its dynamic loader /none/ld-musl-x86_64.so.1 does not exist; it "
      "was built for musl (Alpine Linux) | install the build for glibc, or the package musl");
}

TEST_F(ProgramTest, ElfCutShort) {
  EXPECT_EQ(failure(make_file("tool",
                              "\x7f"
                              "ELF\x02\x01")),
            "cannot start DIR/tool: it is an ELF program that was cut short | install it again");
}

TEST_F(ProgramTest, ProgramsOfOtherSystems) {
  EXPECT_EQ(failure(make_file("tool.exe", "MZ\x90")),
            "cannot start DIR/tool.exe: it is a Windows program | install the build for Linux");
  EXPECT_EQ(failure(make_file("tool", "\xcf\xfa\xed\xfe....")),
            "cannot start DIR/tool: it is a macOS program | install the build for Linux");
}

TEST_F(ProgramTest, FileBeingWritten) {
  const auto path = make_file("tool", elf(k_this, "/lib64/ld-linux-x86-64.so.2"));
  const std::ofstream writer(path, std::ios::app);
  EXPECT_EQ(
      failure(path),
      "cannot start DIR/tool: the file is being written | try again when its installation has "
      "ended");
}

TEST_F(ProgramTest, WorkingDirectory) {
  const auto in = [&](const fs::path& directory) {
    return failure({.executable = "/bin/true", .directory = directory});
  };
  EXPECT_EQ(in(folder_), "it started");
  EXPECT_EQ(in(folder_ / "none"),
            "cannot start /bin/true: its working directory DIR/none does not exist | create it, or "
            "install the plugin again");
  EXPECT_EQ(
      in(make_file("file", "")),
      "cannot start /bin/true: its working directory DIR/file is not a directory | remove what "
      "is there, or choose another directory");
  EXPECT_EQ(in(folder_ / "file/below"),
            "cannot start /bin/true: its working directory DIR/file/below cannot be reached: Not a "
            "directory | check the rights and links of the folders above it");
}

TEST_F(ProgramTest, WorkingDirectoryThatMayNotBeEntered) {
  if (::geteuid() == 0) GTEST_SKIP() << "root enters every directory";
  fs::create_directory(folder_ / "closed");
  fs::permissions(folder_ / "closed", fs::perms::owner_read);
  EXPECT_EQ(
      failure({.executable = "/bin/true", .directory = folder_ / "closed"}),
      "cannot start /bin/true: its working directory DIR/closed may not be entered (mode 0400) "
      "| let the user that the host runs as enter it");
}

TEST_F(ProgramTest, NamesAreLookedUpInPath) {
  fs::create_directory(folder_ / "a");
  fs::create_directory(folder_ / "b");
  fs::create_directory(folder_ / "a/folder");
  make_file("a/plain", "#!/bin/sh\n", 0644);
  const auto both = make_file("b/both", "#!/bin/sh\n");
  make_file("a/both", "#!/bin/sh\n", 0644);
  const auto request = [&](const std::string& name) {
    return SpawnRequest{.executable = name,
                        .environment = {{"PATH", "::b:" + (folder_ / "a").native() + ":" +
                                                     (folder_ / "b").native()}}};
  };
  EXPECT_EQ(find_program(request("both")).value(), both) << "the one that can be run";
  EXPECT_EQ(
      failure(request("plain")),
      "cannot start DIR/a/plain: it is not executable (mode 0644) | run: chmod +x DIR/a/plain");
  EXPECT_EQ(failure(request("folder")),
            "cannot start DIR/a/folder: it is a directory | name the program inside it");
  EXPECT_EQ(failure(request("none")),
            "cannot start none: no folder of PATH has it (PATH=::b:DIR/a:DIR/b) | install none, or "
            "give its absolute path");
}

TEST_F(ProgramTest, NamesThatCannotBeLookedUp) {
  EXPECT_EQ(
      failure("sh"),
      "cannot start sh: its environment has no PATH to look the name up in | give an absolute "
      "path, or set PATH");
  EXPECT_EQ(
      failure("./sh"),
      "cannot start ./sh: the path is relative | give an absolute path, or a bare name to look "
      "up");
  EXPECT_EQ(failure(""), "cannot start a program: its name is empty | name the program");
}

TEST_F(ProgramTest, TextsThatTheKernelWouldCut) {
  using namespace std::string_literals;
  const std::string remedy = " | correct the configuration that is handed to it";
  EXPECT_EQ(failure("/bin/sh\0x"s), "cannot start a program: its path holds a NUL byte" + remedy);
  EXPECT_EQ(failure({.executable = "/bin/sh", .arguments = {"a\0b"s}}),
            "cannot start /bin/sh: one of its arguments holds a NUL byte" + remedy);
  EXPECT_EQ(failure({.executable = "/bin/sh", .environment = {{"A", "a\0b"s}}}),
            "cannot start /bin/sh: the variable A of its environment holds a NUL byte" + remedy);
  EXPECT_EQ(failure({.executable = "/bin/sh", .environment = {{"A=B", ""}}}),
            "cannot start /bin/sh: \"A=B\" is no name for a variable of its environment" + remedy);
  EXPECT_EQ(failure({.executable = "/bin/sh", .environment = {{"", "x"}}}),
            "cannot start /bin/sh: \"\" is no name for a variable of its environment" + remedy);
}

TEST_F(ProgramTest, ArgumentsTooLong) {
  EXPECT_EQ(failure({.executable = "/bin/true", .arguments = {std::string(1 << 20, 'x')}}),
            "cannot start /bin/true: its arguments and environment are too long | shorten the "
            "configuration that is handed to it");
}

TEST_F(ProgramTest, FailuresThatAreNotAboutTheFile) {
  const SpawnRequest request{.executable = "/bin/true"};
  const auto text = [&](int error_number) {
    const auto error = explain_start_failure(request, "/bin/true", error_number);
    return error.message + " | " + error.remedy;
  };
  EXPECT_EQ(
      text(EMFILE),
      fmt::format("cannot start /bin/true: the host has too many open files (its limit is {}) | "
                  "raise the limit (ulimit -n, or LimitNOFILE= of its service), or run fewer "
                  "plugins",
                  open_files_max()));
  EXPECT_EQ(text(ENFILE),
            "cannot start /bin/true: the machine has too many open files | raise fs.file-max with "
            "sysctl, or end what holds so many files");
  EXPECT_EQ(
      text(EAGAIN),
      "cannot start /bin/true: the limit of processes is reached | raise the limit (ulimit -u, "
      "or TasksMax of the service), or run fewer plugins");
  EXPECT_EQ(text(ENOMEM),
            "cannot start /bin/true: there is not enough memory | free some, or run fewer plugins");
  EXPECT_EQ(text(EIO),
            "cannot start /bin/true: Input/output error | run it by hand in a shell to see more");
}

TEST_F(ProgramTest, WhatTheHostLacksIsNoFaultOfTheProgram) {
  const SpawnRequest request{.executable = "/bin/true"};
  for (const int lack : {EMFILE, ENFILE, EAGAIN, ENOMEM}) {
    const auto error = explain_start_failure(request, "/bin/true", lack);
    EXPECT_EQ(error.code, ErrorCode::overloaded) << lack;
    EXPECT_EQ(error.retry_after, std::chrono::seconds(1)) << lack;
  }
  for (const int fault : {EACCES, ENOENT, ENOEXEC, E2BIG, ETXTBSY, EIO}) {
    const auto error = explain_start_failure(request, "/bin/true", fault);
    EXPECT_EQ(error.code, ErrorCode::worker_unavailable) << fault;
  }
}

TEST_F(ProgramTest, FailuresOfAControlGroup) {
  const auto failure = [](int error_number) {
    return explain_group_failure("/bin/true", {"/sys/fs/cgroup/x", "made", error_number});
  };
  EXPECT_EQ(failure(ENFILE).message, "cannot start /bin/true: the machine has too many open files");
  EXPECT_EQ(failure(ENFILE).code, ErrorCode::overloaded);
  const auto too_many = failure(EAGAIN);  // groups
  EXPECT_EQ(too_many.message,
            "cannot start /bin/true: its control group /sys/fs/cgroup/x cannot be made: Resource "
            "temporarily unavailable");
  EXPECT_EQ(too_many.code, ErrorCode::worker_unavailable);
}

}  // namespace
}  // namespace collet::process
