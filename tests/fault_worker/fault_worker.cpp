// A plugin worker that misbehaves, one way per mode; in every other respect it is a good worker.
//
//   fault_worker --mode=NAME [option=value ...]      fault_worker --list-modes | --list-tools
//
// A host starts workers without arguments, so the mode and its options are also taken from
// COLLET_FAULT_MODE, or else from the first line of a file `mode` in the working directory, which
// is the package: "die-at-byte bytes=20" (there, a value has no spaces). Without any of these the
// mode is `normal`.
//
// Options of every mode:
//   lifetime=SECONDS  SIGALRM ends the worker and each of its children after so long (600), lest a
//                     test that fails leaves some for ever
//   ledger=FILE       each call that is executed adds a line "<id> <tool>"
//
// A mode is a row in `modes`, a tool a row in `tools`: to add one, add a row.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

// ---- as much JSON as is needed: members of objects as raw text ----

std::size_t skip_space(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

/// Behind the value that starts at `at`. The host sends valid JSON, so brackets and quotes are all
/// there is to count.
std::size_t skip_value(std::string_view text, std::size_t at) {
  int depth = 0;
  for (bool in_string = false; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c != '"') continue;
      in_string = false;
    } else if (c == '"') {
      in_string = true;
      continue;
    } else if (c == '{' || c == '[') {
      ++depth;
      continue;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      --depth;
    } else if (depth == 0 && (c == ',' || c == ':')) {
      return at;
    } else {
      continue;
    }
    if (depth == 0) return at + 1;
  }
  return text.size();
}

/// The raw text of a member of `object`, or nothing.
std::optional<std::string_view> member(std::string_view object, std::string_view name) {
  std::size_t at = skip_space(object, 0);
  if (at == object.size() || object[at] != '{') return std::nullopt;
  for (++at; at < object.size() && object[at] != '}';) {
    const std::size_t key = skip_space(object, at);
    const std::size_t key_end = skip_value(object, key);
    const std::size_t value =
        skip_space(object, skip_space(object, key_end) + 1);  // behind the colon
    const std::size_t value_end = skip_value(object, value);
    if (key_end - key == name.size() + 2 && object.substr(key + 1, name.size()) == name) {
      return object.substr(value, object.find_last_not_of(" \t\r\n", value_end - 1) + 1 - value);
    }
    at = skip_space(object, value_end);
    if (at < object.size() && object[at] == ',') ++at;
    at = skip_space(object, at);
  }
  return std::nullopt;
}

/// The inside of a string member, escapes as they are.
std::string string_member(std::string_view object, std::string_view name,
                          std::string_view otherwise = "") {
  const auto raw = member(object, name);
  return std::string(
      raw && raw->size() >= 2 && raw->front() == '"' ? raw->substr(1, raw->size() - 2) : otherwise);
}

long number_member(std::string_view object, std::string_view name, long otherwise) {
  const auto raw = member(object, name);
  return raw ? std::atol(std::string(*raw).c_str()) : otherwise;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

// ---- a worker, whose habits a mode may change ----

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
  void add(std::string_view word) {
    const std::size_t equals = word.find('=');
    values_[std::string(word.substr(0, equals))] =
        equals == std::string_view::npos ? "" : word.substr(equals + 1);
  }
  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  [[nodiscard]] int number(const std::string& name, int otherwise) const {
    return std::atoi(text(name, std::to_string(otherwise)).c_str());
  }

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
  std::function<void(const Request&)> on_shutdown = [this](const Request& request) {
    result(request, "null");
    std::_Exit(0);
  };
  std::function<void()> on_end_of_input = [] { std::_Exit(0); };
  std::function<void(const std::string& line)> on_host_answer = [](const std::string&) {};
  /// How the line of an answer gets out.
  std::function<void(const Request&, const std::string& line)> send_answer =
      [](const Request&, const std::string& line) { write(line + '\n'); };

  // What the habits are made of.
  void call(const Request& request);
  void result(const Request& request, const std::string& json) {
    send_answer(request, R"({"jsonrpc":"2.0","id":)" + request.id + R"(,"result":)" + json + '}');
  }
  void error(const Request& request, long code, const std::string& raw_message) {
    send_answer(request, R"({"jsonrpc":"2.0","id":)" + request.id + R"(,"error":{"code":)" +
                             std::to_string(code) + R"(,"message":")" + raw_message + R"("}})");
  }
  void later(int ms, std::function<void()> action) {
    timers_.emplace(Clock::now() + std::chrono::milliseconds(ms), std::move(action));
  }
  static void write(std::string_view bytes, int fd = STDOUT_FILENO);
  /// A child that does nothing until its lifetime ends; `prepare` runs in it first.
  void start_child(const std::function<void()>& prepare);
  [[noreturn]] static void stay() {
    for (;;) ::pause();
  }

  [[noreturn]] void run();

  pid_t child = 0;
  bool listening = true;

 private:
  void take(const std::string& line);
  std::multimap<Clock::time_point, std::function<void()>> timers_;
};

