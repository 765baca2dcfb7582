// What an operator says of the services that a host offers its plugins.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "collet/limits.hpp"

namespace collet {

/// `http.fetch`: where plugins may go through the host, and how.
struct OutboundHttpSettings {
  /// Destinations that are allowed although their address is not public: addresses, blocks of them,
  /// names, `*.` and a name; each but blocks may have `:port`.
  std::vector<std::string> allow{};
  std::string proxy{};  ///< URL, http, https or socks5h; empty for none
  /// Certificate authorities that count beside the system's, PEM; may be empty.
  std::filesystem::path ca_file{};
  std::size_t response_bytes_max = limits::services::fetch_answer_bytes_max;
};

/// A secret by its name, as it stands in configurations.
struct SecretRef {
  std::string id{};
  std::optional<std::int64_t> version{};  ///< absent: the newest

  friend bool operator==(const SecretRef&, const SecretRef&) = default;
};

/// Where secrets come from, beside the host's own store, which is asked first. In this order.
struct SecretSettings {
  /// TOML or JSON of names and values, mode 0600; empty for none.
  std::filesystem::path file{};
  /// Variables that hold secrets; each is found under its own name.
  std::vector<std::pair<std::string, std::string>> environment{};
  /// What such a variable may have before the secret's name in capitals; empty for nothing.
  std::string environment_prefix{};
  /// A program and its arguments, in which {id} and {company} stand for those of the secret; it
  /// prints the value. Empty for none.
  std::vector<std::string> command{};
  std::vector<std::pair<std::string, std::string>> command_environment{};
  std::chrono::milliseconds command_timeout = limits::services::secret_program_timeout;
};

/// Who answers what this host has no service for.
struct UpstreamSettings {
  std::string url{};  ///< http or https
  /// The bearer token: none, as it is, or by its name.
  std::variant<std::monostate, std::string, SecretRef> token{};
  std::chrono::milliseconds timeout = limits::services::upstream_timeout;
};

/// What services do otherwise for one plugin.
struct PluginServiceSettings {
  std::vector<std::string> http_allow{};  ///< beside those for all plugins
  std::vector<std::string> secrets{};     ///< ids that it may read; "*" for all
};

}  // namespace collet
