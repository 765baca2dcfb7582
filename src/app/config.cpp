#include "app/config.hpp"

#include <algorithm>
#include <functional>
#include <span>
#include <system_error>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "app/config_directory.hpp"
#include "app/config_keys.hpp"
#include "app/duration.hpp"
#include "app/paths.hpp"
#include "app/text.hpp"
#include "base/file.hpp"
#include "collet/limits.hpp"
#include "json/document.hpp"

namespace collet::app {
namespace {

/// A file of a few keys; anything larger is another file.
constexpr std::size_t k_file_bytes_max = 1u << 20;

// The known keys. --------------------------------------------------------------------------------

/// What is accepted can also be read: a larger body would be "not valid JSON".
constexpr Bounds k_body_bytes{1024, static_cast<std::int64_t>(json::ParseLimits{}.bytes_max)};
constexpr Bounds k_line_bytes{limits::worker::line_bytes_min, limits::worker::line_bytes_ceiling};
constexpr Bounds k_connections{1, 1'048'576};  // the kernel gives no more descriptors (fs.nr_open)
constexpr Bounds k_instances{1, PluginSettings::instances_max};
constexpr Bounds k_crashes{1, 1'000'000};  // each is kept for the window, in 8 bytes
constexpr Bounds k_concurrency{1, ToolSettings::concurrency_max};
constexpr Bounds k_waiting{1, 1'000'000};   // 16 GiB of parameters; more is no bound
constexpr std::int64_t k_weight_max = 100;  // a caller that is worth more needs a plugin of its own
/// With fewer not even a shell starts; more the kernel does not give (fs.nr_open).
constexpr Bounds k_open_files{16, 1'048'576};
constexpr Bounds k_cpu_seconds{1, 315'360'000};  // ten years
/// The kernel has no more numbers for processes.
constexpr Bounds k_processes{1, 4'194'304};
/// In less no program starts.
constexpr std::uint64_t k_memory_least = 1u << 20;

WorkerLimits& limits_of(Config& config) {
  return config.worker_limits;
}
WorkerLimits& limits_of(PluginSettings& settings) {
  return settings.limits;
}

/// The same keys for all workers and for one plugin's.
template <class Target>
constexpr std::array<Key<Target>, 6> k_limit_keys{{
    {"open_files_max",
     [](const toml::node& value, Target& target) {
       return read_limit(value, k_open_files, limits_of(target).open_files_max);
     }},
    {"core_bytes_max",
     [](const toml::node& value, Target& target) {
       return read_bytes(value, 0, limits_of(target).core_bytes_max);
     }},
    {"cpu_seconds_max",
     [](const toml::node& value, Target& target) {
       return read_limit(value, k_cpu_seconds, limits_of(target).cpu_seconds_max);
     }},
    {"address_space_max",
     [](const toml::node& value, Target& target) {
       return read_bytes(value, k_memory_least, limits_of(target).address_space_max);
     }},
    {"memory_max",
     [](const toml::node& value, Target& target) {
       return read_bytes(value, k_memory_least, limits_of(target).memory_max);
     }},
    {"processes_max",
     [](const toml::node& value, Target& target) {
       return read_limit(value, k_processes, limits_of(target).processes_max);
     }},
}};

template <class Target, std::size_t first, std::size_t second>
constexpr std::array<Key<Target>, first + second> joined(
    const std::array<Key<Target>, first>& keys, const std::array<Key<Target>, second>& more) {
  std::array<Key<Target>, first + second> all{};
  std::ranges::copy(keys, all.begin());
  std::ranges::copy(more, all.begin() + first);
  return all;
}

constexpr std::array<Key<Config>, 4> k_root_keys{{
    {"listen",
     [](const toml::node& value, Config& config) -> Complaint {
       const auto text = value.value_exact<std::string>();
       const auto listen = parse_listen_address(text.value_or(""));
       if (!listen) return R"(must be an address and a port, such as "127.0.0.1:7420")";
       config.listen = *listen;
       return {};
     }},
    {"data_dir",
     [](const toml::node& value, Config& config) -> Complaint {
       std::optional<std::string> text;
       if (auto complaint = read_text(value, text)) return complaint;
       config.data_dir = *text;
       return {};
     }},
    {"log_level",
     [](const toml::node& value, Config& config) -> Complaint {
       constexpr std::array<std::string_view, 4> levels{"debug", "info", "warn", "error"};
       return read_choice(value, levels, config.log_level.emplace());
     }},
    {"auth",
     [](const toml::node& value, Config& config) -> Complaint {
       const auto on = value.value_exact<bool>();
       if (!on) return "must be true or false";
       config.auth = *on ? Authentication::token : Authentication::none;
       return {};
     }},
}};

constexpr std::array<Key<Config>, 4> k_http_keys{{
    {"allowed_hosts", [](const toml::node& value,
                         Config& config) { return read_texts(value, config.allowed_hosts); }},
    {"allowed_origins", [](const toml::node& value,
                           Config& config) { return read_texts(value, config.allowed_origins); }},
    {"body_bytes_max",
     [](const toml::node& value, Config& config) {
       return read_number(value, k_body_bytes, config.body_bytes_max);
     }},
    {"connections_max",
     [](const toml::node& value, Config& config) {
       return read_number(value, k_connections, config.connections_max);
     }},
}};

constexpr std::array<Key<Config>, 2> k_node_keys{{
    {"path", [](const toml::node& value, Config& config) { return read_text(value, config.node); }},
    {"npm", [](const toml::node& value, Config& config) { return read_text(value, config.npm); }},
}};

constexpr auto k_worker_keys = joined(
    k_limit_keys<Config>,
    std::array<Key<Config>, 12>{{
        {"initialize_timeout",
         [](const toml::node& value, Config& config) {
           return read_duration(value, config.initialize_timeout);
         }},
        {"drain_grace", [](const toml::node& value,
                           Config& config) { return read_duration(value, config.drain_grace); }},
        {"shutdown_grace",
         [](const toml::node& value,
            Config& config) { return read_duration(value, config.shutdown_grace); }},
        {"kill_grace", [](const toml::node& value,
                          Config& config) { return read_duration(value, config.kill_grace); }},
        {"deaf_after", [](const toml::node& value,
                          Config& config) { return read_duration(value, config.deaf_after); }},
        {"restart_first",
         [](const toml::node& value,
            Config& config) { return read_duration(value, config.restart_first); }},
        {"restart_longest",
         [](const toml::node& value,
            Config& config) { return read_duration(value, config.restart_longest); }},
        {"crashes_max",
         [](const toml::node& value,
            Config& config) { return read_number(value, k_crashes, config.crashes_max); }},
        {"crash_window", [](const toml::node& value,
                            Config& config) { return read_duration(value, config.crash_window); }},
        {"failed_retry", [](const toml::node& value,
                            Config& config) { return read_duration(value, config.failed_retry); }},
        {"line_bytes_max",
         [](const toml::node& value,
            Config& config) { return read_size(value, k_line_bytes, config.line_bytes_max); }},
        {"environment",
         [](const toml::node& value,
            Config& config) { return read_variables(value, config.worker_environment); }},
    }});

Complaint read_weights(const toml::node& value,
                       std::map<std::string, std::uint32_t, std::less<>>& target) {
  const auto* table = value.as_table();
  const auto complaint =
      fmt::format("must be a table of agent ids and whole numbers from 1 to {}", k_weight_max);
  if (table == nullptr) return complaint;
  for (const auto& [agent, element] : *table) {
    const auto weight = element.value_exact<std::int64_t>();
    if (!weight || *weight < 1 || *weight > k_weight_max) return complaint;
    target.emplace(std::string(agent.str()), static_cast<std::uint32_t>(*weight));
  }
  return {};
}

constexpr std::array<Key<Config>, 5> k_call_keys{{
    {"default_timeout",
     [](const toml::node& value, Config& config) {
       return read_duration(value, config.default_timeout);
     }},
    {"timeout_max", [](const toml::node& value,
                       Config& config) { return read_duration(value, config.timeout_max); }},
    {"concurrency",
     [](const toml::node& value, Config& config) {
       return read_number(value, k_concurrency, config.concurrency);
     }},
    {"waiting_max",
     [](const toml::node& value, Config& config) {
       return read_number(value, k_waiting, config.waiting_max);
     }},
    {"weights", [](const toml::node& value,
                   Config& config) { return read_weights(value, config.caller_weights); }},
}};

constexpr std::array<Key<Config>, 2> k_tenancy_keys{{
    {"mode",
     [](const toml::node& value, Config& config) -> Complaint {
       constexpr std::array<std::string_view, 2> choices{"single", "multi"};
       std::string choice;
       if (auto complaint = read_choice(value, choices, choice)) return complaint;
       config.tenancy.mode = choice == "multi" ? Tenancy::multi : Tenancy::single;
       return {};
     }},
    {"company_id",
     [](const toml::node& value, Config& config) -> Complaint {
       std::optional<std::string> text;
       if (auto complaint = read_text(value, text)) return complaint;
       config.tenancy.company_id = *text;
       return {};
     }},
}};

/// What the host, and no manifest, may say of a plugin.
constexpr std::array<Key<PluginOverrides>, 3> k_plugin_host_keys{{
    {"secrets", [](const toml::node& value,
                   PluginOverrides& plugin) { return read_plugin_secrets(value, plugin); }},
    {"trust_unnamed_calls",
     [](const toml::node& value, PluginOverrides& plugin) -> Complaint {
       std::optional<bool> flag;
       if (auto complaint = read_flag(value, flag)) return complaint;
       plugin.trust_unnamed_calls = *flag;
       return {};
     }},
    {"webhooks",
     [](const toml::node& value, PluginOverrides& plugin) -> Complaint {
       constexpr std::array<std::string_view, 2> choices{"operator", "open"};
       std::string choice;
       if (auto complaint = read_choice(value, choices, choice)) return complaint;
       plugin.webhooks = choice == "open" ? WebhookAccess::open : WebhookAccess::operator_only;
       return {};
     }},
}};

constexpr std::array<Key<Config>, 1> k_job_keys{{
    {"timeout", [](const toml::node& value,
                   Config& config) { return read_duration(value, config.job_timeout); }},
}};

constexpr auto k_plugin_keys = joined(
    k_limit_keys<PluginSettings>,
    std::array<Key<PluginSettings>, 7>{{
        {"instances",
         [](const toml::node& value, PluginSettings& settings) {
           return read_number(value, k_instances, settings.instances);
         }},
        {"concurrency",
         [](const toml::node& value, PluginSettings& settings) {
           return read_number(value, k_concurrency, settings.concurrency);
         }},
        {"on_timeout",
         [](const toml::node& value, PluginSettings& settings) -> Complaint {
           constexpr std::array<std::string_view, 2> choices{"abandon", "kill"};
           std::string choice;
           if (auto complaint = read_choice(value, choices, choice)) return complaint;
           settings.on_timeout = choice == "kill" ? OnTimeout::kill : OnTimeout::abandon;
           return {};
         }},
        {"timeout",
         [](const toml::node& value,
            PluginSettings& settings) { return read_duration(value, settings.timeout); }},
        {"validation",
         [](const toml::node& value,
            PluginSettings& settings) { return read_validation(value, settings.validation); }},
        {"fill_defaults",
         [](const toml::node& value,
            PluginSettings& settings) { return read_flag(value, settings.fill_defaults); }},
        {"coerce", [](const toml::node& value,
                      PluginSettings& settings) { return read_flag(value, settings.coerce); }},
    }});

constexpr std::array<Key<ToolSettings>, 5> k_tool_keys{{
    {"timeout", [](const toml::node& value,
                   ToolSettings& settings) { return read_duration(value, settings.timeout); }},
    {"concurrency",
     [](const toml::node& value, ToolSettings& settings) {
       return read_number(value, k_concurrency, settings.concurrency);
     }},
    {"idempotent", [](const toml::node& value,
                      ToolSettings& settings) { return read_flag(value, settings.idempotent); }},
    {"validation",
     [](const toml::node& value, ToolSettings& settings) {
       return read_validation(value, settings.validation);
     }},
    {"output_schema",
     [](const toml::node& value, ToolSettings& settings) {
       return read_schema(value, settings.output_schema);
     }},
}};

/// A table of fixed name below the root, or in a group, which is a table of tables: "group.table".
struct Section {
  std::string_view name;
  std::span<const Key<Config>> keys;

