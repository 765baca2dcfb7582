// The tables [[company]], [[project]] and [[agent]] of collet.toml, and a plugin's folders.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/directory.hpp"

namespace toml {
inline namespace v3 {
class node;  // their header is only for source files
class table;
}  // namespace v3
}  // namespace toml

namespace collet::app {

/// What is wrong in a file, and where.
struct ConfigMistake {
  std::uint32_t line{};
  std::string what{};
  std::string remedy{};
};

/// The names of the tables at the root of the file.
[[nodiscard]] std::vector<std::string> directory_tables();
/// Every key in them, as the documentation names it: `company.id`, `project.workspace.path`.
[[nodiscard]] std::vector<std::string> directory_keys();

/// Reads one of these tables.
[[nodiscard]] std::optional<ConfigMistake> read_directory(std::string_view table,
                                                          const toml::node& value,
                                                          Directory& directory);
/// Whether what was read fits together: projects and agents belong to companies that there are.
[[nodiscard]] std::optional<ConfigMistake> check_directory(const toml::table& root,
                                                           const Directory& directory);

/// Reads `plugin."<key>".folders`, which `name` is for messages.
[[nodiscard]] std::optional<ConfigMistake> read_folders(
    const toml::node& value, const std::string& name,
    std::map<std::string, std::filesystem::path>& folders);

}  // namespace collet::app
