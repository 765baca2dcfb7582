// What the files that read collet.toml share: its keys. Internal to app/.
#pragma once

#include <span>
#include <string_view>

#include "app/config.hpp"
#include "app/config_values.hpp"

namespace collet::app {

/// One known key of a table: its name and how its value gets into `Target`.
template <class Target>
struct Key {
  std::string_view name;
  Complaint (*read)(const toml::node& value, Target& target);
};

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
