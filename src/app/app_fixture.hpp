// For tests: a terminal that remembers, a machine that knows what it is told, and an API that
// answers from a table.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "app/app.hpp"
#include "app/serve.hpp"
#include "app/surroundings.hpp"

namespace collet::app {

class RecordingTerminal final : public Terminal {
 public:
  void out(std::string_view text) override { out_text += text; }
  void err(std::string_view text) override { err_text += text; }
  Result<std::string> read_input(std::size_t) override { return input; }
  Result<std::optional<std::string>> ask_hidden(std::string_view question, std::size_t) override {
    questions += question;
    return typed;
  }
  StreamTraits out_traits() const override { return traits; }
  StreamTraits err_traits() const override { return traits; }

  std::string out_text;
  std::string err_text;
  std::string input;
  std::optional<std::string> typed;  ///< at a question for hidden input; nothing: no terminal
  std::string questions;
  StreamTraits traits;  ///< of both streams; no terminal unless a test says so
};

class FakeMachine final : public Machine {
 public:
  Result<Program> program(const std::string& name, const std::string&) override {
    const auto found = programs.find(name);
    if (found != programs.end()) return found->second;
    return fail(ErrorCode::not_found, name + " was not found in /bin");
  }
  Result<Done> can_listen(const ListenAddress&) override { return listening; }
  Result<Done> can_write(const std::filesystem::path&) override { return writing; }
  bool exists(const std::filesystem::path& path) override {
    return existing.contains(path.string());
  }
  Result<std::string> edit(const std::string& editor, const std::string& text) override {
    edited.push_back(editor + ": " + text);
    if (edits.empty()) return fail(ErrorCode::invalid_request, "the editor broke");
    auto saved = std::move(edits.front());
    edits.erase(edits.begin());
    return saved;
  }
  std::filesystem::path absolute(const std::filesystem::path& path) override {
    return (std::filesystem::path("/work dir") / path).lexically_normal();
  }

  std::map<std::string, Program> programs;
  std::map<std::string, bool> existing;  ///< only the keys matter
  Result<Done> listening = Done{};
  Result<Done> writing = Done{};
  std::vector<std::string> edits;   ///< what the user saves, one after the other
  std::vector<std::string> edited;  ///< "<editor>: <what it was given>"
};

/// A data folder of its own for each test, with a run file and a token in it.
class AppTest : public testing::Test {
 protected:
  AppTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "collet-app-XXXXXX").string();
    data_dir = ::mkdtemp(pattern.data());
    environment.variables = {{"COLLET_DATA_DIR", data_dir.string()}, {"PATH", "/bin"}};
    write("run.json", R"({"url":"http://127.0.0.1:7420","pid":1,"startedAt":""})");
    write("operator-token", "secret\n");
  }
  ~AppTest() override { std::filesystem::remove_all(data_dir); }

  void write(std::string_view name, std::string_view text) const {
    std::ofstream(data_dir / name) << text;
  }

  /// What the API answers to "GET /path?query"; anything else is `not_found`.
  void answer(std::string route, std::string body, int status = 200) {
    answers[std::move(route)] = {.status = status, .body = std::move(body)};
  }
  /// A stream of events, line by line.
  void answer_stream(std::string route, std::vector<std::string> lines) {
    streams[std::move(route)] = std::move(lines);
  }

  int run(std::vector<std::string> arguments) {
    terminal.out_text.clear();
    terminal.err_text.clear();
    requests.clear();
    const Surroundings surroundings{
        .environment = environment,
        .terminal = terminal,
        .machine = machine,
        .fetch = [this](const http::ClientRequest& request) { return fetch(request); },
        .now = [] { return WallTime(std::chrono::seconds(1'795'155'749)); },
        .run_daemon = [this](const ServePlan& plan, Terminal&) -> Outcome<ExitCode> {
          served.push_back(plan);
          return ExitCode::ok;
        }};
    return static_cast<int>(app::run(arguments, surroundings));
  }

  std::filesystem::path data_dir;
  Environment environment;
  RecordingTerminal terminal;
  FakeMachine machine;
  std::map<std::string, http::Response> answers;
  std::map<std::string, std::vector<std::string>> streams;
  std::vector<http::ClientRequest> requests;
  std::vector<ServePlan> served;
  std::optional<Error> no_answer;  ///< what every fetch fails with

 private:
  Result<http::Response> fetch(const http::ClientRequest& request) {
    requests.push_back(request);
    if (no_answer) return std::unexpected(*no_answer);
    const auto path = request.url.substr(request.url.find('/', 7));
    const auto route = request.method + " " + path;
    if (const auto stream = streams.find(route); stream != streams.end()) {
      for (const auto& line : stream->second) request.on_line(line);
      return http::Response{.content_type = "text/event-stream"};
    }
    const auto found = answers.find(route);
    if (found != answers.end()) return found->second;
    return http::Response{.status = 404,
                          .body = R"({"error":"API route not found","code":"not_found"})"};
  }
};

}  // namespace collet::app