  /// Nothing where it is in none.
  [[nodiscard]] std::string_view group() const {
    return name.substr(0, name.find('.') == name.npos ? 0 : name.find('.'));
  }
};
const std::array<Section, 11> k_sections{{{"http", k_http_keys},
                                          {"node", k_node_keys},
                                          {"workers", k_worker_keys},
                                          {"calls", k_call_keys},
                                          {"jobs", k_job_keys},
                                          {"tenancy", k_tenancy_keys},
                                          {"services.http", k_service_http_keys},
                                          {"services.upstream", k_service_upstream_keys},
                                          {"secrets.env", k_secret_env_keys},
                                          {"secrets.file", k_secret_file_keys},
                                          {"secrets.command", k_secret_command_keys}}};

/// Walks a parsed file; stops at the first mistake.
class Reader {
 public:
  explicit Reader(std::filesystem::path file) : file_(std::move(file)) {}

  Outcome<Config> read(const toml::table& root) {
    Config config;
    std::vector<std::string> known = names_of<Config>(k_root_keys);
    for (const auto& section : k_sections) {
      const auto group = section.group();
      known.emplace_back(group.empty() ? section.name : group);
    }
    known.emplace_back("plugin");
    const auto tables = directory_tables();
    known.insert(known.end(), tables.begin(), tables.end());

    for (const auto& [key, value] : root) {
      if (key.str() == "plugin") {
        read_plugins(value, config.plugins);
      } else if (std::ranges::find(tables, key.str()) != tables.end()) {
        complain(read_directory(key.str(), value, config.directory));
      } else if (const auto section = std::ranges::find(k_sections, key.str(), &Section::name);
                 section != k_sections.end()) {
        read_section(*section, value, config);
      } else if (std::ranges::find(k_sections, key.str(), &Section::group) != k_sections.end()) {
        read_group(std::string(key.str()), value, config);
      } else {
        read_key(key, value, "", std::span<const Key<Config>>(k_root_keys), known, config);
      }
      if (mistake_) return *mistake_;
    }
    complain(check_directory(root, config.directory));
    check_together(root, config);
    if (mistake_) return *mistake_;
    const auto folder = file_.parent_path();
    if (config.data_dir) config.data_dir = folder / *config.data_dir;
    for (auto* const path : {&config.outbound_http.ca_file, &config.secrets.file}) {
      if (!path->empty()) *path = folder / *path;
    }
    return config;
  }

