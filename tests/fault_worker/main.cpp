// A plugin worker that misbehaves, one way per mode; in every other respect it is a good worker.
// docs/fault-worker.md is written for its users.
//
//   collet-fault-worker --mode=NAME [option=value ...]
//   collet-fault-worker --list-modes | --list-tools | --list-noise
//   collet-fault-worker --make-plugin=FOLDER [--mode=NAME] [option=value ...]
//
// A host starts workers without arguments, so the mode and its options are also taken from
// COLLET_FAULT_MODE, or else from the first line of a file `mode` in the working directory, which
// is the package: "die-at-byte bytes=20" (there, a value has no spaces). Without any of these the
// mode is `normal`.
//
// Options of every mode:
//   lifetime=SECONDS  SIGALRM ends the worker and each of its children after so long (600), lest a
//                     test that fails leaves some for ever
//   ledger=FILE       each call that is executed adds a line "<id> <tool> <run id>"
#include <signal.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "json.hpp"
#include "modes.hpp"
#include "noise.hpp"
#include "tools.hpp"
#include "worker.hpp"

namespace fault {
namespace {

constexpr int k_usage = 64;

std::vector<Mode> all_modes() {
  std::vector<Mode> all;
  for (const auto group :
       {start_modes(), talk_modes(), host_modes(), answer_modes(), end_modes(), process_modes()})
    all.insert(all.end(), group.begin(), group.end());
  return all;
}

template <class Rows>
void list(const Rows& rows) {
  for (const auto& row : rows)
    std::printf("%-26s%s\n", std::string(row.name).c_str(), std::string(row.description).c_str());
}

void list_noise() {
  for (const auto& noise : all_noise())
    std::printf("%-6s%s\n", noise.kind == Noise::Kind::junk ? "junk" : "quiet",
                json_string(noise.line).c_str());
}

struct Command {
  enum class What : std::uint8_t {
    work,
    list_modes,
    list_tools,
    list_noise,
    make_plugin
  } what = What::work;
  std::string mode = "normal";
  std::string folder;                // of make_plugin
  std::vector<std::string> options;  // "name=value"
};

/// The words that say the mode: of the arguments, else of the environment, else of the file.
std::vector<std::string> words_of_mode(int argc, char** argv) {
  if (argc > 1) return {argv + 1, argv + argc};
  std::string line;
  if (const char* variable = std::getenv("COLLET_FAULT_MODE")) {
    line = variable;
  } else {
    std::ifstream file("mode");
    std::getline(file, line);
  }
  std::istringstream split(line);
  std::vector<std::string> words;
  for (std::string word; split >> word;) words.push_back(words.empty() ? "--mode=" + word : word);
  return words;
}

Command read_command(const std::vector<std::string>& words) {
  using What = Command::What;
  Command command;
  for (const std::string& word : words) {
    if (word == "--list-modes") {
      command.what = What::list_modes;
    } else if (word == "--list-tools") {
      command.what = What::list_tools;
    } else if (word == "--list-noise") {
      command.what = What::list_noise;
    } else if (word.starts_with("--make-plugin=")) {
      command.what = What::make_plugin;
      command.folder = word.substr(std::strlen("--make-plugin="));
    } else if (word.starts_with("--mode=")) {
      command.mode = word.substr(std::strlen("--mode="));
    } else {
      command.options.push_back(word);
    }
  }
  return command;
}

std::string manifest(const Command& command) {
  std::ostringstream out;
  out << R"({"id":)" << json_string("fault." + command.mode)
      << R"(,"apiVersion":1,"version":"1.0.0","displayName":)"
      << json_string("Fault: " + command.mode) << R"(,"description":)"
      << json_string("Misbehaves: " + command.mode) << R"(,"author":"Collet",)"
      << R"("categories":["automation"],"capabilities":["agent.tools.register"],)"
      << R"("entrypoints":{"worker":"bin/worker"},"tools":[)";
  for (bool first = true; const auto& tool : all_tools()) {
    out << (std::exchange(first, false) ? "" : ",") << R"({"name":)" << json_string(tool.name)
        << R"(,"displayName":)" << json_string(tool.name) << R"(,"description":)"
        << json_string(tool.description) << R"(,"parametersSchema":{"type":"object"}})";
  }
  out << "]}\n";
  return out.str();
}

/// A package: this program, the file `mode` and a manifest.
int make_plugin(const Command& command) {
  namespace fs = std::filesystem;
  const fs::path folder = command.folder;
  std::error_code error;
  fs::create_directories(folder / "bin", error);
  if (!error)
    fs::copy_file("/proc/self/exe", folder / "bin" / "worker", fs::copy_options::overwrite_existing,
                  error);
  std::ofstream mode(folder / "mode");
  mode << command.mode;
  for (const auto& option : command.options) mode << ' ' << option;
  mode << '\n';
  mode.close();
  std::ofstream described(folder / "manifest.json");
  described << manifest(command);
  described.close();
  if (!error && mode && described) return 0;
  std::fprintf(stderr, "collet-fault-worker: cannot make a plugin in %s%s\n", folder.c_str(),
               error ? (": " + error.message()).c_str() : "");
  return 1;
}

}  // namespace
}  // namespace fault

int main(int argc, char** argv) {
  using namespace fault;
  using What = Command::What;
  ::signal(SIGPIPE, SIG_IGN);
  const auto command = read_command(words_of_mode(argc, argv));
  const auto modes = all_modes();
  if (command.what == What::list_modes) return list(modes), 0;
  if (command.what == What::list_tools) return list(all_tools()), 0;
  if (command.what == What::list_noise) return list_noise(), 0;

  const auto mode = std::ranges::find(modes, command.mode, &Mode::name);
  if (mode == modes.end()) {
    std::fprintf(stderr, "collet-fault-worker: there is no mode \"%s\"; these are:\n",
                 command.mode.c_str());
    return list(modes), k_usage;
  }
  if (command.what == What::make_plugin) return make_plugin(command);

  Worker worker;
  for (const auto& option : command.options) worker.options.add(option);
  worker.limit_lifetime();
  mode->apply(worker);
  worker.run();
}
