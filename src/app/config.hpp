// collet.toml: what an operator sets once. Every key is described in docs/configuration.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/environment.hpp"
#include "app/failure.hpp"
#include "app/listen_address.hpp"
#include "collet/host.hpp"

namespace collet::app {

enum class Authentication : std::uint8_t { token, none };

/// What a configuration file says. Absent keys leave what HostOptions and HttpOptions say.
struct Config {
  std::optional<ListenAddress> listen{};
  std::optional<std::filesystem::path> data_dir{};  ///< absolute
  std::optional<std::string> log_level{};           ///< debug, info, warn, error
  std::optional<Authentication> auth{};

  std::vector<std::string> allowed_hosts{};    ///< [http]
  std::vector<std::string> allowed_origins{};  ///< [http]
  std::optional<std::size_t> body_bytes_max{};
  std::optional<std::size_t> connections_max{};

  std::optional<std::string> node{};  ///< [node] path
  std::optional<std::string> npm{};   ///< [node] npm

  std::optional<std::chrono::milliseconds> initialize_timeout{};  ///< [workers]
  std::optional<std::chrono::milliseconds> drain_grace{};
  std::optional<std::chrono::milliseconds> shutdown_grace{};
  std::optional<std::chrono::milliseconds> kill_grace{};
  std::optional<std::chrono::milliseconds> deaf_after{};
  std::optional<std::chrono::milliseconds> restart_first{};
  std::optional<std::chrono::milliseconds> restart_longest{};
  std::optional<std::uint32_t> crashes_max{};
  std::optional<std::chrono::milliseconds> crash_window{};
  std::optional<std::chrono::milliseconds> failed_retry{};
  std::optional<std::size_t> line_bytes_max{};
  WorkerLimits worker_limits{};
  std::vector<std::pair<std::string, std::string>> worker_environment{};

  std::optional<std::chrono::milliseconds> default_timeout{};  ///< [calls]
  std::optional<std::chrono::milliseconds> timeout_max{};
  std::optional<std::uint32_t> concurrency{};
  std::optional<std::uint32_t> waiting_max{};
  std::map<std::string, std::uint32_t, std::less<>> caller_weights{};

  TenancyOptions tenancy{};  ///< [tenancy]

  OutboundHttpSettings outbound_http{};  ///< [services.http]; paths absolute, as below
  std::optional<std::size_t> response_bytes_max{};
  UpstreamSettings upstream{};  ///< [services.upstream]; none where it has no URL
  std::optional<std::chrono::milliseconds> upstream_timeout{};
  SecretSettings secrets{};                     ///< [secrets.…], but what variables hold
  std::vector<std::string> secret_variables{};  ///< [secrets.env] allow
  std::optional<std::chrono::milliseconds> secret_timeout{};  ///< [secrets.command] timeout

  std::optional<std::chrono::milliseconds> job_timeout{};  ///< [jobs]

  std::map<std::string, PluginOverrides> plugins{};  ///< [plugin."<key>"], by plugin key
  Directory directory{};                             ///< [[company]], [[project]], [[agent]]
};

/// Reads the text of a configuration file. `file` is for messages and for relative paths in it.
/// Fails with exit code 2 and "<file>:<line>: …"; an unknown key names the closest known one.
[[nodiscard]] Outcome<Config> parse_config(std::string_view text,
                                           const std::filesystem::path& file);
/// Reads a file that must exist. Fails with exit code 4 where the machine, not the file, is at
/// fault.
[[nodiscard]] Outcome<Config> load_config(const std::filesystem::path& file);
/// Reads the default file (paths.hpp) where it exists; an empty configuration otherwise.
[[nodiscard]] Outcome<Config> load_default_config(const Environment& environment);

/// Every key there is, as the documentation names it: `http.body_bytes_max`,
/// `plugin."<key>".tools."<tool>".timeout`.
[[nodiscard]] std::vector<std::string> config_keys();

}  // namespace collet::app