 private:
  template <class Target>
  static std::vector<std::string> names_of(std::span<const Key<Target>> keys) {
    std::vector<std::string> names;
    for (const auto& key : keys) names.emplace_back(key.name);
    return names;
  }

  void complain(std::uint32_t line, const std::string& what, std::string remedy = {}) {
    if (mistake_) return;
    mistake_ = wrong_usage(fmt::format("{}:{}: {}", file_.string(), line, what), std::move(remedy));
  }
  void complain(const toml::source_region& place, const std::string& what,
                std::string remedy = {}) {
    complain(place.begin.line, what, std::move(remedy));
  }

  void complain(const std::optional<ConfigMistake>& mistake) {
    if (mistake) complain(mistake->line, mistake->what, mistake->remedy);
  }

  const toml::table* table_of(const toml::node& value, const std::string& name) {
    const auto* table = value.as_table();
    if (table == nullptr) complain(value.source(), name + " must be a table");
    return table;
  }

  template <class Target>
  void read_key(const toml::key& name, const toml::node& value, const std::string& prefix,
                std::span<const Key<Target>> keys, const std::vector<std::string>& known,
                Target& target) {
    const auto key = std::ranges::find(keys, name.str(), &Key<Target>::name);
    if (key == keys.end()) return unknown(name, prefix, known);
    if (const auto complaint = key->read(value, target)) {
      complain(value.source(), prefix + std::string(name.str()) + " " + *complaint);
    }
  }

