// [services.…], [secrets.…], and what they say for one plugin.
#include <array>
#include <cstdint>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "app/config_keys.hpp"
#include "http/egress.hpp"
#include "http/outbound.hpp"
#include "services/secret_ref.hpp"

namespace collet::app {
namespace {

/// With less not even error pages come whole; more no line to a worker can hold.
constexpr Bounds k_response_bytes{64 << 10, 64 << 20};

Complaint read_allow(const toml::node& value, std::vector<std::string>& target) {
  if (auto complaint = read_texts(value, target)) return complaint;
  const auto list = http::AllowList::parse(target);
  if (!list) return list.error().message;
  return {};
}

Complaint read_proxy(const toml::node& value, std::string& target) {
  target = value.value_exact<std::string>().value_or("");
  const auto checked = http::check_proxy(target);
  if (!checked) return checked.error().message;
  return {};
}

Complaint read_path(const toml::node& value, std::filesystem::path& target) {
  std::optional<std::string> text;
  if (auto complaint = read_text(value, text)) return complaint;
  target = *std::move(text);
  return {};
}

Complaint read_url(const toml::node& value, std::string& target) {
  target = value.value_exact<std::string>().value_or("");
  const auto checked = http::check_url(target);
  if (!checked) return R"(must be a URL such as "http://127.0.0.1:3100/rpc")";
  return {};
}

/// A text, or `{ type = "secret_ref", secretId = "…", version = … }`: the form that references have
/// in plugins' configurations, too.
Complaint read_token(const toml::node& value,
                     std::variant<std::monostate, std::string, SecretRef>& target) {
  constexpr auto complaint =
      R"(must be a text, or { type = "secret_ref", secretId = "…" } with a version or without)";
  if (const auto text = value.value_exact<std::string>()) {
    if (text->empty()) return complaint;
    target = *text;
    return {};
  }
  const auto* const table = value.as_table();
  if (table == nullptr) return complaint;
  SecretRef ref;
  bool is_typed = false;
  for (const auto& [key, member] : *table) {
    const auto text = member.value_exact<std::string>();
    const auto number = member.value_exact<std::int64_t>();
    if (key.str() == "type" && text == "secret_ref") {
      is_typed = true;
    } else if (key.str() == "secretId" && text) {
      ref.id = *text;
    } else if (key.str() == "version" && number && *number >= 1) {
      ref.version = *number;
    } else if (key.str() != "version" || text != "latest") {
      return complaint;
    }
  }
  if (!is_typed || !services::is_secret_id(ref.id)) return complaint;
  target = std::move(ref);
  return {};
}

/// A program and its arguments. A text would want a shell, and what stands in an argument must not
/// become more than one.
Complaint read_command(const toml::node& value, std::vector<std::string>& target) {
  constexpr auto complaint =
      R"(must be a list of a program and its arguments, such as ["pass", "show", "{id}"])";
  if (read_texts(value, target) || target.empty() || target.front().find('{') != std::string::npos)
    return complaint;
  for (const auto& argument : target) {
    if (argument.find("{id}") != std::string::npos) return {};
  }
  return std::string(complaint) + ", with {id} in one of them";
}

constexpr std::array<Key<Config>, 4> k_http{{
    {"allow", [](const toml::node& value,
                 Config& config) { return read_allow(value, config.outbound_http.allow); }},
    {"proxy", [](const toml::node& value,
                 Config& config) { return read_proxy(value, config.outbound_http.proxy); }},
    {"ca_file", [](const toml::node& value,
                   Config& config) { return read_path(value, config.outbound_http.ca_file); }},
    {"response_bytes_max",
     [](const toml::node& value, Config& config) {
       return read_size(value, k_response_bytes, config.response_bytes_max);
     }},
}};

constexpr std::array<Key<Config>, 3> k_upstream{{
    {"url",
     [](const toml::node& value, Config& config) { return read_url(value, config.upstream.url); }},
    {"token", [](const toml::node& value,
                 Config& config) { return read_token(value, config.upstream.token); }},
    {"timeout", [](const toml::node& value,
                   Config& config) { return read_duration(value, config.upstream_timeout); }},
}};

constexpr std::array<Key<Config>, 2> k_env{{
    {"allow", [](const toml::node& value,
                 Config& config) { return read_texts(value, config.secret_variables); }},
    {"prefix",
     [](const toml::node& value, Config& config) {
       std::optional<std::string> text;
       auto complaint = read_text(value, text);
       config.secrets.environment_prefix = text.value_or("");
       return complaint;
     }},
}};

constexpr std::array<Key<Config>, 1> k_file{{
    {"path",
     [](const toml::node& value, Config& config) { return read_path(value, config.secrets.file); }},
}};

constexpr std::array<Key<Config>, 2> k_command{{
    {"command", [](const toml::node& value,
                   Config& config) { return read_command(value, config.secrets.command); }},
    {"timeout", [](const toml::node& value,
                   Config& config) { return read_duration(value, config.secret_timeout); }},
}};

constexpr std::array<Key<PluginOverrides>, 1> k_plugin_http{{
    {"allow",
     [](const toml::node& value, PluginOverrides& plugin) {
       return read_allow(value, plugin.services.http_allow);
     }},
}};

}  // namespace

constinit const std::span<const Key<Config>> k_service_http_keys(k_http);
constinit const std::span<const Key<Config>> k_service_upstream_keys(k_upstream);
constinit const std::span<const Key<Config>> k_secret_env_keys(k_env);
constinit const std::span<const Key<Config>> k_secret_file_keys(k_file);
constinit const std::span<const Key<Config>> k_secret_command_keys(k_command);
constinit const std::span<const Key<PluginOverrides>> k_plugin_http_keys(k_plugin_http);

Complaint read_plugin_secrets(const toml::node& value, PluginOverrides& plugin) {
  constexpr auto complaint = R"(must be a list of names of secrets, or ["*"])";
  auto& ids = plugin.services.secrets;
  if (read_texts(value, ids)) return complaint;
  for (const auto& id : ids) {
    if (id != "*" && !services::is_secret_id(id)) return complaint;
  }
  return {};
}

}  // namespace collet::app
