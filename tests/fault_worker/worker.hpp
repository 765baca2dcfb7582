// A good worker, made of habits; a mode changes some of them before it runs.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace fault {

/// What the host asks.
struct Request {
  std::string id;  ///< raw JSON
  std::string method;
  std::string params;      ///< raw JSON
  std::string tool;        // of executeTool ...
  std::string parameters;  // ... raw JSON
  std::string invocation;  // the id in paperclipInvocation, without quotes
};

/// "name=value" words.
class Options {
 public:
  void add(std::string_view word);
  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise) const;
  [[nodiscard]] int number(const std::string& name, int otherwise) const;
  /// A number of bytes, which may be more than an int holds.
  [[nodiscard]] std::size_t bytes(const std::string& name, std::size_t otherwise) const;

 private:
  std::map<std::string, std::string> values_;
};

struct Worker {
  using Clock = std::chrono::steady_clock;

  Options options;

  // The habits.
  std::function<void(const Request&)> on_initialize = [this](const Request& request) {
    result(request, R"({"ok":true,"supportedMethods":["health","shutdown"]})");
  };
  std::function<void(const Request&)> on_call = [this](const Request& request) { call(request); };
  std::function<void(const Request&)> on_health = [this](const Request& request) {
    result(request, R"({"status":"ok"})");
  };
  std::function<void(const Request&)> on_shutdown = [this](const Request& request) {
    result(request, "null");
    std::_Exit(0);
  };
  std::function<void()> on_end_of_input = [] { std::_Exit(0); };
  std::function<void(const std::string& line)> on_host_answer = [](const std::string&) {};
  /// How the line of an answer gets out.
  std::function<void(const Request&, const std::string& line)> send_answer =
      [](const Request&, const std::string& line) { write(line + '\n'); };
  bool listening = true;

  // What the habits are made of.
  void call(const Request& request);  ///< runs the tool
  void result(const Request& request, const std::string& json);
  /// A result whose `data` is `json`.
  void data(const Request& request, const std::string& json);
  void error(const Request& request, long code, const std::string& raw_message);
  void later(int ms, std::function<void()> action);
  /// Waits until all is written; false where nobody listens any more. Any thread: what others write
  /// comes before it or behind it.
  static bool write(std::string_view bytes, int fd = STDOUT_FILENO);
  /// A child that does nothing until its lifetime ends; `prepare` runs in it first.
  void start_child(const std::function<void()>& prepare);
  /// SIGALRM ends this process when the lifetime is over. A child needs an alarm of its own.
  void limit_lifetime() const;
  [[noreturn]] static void stay();

  [[noreturn]] void run();

  pid_t child = 0;  ///< that the mode started

 private:
  void take(const std::string& line);
  void note_in_ledger(const Request& request) const;
  [[nodiscard]] int run_timers();
  std::multimap<Clock::time_point, std::function<void()>> timers_;
};

}  // namespace fault