  void unknown(const toml::key& name, const std::string& prefix,
               const std::vector<std::string>& known) {
    const auto meant = closest(name.str(), known);
    std::string remedy;
    if (meant) {
      remedy = "did you mean " + prefix + *meant + "?";
    } else {
      for (const auto& each : known) remedy += (remedy.empty() ? "known are " : ", ") + each;
    }
    complain(name.source(), "there is no key " + prefix + std::string(name.str()),
             std::move(remedy));
  }

  void read_section(const Section& section, const toml::node& value, Config& config) {
    const std::string prefix(section.name);
    const auto* table = table_of(value, prefix);
    if (table == nullptr) return;
    for (const auto& [name, each] : *table) {
      read_key(name, each, prefix + ".", section.keys, names_of(section.keys), config);
    }
  }

  void read_group(const std::string& group, const toml::node& value, Config& config) {
    const auto* table = table_of(value, group);
    if (table == nullptr) return;
    std::vector<std::string> known;
    for (const auto& section : k_sections) {
      if (section.group() == group) known.emplace_back(section.name.substr(group.size() + 1));
    }
    for (const auto& [name, each] : *table) {
      const auto section =
          std::ranges::find(k_sections, group + "." + std::string(name.str()),
                            [](const Section& one) { return std::string(one.name); });
      section == k_sections.end() ? unknown(name, group + ".", known)
                                  : read_section(*section, each, config);
    }
  }

