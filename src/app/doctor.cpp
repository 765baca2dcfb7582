// collet doctor: what is wrong, and what to do about it.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/json_text.hpp"
#include "app/listen_address.hpp"
#include "app/plugin_view.hpp"
#include "app/text.hpp"
#include "app/version.hpp"
#include "json/writer.hpp"

namespace collet::app {
namespace {

/// `note` is worth knowing and nothing to mend; `bad` makes the exit code 4.
enum class Verdict : std::uint8_t { good, note, bad };

struct Check {
  std::string name;
  Verdict verdict = Verdict::good;
  std::string message;
  std::string remedy{};
};

constexpr std::string_view word_of(Verdict verdict) {
  constexpr std::array<std::string_view, 3> words{"ok", "note", "FAIL"};
  return words[static_cast<std::size_t>(verdict)];
}

constexpr Style style_of(Verdict verdict) {
  constexpr std::array<Style, 3> styles{Style::good, Style::warning, Style::bad};
  return styles[static_cast<std::size_t>(verdict)];
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

class Examination {
 public:
  Examination(const Doctor& command, const Surroundings& on) : command_(command), on_(on) {}

  ExitCode run() {
    if (command_.plugin) {
      if (find_daemon()) examine_plugin(*command_.plugin);
    } else {
      const auto config = read_config();
      look_at_data_folder();
      look_at_programs(config);
      if (find_daemon()) {
        examine_plugins();
      } else {
        look_at_port(config);
      }
    }
    command_.form == OutputForm::json ? print_json() : print_text();
    return failures() == 0 ? ExitCode::ok : ExitCode::failure;
  }

 private:
  void add(std::string name, Verdict verdict, std::string message, std::string remedy = {}) {
    checks_.push_back({std::move(name), verdict, std::move(message), std::move(remedy)});
  }
  void add_failure(std::string name, const Error& error) {
    add(std::move(name), Verdict::bad, error.message, error.remedy);
  }

  Config read_config() {
    auto config = load_default_config(on_.environment);
    if (config) return *std::move(config);
    add_failure("configuration", config.error().error);
    return {};
  }

  void look_at_data_folder() {
    const auto folder = find_data_dir(command_.client.data_dir, on_.environment);
    if (!folder) return add_failure("data folder", folder.error().error);
    const auto writable = on_.machine.can_write(*folder);
    if (writable) return add("data folder", Verdict::good, folder->string());
    add("data folder", Verdict::bad, "cannot be written: " + writable.error().message,
        "make the folder yours, or choose another with --data-dir");
  }

  void look_at_programs(const Config& config) {
    const HostOptions defaults;
    const auto path = on_.environment.get("PATH").value_or(defaults.path);
    const auto look = [&](std::string name, const std::string& program, std::string remedy) {
      const auto found = on_.machine.program(program, path);
      if (found)
        return add(std::move(name), Verdict::good, found->version + "  " + found->file.string());
      add(std::move(name), Verdict::note, found.error().message, std::move(remedy));
    };
    look("node", config.node.value_or(defaults.node),
         "needed for plugins in JavaScript only: install the package nodejs, or set [node] path");
    look("npm", config.npm.value_or(defaults.npm),
         "needed to install npm packages only: install the package npm, or set [node] npm");
  }

  void look_at_port(const Config& config) {
    const auto listen = config.listen.value_or(ListenAddress{});
    const auto free = on_.machine.can_listen(listen);
    const auto name = fmt::format("{}:{}", listen.address, listen.port);
    if (free) return add("port", Verdict::good, name + " is free");
    add("port", Verdict::bad, name + ": " + free.error().message,
        "end the program that uses it, or choose another with collet serve --listen");
  }

  /// Whether the daemon answers and takes our token.
  bool find_daemon() {
    auto client = Client::find(command_.client, on_);
    if (!client) {
      add_failure("daemon", client.error().error);
      return false;
    }
    client_ = *std::move(client);
    const auto health = client_->send({.path = "/healthz"});
    if (!health) {
      add_failure("daemon", health.error().error);
      return false;
    }
    const auto theirs = text_member(health->root(), "version");
    const auto message = client_->url() + (theirs.empty() ? std::string() : "  version " + theirs);
    if (theirs.empty() || theirs == version()) {
      add("daemon", Verdict::good, message);
    } else {
      add("daemon", Verdict::note, message + fmt::format(", this command line is {}", version()),
          "stop the daemon and start it again with this version");
    }
    auto plugins = client_->send({.path = "/api/plugins"});
    if (!plugins) {
      add_failure("token", plugins.error().error);
      return false;
    }
    plugins_ = *std::move(plugins);
    return true;
  }

  void examine_plugins() {
    const auto rows = plugins_->root();
    if (rows.size() == 0) {
      add("plugins", Verdict::note, "none is installed",
          "collet plugin install <folder | npm package>");
    }
    for (const auto row : rows.elements()) examine_row(row);
  }

  static std::string name_of(const json::Value& row) { return text_member(row, "pluginKey"); }

  /// The row's state and, where it is ready, its worker.
  void examine_row(const json::Value& row) {
    const auto key = name_of(row);
    const auto status = text_member(row, "status");
    const auto error = text_member(row, "lastError");
    if (status == "disabled") {
      return add(key, Verdict::note, "disabled" + (error.empty() ? error : ": " + error),
                 "collet plugin enable " + key);
    }
    if (status != "ready") {
      return add(key, Verdict::bad, status + (error.empty() ? error : ": " + error),
                 "mend that, then: collet plugin enable " + key);
    }
    const auto dashboard = client_->send({.path = path_of(key, "/dashboard")});
    if (!dashboard) return add_failure(key, dashboard.error().error);
    const auto worker = present_member(dashboard->root(), "worker");
    const auto worker_status = worker ? text_member(*worker, "status") : std::string("stopped");
    for (const auto& why : unenforced_limits(dashboard->root())) add(key, Verdict::note, why);
    const auto line = "ready, worker " + worker_line(dashboard->root());
    if (worker_status == "running") {
      add(key, Verdict::good, line);
      return look_at_schemas(key, dashboard->root());
    }
    if (worker_status == "starting") return add(key, Verdict::note, line, "wait a moment");
    add(key, Verdict::bad, line,
        "see why: collet doctor " + key + ", then: collet plugin restart " + key);
  }

  static std::string restart(const std::string& plugin) {
    return "collet plugin restart " + plugin;
  }

  /// Says which tools of a plugin are disabled, unless its health is asked for anyway.
  void look_at_schemas(const std::string& key, const json::Value& dashboard) {
    const auto health = present_member(dashboard, "health");
    const auto checks = health ? health->find("checks") : std::nullopt;
    if (command_.plugin || !checks) return;
    for (const auto check : checks->elements()) {
      if (text_member(check, "name") != "schemas") continue;
      add(key, Verdict::bad, text_member(check, "message"),
          "mend the manifest, then: " + restart(key));
    }
  }

  void examine_plugin(const std::string& plugin) {
    const auto answer = client_->send({.path = path_of(plugin)});
    if (!answer) return add_failure(plugin, answer.error().error);
    const auto row = answer->root();
    examine_row(row);
    look_at_files(row);
    if (text_member(row, "status") == "ready") ask_worker(plugin);
    read_logs(plugin);
  }

  void look_at_files(const json::Value& row) {
    const std::filesystem::path folder = text_member(row, "packagePath");
    if (!folder.is_absolute()) return;
    const auto again = "install it again: collet plugin uninstall " + name_of(row) +
                       ", then collet plugin install";
    if (!on_.machine.exists(folder)) {
      return add("folder", Verdict::bad, folder.string() + " does not exist", again);
    }
    add("folder", Verdict::good, folder.string());
    const auto manifest = row.find("manifestJson");
    const auto entrypoints = manifest ? manifest->find("entrypoints") : std::nullopt;
    const auto worker = entrypoints ? text_member(*entrypoints, "worker") : std::string();
    if (worker.empty()) return;
    const auto file = folder / worker;
    if (on_.machine.exists(file)) return add("worker file", Verdict::good, file.string());
    add("worker file", Verdict::bad, file.string() + " does not exist",
        "build the plugin, or correct entrypoints.worker in its manifest");
  }

  void ask_worker(const std::string& plugin) {
    const auto answer = client_->send({.path = path_of(plugin, "/health")});
    if (!answer) return add_failure("health", answer.error().error);
    const auto checks = answer->root().find("checks");
    bool all_passed = true;
    if (checks) {
      for (const auto check : checks->elements()) {
        const auto passed = check.find("passed");
        if (!passed || passed->as_bool() != false) continue;
        all_passed = false;
        const auto name = text_member(check, "name");
        add("health", Verdict::bad, name + ": " + text_member(check, "message"),
            (name == "schemas" ? "mend the manifest, then: " : "") + restart(plugin));
      }
    }
    if (all_passed) add("health", Verdict::good, "every check of the host passes");
  }

  void read_logs(const std::string& plugin) {
    const auto answer = client_->send({.path = path_of(plugin, "/logs?limit=5")});
    if (!answer) return;
    const auto entries = answer->root();
    for (const auto entry : entries.elements()) {
      log_lines_.push_back(short_time(text_member(entry, "createdAt")) + "  " +
                           text_member(entry, "level") + "  " + text_member(entry, "message"));
    }
    std::ranges::reverse(log_lines_);  // the API's newest first, as people read
  }

  static std::string path_of(const std::string& plugin, std::string_view rest = "") {
    return "/api/plugins/" + url_encoded(plugin) + std::string(rest);
  }

  [[nodiscard]] std::size_t failures() const {
    return static_cast<std::size_t>(std::ranges::count(checks_, Verdict::bad, &Check::verdict));
  }

  void print_text() const {
    const auto stream = on_.terminal.out_traits();
    std::size_t width = 0;
    for (const auto& check : checks_) width = std::max(width, display_width(printable(check.name)));
    std::string text;
    for (const auto& check : checks_) {
      const auto word = word_of(check.verdict);
      const auto name = printable(check.name);
      text += styled(word, style_of(check.verdict), stream) + std::string(6 - word.size(), ' ') +
              name + std::string(width - display_width(name) + 2, ' ') +
              printable(first_line(check.message)) + "\n";
      // What follows the first line is a program's output.
      if (const auto rest = check.message.find('\n'); rest != std::string::npos) {
        text += indented(printable_lines(check.message.substr(rest + 1)), "        ");
      }
      if (!check.remedy.empty()) text += "        -> " + printable(check.remedy) + "\n";
    }
    if (!log_lines_.empty()) text += "\nLast log lines:\n";
    for (const auto& line : log_lines_) text += "  " + printable(line) + "\n";
    const auto count = failures();
    text +=
        count == 0 ? "\nAll is well.\n" : fmt::format("\n{} found.\n", counted(count, "problem"));
    on_.terminal.out(text);
  }

  static std::string indented(std::string_view text, std::string_view by) {
    std::string out;
    while (!text.empty()) {
      const auto end = text.find('\n');
      out.append(by).append(text.substr(0, end)).append("\n");
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out;
  }

  void print_json() const {
    json::Writer writer;
    writer.begin_object().member("ok", failures() == 0).key("checks").begin_array();
    for (const auto& check : checks_) {
      writer.begin_object()
          .member("name", check.name)
          .member("status", check.verdict == Verdict::bad ? "fail" : word_of(check.verdict))
          .member("message", check.message);
      if (!check.remedy.empty()) writer.member("remedy", check.remedy);
      writer.end_object();
    }
    writer.end_array();
    if (command_.plugin) {
      writer.key("logs").begin_array();
      for (const auto& line : log_lines_) writer.string(line);
      writer.end_array();
    }
    writer.end_object();
    on_.terminal.out(writer.text() + "\n");
  }

  const Doctor& command_;
  const Surroundings& on_;
  std::vector<Check> checks_;
  std::vector<std::string> log_lines_;
  std::optional<Client> client_;
  std::optional<json::Document> plugins_;
};

}  // namespace

Outcome<ExitCode> execute(const Doctor& command, const Surroundings& on) {
  return Examination(command, on).run();
}

}  // namespace collet::app