void Worker::write(std::string_view bytes, int fd) {
  while (!bytes.empty()) {
    const ssize_t sent = ::write(fd, bytes.data(), bytes.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
      continue;
    }
    if (sent < 0) return;  // nobody listens any more
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void Worker::start_child(const std::function<void()>& prepare) {
  child = ::fork();
  if (child != 0) return;
  ::alarm(static_cast<unsigned>(options.number("lifetime", 600)));  // an alarm is not inherited
  prepare();
  stay();
}

void Worker::take(const std::string& line) {
  const auto id = member(line, "id");
  if (!member(line, "method")) return on_host_answer(line);
  if (!id || *id == "null") return;  // a notification
  Request request{
      .id = std::string(*id),
      .method = string_member(line, "method"),
      .params = std::string(member(line, "params").value_or("{}")),
      .tool = {},
      .parameters = {},
      .invocation = string_member(member(line, "paperclipInvocation").value_or("{}"), "id")};
  if (request.method == "executeTool") {
    request.tool = string_member(request.params, "toolName");
    request.parameters = std::string(member(request.params, "parameters").value_or("null"));
    if (const std::string ledger = options.text("ledger", ""); !ledger.empty()) {
      const int fd = ::open(ledger.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
      write(request.id + ' ' + request.tool + '\n', fd);
      ::close(fd);
    }
    return on_call(request);
  }
  if (request.method == "initialize") return on_initialize(request);
  if (request.method == "shutdown") return on_shutdown(request);
  if (request.method == "health") return result(request, R"({"status":"ok"})");
  if (request.method == "configChanged") return result(request, "null");
  error(request, -32601, "Unknown method: " + request.method);
}

void Worker::run() {
  std::string input;
  for (;;) {
    int timeout = -1;
    while (!timers_.empty()) {
      const auto wait =
          std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Clock::now());
      if (wait.count() > 0) {
        timeout = static_cast<int>(wait.count());
        break;
      }
      timers_.extract(timers_.begin()).mapped()();
    }
    pollfd ready{.fd = listening ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, timeout) <= 0) continue;

    std::array<char, 65536> block;
    const ssize_t got = ::read(STDIN_FILENO, block.data(), block.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) {
      listening = false;
      on_end_of_input();
      continue;
    }
    const std::size_t before = input.size();
    input.append(block.data(), static_cast<std::size_t>(got));
    std::size_t start = 0;
    for (std::size_t end; (end = input.find('\n', std::max(start, before))) != std::string::npos;
         start = end + 1) {
      take(input.substr(start, end - start));
    }
    input.erase(0, start);
  }
}

// ---- the tools ----

struct Tool {
  std::string_view name;
  std::string_view description;
  void (*run)(Worker&, const Request&);
};

std::string environment_as_json() {
  std::string out = "{";
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (out.size() > 1) out += ',';
    out += json_string(text.substr(0, equals)) + ':' + json_string(text.substr(equals + 1));
  }
  return out + '}';
}

std::string open_files_as_json() {
  std::map<int, std::string> files;
  DIR* folder = ::opendir("/proc/self/fd");
  if (!folder) return "[]";
  while (const dirent* entry = ::readdir(folder)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == ::dirfd(folder)) continue;
    std::array<char, 4096> target{};
    const ssize_t length =
        ::readlinkat(::dirfd(folder), entry->d_name, target.data(), target.size());
    files[fd] = std::string(target.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  }
  ::closedir(folder);
  std::string out = "[";
  for (const auto& [fd, target] : files) {
    if (out.size() > 1) out += ',';
    out += R"({"fd":)" + std::to_string(fd) + R"(,"target":)" + json_string(target) + '}';
  }
  return out + ']';
}