  void read_plugins(const toml::node& value, std::map<std::string, PluginOverrides>& plugins) {
    const auto* table = table_of(value, "plugin");
    if (table == nullptr) return;
    for (const auto& [key, each] : *table) {
      const auto name = "plugin.\"" + std::string(key.str()) + "\"";
      const auto* settings = table_of(each, name);
      if (settings == nullptr) return;
      read_plugin(*settings, name + ".", plugins[std::string(key.str())]);
    }
  }

  void read_plugin(const toml::table& table, const std::string& prefix, PluginOverrides& plugin) {
    const std::span<const Key<PluginOverrides>> host_keys(k_plugin_host_keys);
    auto known = names_of<PluginSettings>(k_plugin_keys);
    for (auto& name : names_of(host_keys)) known.push_back(std::move(name));
    known.emplace_back("http");
    known.emplace_back("tools");
    known.emplace_back("folders");
    for (const auto& [key, value] : table) {
      if (key.str() == "tools") {
        read_tools(value, prefix + "tools", plugin.tools);
      } else if (std::ranges::find(host_keys, key.str(), &Key<PluginOverrides>::name) !=
                 host_keys.end()) {
        read_key(key, value, prefix, host_keys, known, plugin);
      } else if (key.str() == "folders") {
        complain(read_folders(value, prefix + "folders", plugin.folders));
      } else if (key.str() == "http") {
        read_plugin_http(value, prefix + "http", plugin);
      } else {
        read_key(key, value, prefix, std::span<const Key<PluginSettings>>(k_plugin_keys), known,
                 plugin.settings);
      }
    }
  }

