// What the files that read collet.toml share: keys, and readers of single values. Internal to app/.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.hpp"

namespace toml {
inline namespace v3 {
class node;  // its header is only for source files
}
}  // namespace toml

namespace collet::app {

/// What is wrong with a value: "must be …", "is …". Nothing where it is right.
using Complaint = std::optional<std::string>;

/// One known key of a table: its name and how its value gets into `Target`.
template <class Target>
struct Key {
  std::string_view name;
  Complaint (*read)(const toml::node& value, Target& target);
};

/// A text that is not empty.
[[nodiscard]] Complaint read_text(const toml::node& value, std::optional<std::string>& target);
[[nodiscard]] Complaint read_texts(const toml::node& value, std::vector<std::string>& target);
[[nodiscard]] Complaint read_duration(const toml::node& value,
                                      std::optional<std::chrono::milliseconds>& target);

// config_services.cpp
/// [services.http], [services.upstream]
extern const std::span<const Key<Config>> k_service_http_keys;
extern const std::span<const Key<Config>> k_service_upstream_keys;
/// [secrets.env], [secrets.file], [secrets.command]
extern const std::span<const Key<Config>> k_secret_env_keys;
extern const std::span<const Key<Config>> k_secret_file_keys;
extern const std::span<const Key<Config>> k_secret_command_keys;
/// [plugin."<key>".http]
extern const std::span<const Key<PluginOverrides>> k_plugin_http_keys;
/// `secrets` in [plugin."<key>"]
[[nodiscard]] Complaint read_plugin_secrets(const toml::node& value, PluginOverrides& plugin);

}  // namespace collet::app