std::string processes_as_json(const Worker& worker) {
  std::ostringstream out;
  out << R"({"pid":)" << ::getpid() << R"(,"ppid":)" << ::getppid() << R"(,"pgid":)" << ::getpgrp()
      << R"(,"sid":)" << ::getsid(0) << R"(,"child":)";
  if (worker.child > 0) {
    out << worker.child << '}';
  } else {
    out << "null}";
  }
  return out.str();
}

std::string working_directory() {
  std::array<char, 4096> path{};
  return ::getcwd(path.data(), path.size()) ? path.data() : "";
}

void answer_data(Worker& worker, const Request& request, const std::string& json) {
  worker.result(request, R"({"content":"ok","data":)" + json + '}');
}

constexpr Tool tools[] = {
    {"echo", "answers its parameters, byte for byte, as data",
     [](Worker& worker, const Request& request) {
       answer_data(worker, request, request.parameters);
     }},
    {"raw", "its parameters, byte for byte, are the whole result",
     [](Worker& worker, const Request& request) { worker.result(request, request.parameters); }},
    {"big", "content of `bytes` bytes (1000000)",
     [](Worker& worker, const Request& request) {
       const auto bytes =
           static_cast<std::size_t>(number_member(request.parameters, "bytes", 1'000'000));
       worker.result(request, R"({"content":")" + std::string(bytes, 'x') + R"("})");
     }},
    {"slow", "answers after `ms` milliseconds (1000), other calls go on meanwhile",
     [](Worker& worker, const Request& request) {
       worker.later(static_cast<int>(number_member(request.parameters, "ms", 1000)),
                    [&worker, request] { answer_data(worker, request, request.parameters); });
     }},
    {"busy", "answers after `ms` milliseconds (1000) in which the worker is deaf",
     [](Worker& worker, const Request& request) {
       std::this_thread::sleep_for(
           std::chrono::milliseconds(number_member(request.parameters, "ms", 1000)));
       answer_data(worker, request, request.parameters);
     }},
    {"die",
     "ends the worker with `code` (1) instead of an answer, after the line `words` on stderr",
     [](Worker&, const Request& request) {
       if (const std::string words = string_member(request.parameters, "words"); !words.empty())
         Worker::write(words + '\n', STDERR_FILENO);
       std::_Exit(static_cast<int>(number_member(request.parameters, "code", 1)));
     }},
    {"hang", "never answers; other calls go on", [](Worker&, const Request&) {}},
    {"error", "a JSON-RPC error with `code` (-32002) and `message`",
     [](Worker& worker, const Request& request) {
       worker.error(request, number_member(request.parameters, "code", -32002),
                    string_member(request.parameters, "message", "it went wrong"));
     }},
    {"pid", "its process, group and session, and the child that the mode started",
     [](Worker& worker, const Request& request) {
       answer_data(worker, request, processes_as_json(worker));
     }},
    {"env", "its environment as an object",
     [](Worker& worker, const Request& request) {
       answer_data(worker, request, environment_as_json());
     }},
    {"fds", "its open files",
     [](Worker& worker, const Request& request) {
       answer_data(worker, request, open_files_as_json());
     }},
    {"context", "the run context of the call",
     [](Worker& worker, const Request& request) {
       answer_data(worker, request,
                   std::string(member(request.params, "runContext").value_or("null")));
     }},
    {"cwd", "its working directory",
     [](Worker& worker, const Request& request) {
       answer_data(worker, request, json_string(working_directory()));
     }},
};

void Worker::call(const Request& request) {
  const auto* tool = std::ranges::find(tools, request.tool, &Tool::name);
  if (tool == std::end(tools))
    return error(request, -32002, R"(No tool handler registered for \")" + request.tool + R"(\")");
  tool->run(*this, request);
}

// ---- the modes ----

struct Mode {
  std::string_view name;
  std::string_view description;  ///< options with their defaults in parentheses
  void (*apply)(Worker&);        ///< changes the worker's habits before it starts
};