  void read_plugin_http(const toml::node& value, const std::string& name, PluginOverrides& plugin) {
    const auto* table = table_of(value, name);
    if (table == nullptr) return;
    for (const auto& [key, each] : *table) {
      read_key(key, each, name + ".", k_plugin_http_keys, names_of(k_plugin_http_keys), plugin);
    }
  }

  void read_tools(const toml::node& value, const std::string& name,
                  std::map<std::string, ToolSettings>& tools) {
    const auto* table = table_of(value, name);
    if (table == nullptr) return;
    const std::span<const Key<ToolSettings>> keys(k_tool_keys);
    for (const auto& [tool, each] : *table) {
      const auto tool_name = name + ".\"" + std::string(tool.str()) + "\"";
      const auto* settings = table_of(each, tool_name);
      if (settings == nullptr) return;
      for (const auto& [key, setting] : *settings) {
        read_key(key, setting, tool_name + ".", keys, names_of(keys),
                 tools[std::string(tool.str())]);
      }
    }
  }

  void check_together(const toml::table& root, const Config& config) {
    const HostOptions defaults;
    const auto longest = config.timeout_max.value_or(defaults.timeout_max);
    if (config.default_timeout.value_or(defaults.default_timeout) > longest) {
      complain(root.get("calls")->source(),
               "calls.default_timeout is longer than calls.timeout_max (" + to_text(longest) + ")");
    }
    const auto longest_wait = config.restart_longest.value_or(
        std::chrono::floor<std::chrono::milliseconds>(defaults.restarts.longest));
    if (config.restart_first.value_or(std::chrono::floor<std::chrono::milliseconds>(
            defaults.restarts.first)) > longest_wait) {
      complain(root.get("workers")->source(),
               "workers.restart_first is longer than workers.restart_longest (" +
                   to_text(longest_wait) + ")");
    }
    const auto& upstream = config.upstream;
    if (upstream.url.empty() && (upstream.token.index() != 0 || config.upstream_timeout)) {
      complain(root.get("services")->source(),
               "services.upstream has no url, so that nobody is asked");
    }
  }

  std::filesystem::path file_;
  std::optional<std::unexpected<Failure>> mistake_;
};

}  // namespace

Outcome<Config> parse_config(std::string_view text, const std::filesystem::path& file) {
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return wrong_usage(
        fmt::format("{}:{}: {}", file.string(), error.source().begin.line, error.description()),
        "the file is TOML: https://toml.io/en/v1.0.0");
  }
  return Reader(file).read(root);
}

Outcome<Config> load_config(const std::filesystem::path& file) {
  const auto text = read_file(file, k_file_bytes_max, FileKind::any_stream);
  if (!text && text.error().code == ErrorCode::overloaded) return failed(text.error());
  if (!text) return wrong_usage("the configuration file " + text.error().message);
  std::error_code error;
  auto absolute = std::filesystem::absolute(file, error);
  return parse_config(*text, error ? file : absolute);
}

Outcome<Config> load_default_config(const Environment& environment) {
  const auto file = default_config_file(environment);
  std::error_code ignored;
  if (!file || !std::filesystem::exists(*file, ignored)) return Config{};
  return load_config(*file);
}

std::vector<std::string> config_keys() {
  std::vector<std::string> keys;
  const auto add = [&](const std::string& prefix, const auto& table) {
    for (const auto& key : table) keys.push_back(prefix + std::string(key.name));
  };
  add("", k_root_keys);
  for (const auto& section : k_sections) add(std::string(section.name) + ".", section.keys);
  add("plugin.\"<key>\".", k_plugin_keys);
  add("plugin.\"<key>\".", k_plugin_host_keys);
  keys.emplace_back("plugin.\"<key>\".folders");
  add("plugin.\"<key>\".http.", k_plugin_http_keys);
  add("plugin.\"<key>\".tools.\"<tool>\".", k_tool_keys);
  for (auto& key : directory_keys()) keys.push_back(std::move(key));
  return keys;
}

}  // namespace collet::app
