// What commands ask of the machine they run on, so that tests can answer instead.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "app/listen_address.hpp"
#include "collet/error.hpp"

namespace collet::app {

struct Program {
  std::filesystem::path file;  ///< where it was found
  std::string version;         ///< the first line that `--version` prints
};

class Machine {
 public:
  virtual ~Machine() = default;
  /// Looks `name` up in the directories of `path` as the daemon does, and asks it for its version,
  /// for five seconds at most. Fails with one sentence.
  [[nodiscard]] virtual Result<Program> program(const std::string& name,
                                                const std::string& path) = 0;
  /// Whether the address is free to listen on.
  [[nodiscard]] virtual Result<Done> can_listen(const ListenAddress& listen) = 0;
  /// Whether files can be made in `folder`, or the folder itself where it is missing.
  [[nodiscard]] virtual Result<Done> can_write(const std::filesystem::path& folder) = 0;
  [[nodiscard]] virtual bool exists(const std::filesystem::path& path) = 0;
  /// Lets the user change `text` with `editor`, a command as a shell reads it, in a file that
  /// nobody else can read; answers what is in the file when the editor has ended. Fails where the
  /// editor did.
  [[nodiscard]] virtual Result<std::string> edit(const std::string& editor,
                                                 const std::string& text) = 0;
  /// `path` from the root on, without links where it exists.
  [[nodiscard]] virtual std::filesystem::path absolute(const std::filesystem::path& path) = 0;
};

[[nodiscard]] std::unique_ptr<Machine> make_system_machine();

}  // namespace collet::app