/// Lets `action` happen at a moment that the option `at` chooses: `start` (before anything is
/// read), `initialize` (behind its answer) or `call` (each call, instead of its answer).
void happen(Worker& worker, const std::string& usual_moment, const std::function<void()>& action) {
  const std::string moment = worker.options.text("at", usual_moment);
  if (moment == "start") {
    worker.later(0, action);
  } else if (moment == "initialize") {
    worker.on_initialize = [usual = worker.on_initialize, action](const Request& request) {
      usual(request);
      action();
    };
  } else if (moment == "call") {
    worker.on_call = [action](const Request&) { action(); };
  } else {
    std::fprintf(stderr, "fault_worker: at=%s is none of start, initialize, call\n",
                 moment.c_str());
    std::_Exit(64);
  }
}

/// Lets calls be answered by `answer`, which is given the ordinary line; all else is answered as
/// ever.
void answer_calls(Worker& worker,
                  const std::function<void(const Request&, const std::string& line)>& answer) {
  worker.send_answer = [usual = worker.send_answer, answer](const Request& request,
                                                            const std::string& line) {
    request.method == "executeTool" ? answer(request, line) : usual(request, line);
  };
}

void ignore_shutdown(Worker& worker) {
  worker.on_shutdown = [](const Request&) {};
  worker.on_end_of_input = [] {};
}

/// Lines that are no answer to anything.
const std::vector<std::string>& noise() {
  using namespace std::string_literals;
  static const std::vector<std::string> lines = {
      "",
      " \t ",
      "\r",
      "Server listening on port 3000",
      "\x1b[32mready\x1b[0m",
      "{",
      "}",
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"resu",
      "{}",
      "[]",
      "null",
      "true",
      "7",
      "-0.5e3",
      "\"text\"",
      "NaN",
      "{bad}",
      "{'jsonrpc':'2.0'}",
      "{\"jsonrpc\":\"1.0\",\"id\":1,\"result\":1}",
      "{\"jsonrpc\":2.0,\"id\":1,\"result\":1}",
      "{\"id\":1,\"result\":1}",
      "{\"jsonrpc\":\"2.0\"}",
      "{\"jsonrpc\":\"2.0\",\"id\":1}",
      "{\"jsonrpc\":\"2.0\",\"id\":999999,\"result\":\"nobody asked\"}",
      "{\"jsonrpc\":\"2.0\",\"id\":-1,\"result\":1}",
      "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":1}",
      "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"Parse error\"}}",
      "{\"jsonrpc\":\"2.0\",\"id\":[1],\"result\":1}",
      "{\"jsonrpc\":\"2.0\",\"id\":true,\"result\":1}",
      "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"log\"}",
      "{\"jsonrpc\":\"2.0\",\"method\":7}",
      "{\"jsonrpc\":\"2.0\",\"method\":\"no.such.notification\",\"params\":{}}",
      "{\"jsonrpc\":\"2.0\",\"method\":\"log\"}",
      "{\"jsonrpc\":\"2.0\",\"method\":\"log\",\"params\":[]}",
      "{\"jsonrpc\":\"2.0\",\"method\":\"log\",\"params\":{\"level\":7,\"message\":{}}}",
      "[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1},{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":2}]",
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":2}",
      "\xEF\xBB\xBF{\"jsonrpc\":\"2.0\",\"id\":999999,\"result\":1}",
      "not UTF-8: \xFF\xFE\xC0\x80",
      "{\"jsonrpc\":\"2.0\",\"method\":\"log\",\"params\":{\"level\":\"info\",\"message\":"
      "\"\xED\xA0\x80\"}}",
      "a NUL: \0 and more"s,
      std::string(100'000, 'x'),
      std::string(100'000, '['),
  };
  return lines;
}

void call_host(Worker& worker, const Request& request) {
  // The worker's ids are its own; that they equal the host's must not matter.
  static constexpr std::array<std::string_view, 3> methods = {"log", "config.get",
                                                              "no.such.method"};
  static constexpr std::array<std::string_view, 3> params = {
      R"({"level":"info","message":"asked by request"})", "{}", "{}"};
  worker.on_host_answer = [&worker, request, answers = std::map<long, std::string>()](
                              const std::string& line) mutable {
    answers[number_member(line, "id", 0)] = line;
    if (answers.size() < methods.size()) return;
    std::string data = "{";
    for (std::size_t i = 0; i < methods.size(); ++i) {
      data +=
          (i ? ",\"" : "\"") + std::string(methods[i]) + "\":" + answers[static_cast<long>(i) + 1];
    }
    answer_data(worker, request, data + '}');
  };
  for (std::size_t i = 0; i < methods.size(); ++i) {
    std::string line = R"({"jsonrpc":"2.0","id":)" + std::to_string(i + 1) + R"(,"method":")" +
                       std::string(methods[i]) + R"(","params":)" + std::string(params[i]);
    if (!request.invocation.empty())
      line += R"(,"paperclipInvocationId":")" + request.invocation + '"';
    Worker::write(line + "}\n");
  }
}

