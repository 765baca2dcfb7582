// The data folder and the two small files by which the command line finds the daemon.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "app/environment.hpp"
#include "base/entropy.hpp"
#include "collet/error.hpp"

namespace collet::app {

/// $XDG_DATA_HOME/collet, else ~/.local/share/collet; nothing where there is no home.
[[nodiscard]] std::optional<std::filesystem::path> default_data_dir(const Environment& environment);
/// $XDG_CONFIG_HOME/collet/collet.toml, else ~/.config/collet/collet.toml, whether it exists or
/// not.
[[nodiscard]] std::optional<std::filesystem::path> default_config_file(
    const Environment& environment);

/// `<data>/run.json`: where the daemon of a data folder listens, while it runs.
struct RunFile {
  std::string url;
  std::int64_t pid = 0;
  std::string started_at;  ///< ISO 8601
};
/// Replaces the file at once, so that nobody reads half of it.
[[nodiscard]] Result<Done> write_run_file(const std::filesystem::path& data_dir,
                                          const RunFile& run);
/// Nothing where there is no readable run file.
[[nodiscard]] std::optional<RunFile> read_run_file(const std::filesystem::path& data_dir);
void remove_run_file(const std::filesystem::path& data_dir);

/// `<data>/operator-token`.
[[nodiscard]] std::filesystem::path token_file(const std::filesystem::path& data_dir);
/// Nothing where there is none, or it may not be read.
[[nodiscard]] std::optional<std::string> read_token(const std::filesystem::path& data_dir);
/// The data folder's token; the first call makes the folder (mode 0700) and the file (mode 0600). A
/// file that others may read is refused: whoever reads it can run every tool.
[[nodiscard]] Result<std::string> ensure_token(const std::filesystem::path& data_dir,
                                               Entropy& entropy);

}  // namespace collet::app
