#include "app/serve.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/paths.hpp"
#include "app/text.hpp"
#include "app/version.hpp"

namespace collet::app {
namespace {

/// What npm may know of our environment: where its caches and settings are, and the way out.
bool concerns_npm(std::string_view name) {
  constexpr std::array<std::string_view, 14> names{
      "HOME",      "TMPDIR",        "LANG",         "HTTP_PROXY",         "HTTPS_PROXY",
      "NO_PROXY",  "ALL_PROXY",     "http_proxy",   "https_proxy",        "no_proxy",
      "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"};
  for (const auto each : names) {
    if (name == each) return true;
  }
  return name.starts_with("npm_config_") || name.starts_with("NPM_CONFIG_");
}

/// The keys that are read and checked, and that nothing obeys yet, as the file names them.
std::vector<std::string> not_obeyed(const std::map<std::string, PluginOverrides>& plugins) {
  std::vector<std::string> keys;
  for (const auto& [key, plugin] : plugins) {
    const auto prefix = fmt::format("plugin.\"{}\".", key);
    for (const auto& [name, tool] : plugin.tools) {
      if (tool.idempotent) keys.push_back(fmt::format("{}tools.\"{}\".idempotent", prefix, name));
    }
  }
  return keys;
}

/// The variables that hold secrets, of those there are.
std::vector<std::pair<std::string, std::string>> secret_variables(const Config& config,
                                                                  const Environment& environment) {
  const auto& prefix = config.secrets.environment_prefix;
  std::vector<std::pair<std::string, std::string>> variables;
  for (const auto& [name, value] : environment.variables) {
    const bool is_named =
        std::ranges::find(config.secret_variables, name) != config.secret_variables.end();
    if (is_named || (!prefix.empty() && name.starts_with(prefix))) {
      variables.emplace_back(name, value);
    }
  }
  return variables;
}

template <class Value, class Target>
void take(const std::optional<Value>& from, Target& to) {
  if (from) to = *from;
}

}  // namespace

Outcome<ServePlan> plan_daemon(const ServeCommand& command, const Config& config,
                               const Environment& environment) {
  ServePlan plan;
  auto& options = plan.options;
  auto& http = options.http.emplace();

  ListenAddress listen = config.listen.value_or(ListenAddress{});
  if (command.listen) {
    auto parsed = parse_listen_address(*command.listen);
    if (!parsed) return failed(std::move(parsed.error()));
    listen = *std::move(parsed);
  }
  http.address = listen.address;
  http.port = listen.port;
  http.allowed_hosts = config.allowed_hosts;
  http.allowed_origins = config.allowed_origins;
  take(config.body_bytes_max, http.body_bytes_max);
  take(config.connections_max, http.connections_max);

  take(config.auth, plan.auth);
  take(command.auth, plan.auth);
  if (plan.auth == Authentication::none && !is_loopback(listen)) {
    return wrong_usage(
        "without authentication everybody who reaches " + listen.address + " could run every tool",
        "leave --no-auth (or `auth = false`) out, or listen on 127.0.0.1");
  }

  std::optional<std::filesystem::path> data_dir;
  if (command.data_dir) {
    data_dir = *command.data_dir;
  } else if (const auto variable = environment.get("COLLET_DATA_DIR")) {
    data_dir = *variable;
  } else {
    data_dir = config.data_dir ? config.data_dir : default_data_dir(environment);
  }
  if (!data_dir) {
    return wrong_usage("there is no data folder: neither HOME nor XDG_DATA_HOME is set",
                       "name a folder with --data-dir or COLLET_DATA_DIR");
  }
  options.data_dir = *std::move(data_dir);

  options.log = HostLog::standard_error;
  take(config.log_level, options.log_level);
  take(command.log_level, options.log_level);
  take(config.node, options.node);
  take(config.npm, options.npm);
  take(environment.get("PATH"), options.path);
  options.worker_environment = config.worker_environment;
  for (const auto& [name, value] : environment.variables) {
    if (concerns_npm(name)) options.npm_environment.emplace_back(name, value);
  }
  take(config.default_timeout, options.default_timeout);
  take(config.timeout_max, options.timeout_max);
  take(config.initialize_timeout, options.initialize_timeout);
  take(config.drain_grace, options.drain_grace);
  take(config.shutdown_grace, options.shutdown_grace);
  take(config.kill_grace, options.kill_grace);
  take(config.deaf_after, options.deaf_after);
  take(config.restart_first, options.restarts.first);
  take(config.restart_longest, options.restarts.longest);
  take(config.crashes_max, options.restarts.crashes_max);
  take(config.crash_window, options.restarts.window);
  take(config.failed_retry, options.restarts.retry_after);
  take(config.line_bytes_max, options.worker_line_bytes_max);
  take(config.concurrency, options.admission.concurrency);
  take(config.waiting_max, options.admission.waiting_max);
  options.admission.caller_weights = config.caller_weights;
  take(config.job_timeout, options.job_timeout);
  options.worker_limits = config.worker_limits;
  options.plugins = config.plugins;
  options.tenancy = config.tenancy;
  options.directory = config.directory;
  options.outbound_http = config.outbound_http;
  take(config.response_bytes_max, options.outbound_http.response_bytes_max);
  options.secrets = config.secrets;
  options.secrets.environment = secret_variables(config, environment);
  take(config.secret_timeout, options.secrets.command_timeout);
  // The operator's own program, with what he has it for: HOME, the agent of his keys, …
  options.secrets.command_environment.assign(environment.variables.begin(),
                                             environment.variables.end());
  if (!config.upstream.url.empty()) {
    options.upstream = config.upstream;
    take(config.upstream_timeout, options.upstream->timeout);
  }

  for (const auto& key : not_obeyed(config.plugins)) {
    plan.warnings.push_back(key + " is kept, not obeyed yet");
  }
  if (plan.auth == Authentication::token) {
    for (const auto& [key, plugin] : config.plugins) {
      if (plugin.webhooks != WebhookAccess::open) continue;
      plan.warnings.push_back("everybody who reaches " + listen.address +
                              " may send webhooks to the plugin " + key);
    }
  }
  if (environment.user == User::root) {
    plan.warnings.emplace_back(
        "running as root: plugins run as root too; a user of its own is safer");
  }
  if (plan.auth == Authentication::none) {
    plan.warnings.emplace_back(
        "authentication is off: every program and every user of this machine can run every tool");
  }
  return plan;
}

std::string greeting(const ServePlan& plan, const std::string& url) {
  const auto& data_dir = plan.options.data_dir;
  std::string text = fmt::format("Collet {} listens on {}\n\n", version(), url);
  const auto line = [&](std::string_view name, std::string_view value) {
    text += fmt::format("  {:<12} {}\n", name, value);
  };
  line("data folder", printable(data_dir.string()));
  std::string header;
  if (plan.auth == Authentication::token) {
    const auto token = token_file(data_dir).string();
    line("token", printable(token));
    header = fmt::format("-H \"Authorization: Bearer $(cat {})\" ", shell_word(token));
  } else {
    line("token", "none is asked for");
  }
  line("try", fmt::format("curl {}{}/api/plugins/tools", header, url));
  line("install", "collet plugin install <folder | npm package>");
  line("stop", "Ctrl-C");
  return text + "\n";
}

Outcome<ExitCode> execute(const ServeCommand& command, const Surroundings& on) {
  const auto config =
      command.config ? load_config(*command.config) : load_default_config(on.environment);
  if (!config) return std::unexpected(config.error());
  auto plan = plan_daemon(command, *config, on.environment);
  if (!plan) return std::unexpected(std::move(plan.error()));
  plan->options.data_dir = on.machine.absolute(plan->options.data_dir);
  for (const auto& warning : plan->warnings) print_warning(on.terminal, warning);
  return on.run_daemon(*plan, on.terminal);
}

}  // namespace collet::app