constexpr Mode modes[] = {
    {"normal", "behaves well", [](Worker&) {}},

    {"init-not-ok", "answers initialize with ok=false",
     [](Worker& worker) {
       worker.on_initialize = [&worker](const Request& request) {
         worker.result(request, R"({"ok":false,"supportedMethods":[]})");
       };
     }},
    {"init-error", "answers initialize with an error: message=TEXT (the licence has run out)",
     [](Worker& worker) {
       worker.on_initialize = [&worker](const Request& request) {
         worker.error(request, -32002, worker.options.text("message", "the licence has run out"));
       };
     }},
    {"init-hang", "never answers initialize",
     [](Worker& worker) { worker.on_initialize = [](const Request&) {}; }},
    {"init-exit",
     "exits instead of answering initialize: code=N (3), words=TEXT (cannot start) on stderr",
     [](Worker& worker) {
       worker.on_initialize = [&worker](const Request&) {
         Worker::write(worker.options.text("words", "cannot start") + '\n', STDERR_FILENO);
         std::_Exit(worker.options.number("code", 3));
       };
     }},
    {"init-exit0", "exits with code 0 instead of answering initialize",
     [](Worker& worker) { worker.on_initialize = [](const Request&) { std::_Exit(0); }; }},
    {"init-garbage", "answers initialize with text that is no JSON, and then nothing",
     [](Worker& worker) {
       worker.on_initialize = [](const Request&) {
         Worker::write("Welcome to the plugin!\n{\"jsonrpc\": oops}\n");
       };
     }},
    {"exit-after-init", "answers initialize and exits: code=N (0)",
     [](Worker& worker) {
       happen(worker, "initialize", [&worker] { std::_Exit(worker.options.number("code", 0)); });
     }},

    {"noise", "junk of many kinds on stdout before every answer",
     [](Worker& worker) {
       worker.send_answer = [](const Request&, const std::string& line) {
         for (const std::string& junk : noise()) Worker::write(junk + '\n');
         Worker::write(line + '\n');
       };
     }},
    {"stderr-flood", "bytes=N (262144) on stderr before anything is read, in lines of 80",
     [](Worker& worker) {
       const auto bytes = static_cast<std::size_t>(worker.options.number("bytes", 262'144));
       std::string flood;
       while (flood.size() < bytes) flood += std::string(79, 'e') + '\n';
       flood.resize(bytes);
       worker.later(0, [flood] { Worker::write(flood, STDERR_FILENO); });
     }},
    {"spam-notifications", "count=N (1000) log notifications before the answer of every call",
     [](Worker& worker) {
       answer_calls(worker, [&worker](const Request&, const std::string& line) {
         std::string lines;
         for (int i = 0; i < worker.options.number("count", 1000); ++i) {
           lines += R"({"jsonrpc":"2.0","method":"log","params":{"level":"info","message":"line )" +
                    std::to_string(i) + "\"}}\n";
         }
         Worker::write(lines + line + '\n');
       });
     }},

    {"die-in-call", "exits in a call: code=N (1), words=TEXT (out of cheese) on stderr",
     [](Worker& worker) {
       happen(worker, "call", [&worker] {
         Worker::write(worker.options.text("words", "out of cheese") + '\n', STDERR_FILENO);
         std::_Exit(worker.options.number("code", 1));
       });
     }},
    {"die-at-byte", "exits behind the first bytes=N (10) of a call's answer: code=N (1)",
     [](Worker& worker) {
       answer_calls(worker, [&worker](const Request&, const std::string& line) {
         Worker::write(
             (line + '\n').substr(0, static_cast<std::size_t>(worker.options.number("bytes", 10))));
         std::_Exit(worker.options.number("code", 1));
       });
     }},
    {"crash-signal", "dies of a signal in a call: signal=N (6, as abort does)",
     [](Worker& worker) {
       happen(worker, "call", [&worker] {
         ::raise(worker.options.number("signal", SIGABRT));
         Worker::stay();
       });
     }},
    {"stop-self", "stops itself with SIGSTOP in a call",
     [](Worker& worker) { happen(worker, "call", [] { ::raise(SIGSTOP); }); }},
    {"close-stdin", "closes stdin behind the answer of initialize and lives on",
     [](Worker& worker) {
       happen(worker, "initialize", [&worker] {
         worker.listening = false;
         ::close(STDIN_FILENO);
       });
     }},
    {"close-stdout", "closes stdout in a call and lives on",
     [](Worker& worker) { happen(worker, "call", [] { ::close(STDOUT_FILENO); }); }},

    {"ignore-shutdown",
     "does not answer shutdown and does not mind the end of stdin; SIGTERM ends it",
     ignore_shutdown},
    {"ignore-term", "as ignore-shutdown, and ignores SIGTERM as well",
     [](Worker& worker) {
       ::signal(SIGTERM, SIG_IGN);
       ignore_shutdown(worker);
     }},

    {"late-reply", "answers each call after ms=N (1000); other calls go on",
     [](Worker& worker) {
       answer_calls(worker, [&worker](const Request&, const std::string& line) {
         worker.later(worker.options.number("ms", 1000), [line] { Worker::write(line + '\n'); });
       });
     }},
    {"dup-reply", "answers each call twice",
     [](Worker& worker) {
       answer_calls(worker, [](const Request&, const std::string& line) {
         Worker::write(line + '\n' + line + '\n');
       });
     }},
    {"both-result-and-error", "answers each call with a result and an error in one message",
     [](Worker& worker) {
       answer_calls(worker, [](const Request& request, const std::string&) {
         Worker::write(R"({"jsonrpc":"2.0","id":)" + request.id +
                       R"(,"result":{"content":"both"},"error":{"code":-32002,"message":"both"}})" +
                       '\n');
       });
     }},
    {"wrong-id", "answers each call with an id that nobody asked for",
     [](Worker& worker) {
       answer_calls(worker, [](const Request&, const std::string&) {
         Worker::write(R"({"jsonrpc":"2.0","id":987654321,"result":{"content":"wrong id"}})"
                       "\n");
       });
     }},
    {"string-id", "answers each call with its id as a string",
     [](Worker& worker) {
       answer_calls(worker, [](const Request& request, const std::string&) {
         Worker::write(R"({"jsonrpc":"2.0","id":")" + request.id +
                       R"(","result":{"content":"string id"}})" + '\n');
       });
     }},
    {"calls-host",
     "asks the host for log, config.get and an unknown method in each call, and answers what it "
     "got",
     [](Worker& worker) {
       worker.on_call = [&worker](const Request& request) { call_host(worker, request); };
     }},

    {"fork-child", "has a child in its process group that holds stdin, stdout and stderr",
     [](Worker& worker) { worker.start_child([] {}); }},
    {"setsid-child", "has a child in a session of its own that holds none of its files",
     [](Worker& worker) {
       worker.start_child([] {
         ::setsid();
         for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(fd);
       });
     }},
    {"hold-pipe", "exits in a call while a child keeps stdout open: code=N (1)",
     [](Worker& worker) {
       worker.start_child([] {});
       happen(worker, "call", [&worker] { std::_Exit(worker.options.number("code", 1)); });
     }},
};

template <class Row>
void list(const Row& rows) {
  for (const auto& row : rows)
    std::printf("%-24s%s\n", std::string(row.name).c_str(), std::string(row.description).c_str());
}

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

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  Worker worker;
  std::string name = "normal";
  for (const std::string& word : words_of_mode(argc, argv)) {
    if (word == "--list-modes") return list(modes), 0;
    if (word == "--list-tools") return list(tools), 0;
    if (word.starts_with("--mode=")) {
      name = word.substr(std::strlen("--mode="));
    } else {
      worker.options.add(word);
    }
  }
  const auto* mode = std::ranges::find(modes, name, &Mode::name);
  if (mode == std::end(modes)) {
    std::fprintf(stderr, "fault_worker: there is no mode \"%s\"; these are:\n", name.c_str());
    return list(modes), 64;
  }
  ::alarm(static_cast<unsigned>(worker.options.number("lifetime", 600)));
  mode->apply(worker);
  worker.run();
}
