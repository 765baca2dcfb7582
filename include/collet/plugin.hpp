// Write a Collet (or Paperclip) plugin in C++: declare tools, run.
// Header only, C++20, POSIX, nothing but the standard library; copy this file and plugin/json.hpp,
// or use the installed ones.
//
//   #include <collet/plugin.hpp>
//
//   int main() {
//     collet::plugin::Plugin plugin;
//     plugin.tool("greet", [](const collet::plugin::Call& call) -> collet::plugin::ToolResult {
//       return {.content = "Hello " + call.parameters.get<std::string>("name")};
//     });
//     return plugin.run();
//   }
//
// The program speaks the worker protocol of Paperclip plugins on its stdin and stdout:
// JSON-RPC 2.0, one message per line. What a tool is called, says of itself and takes stands in a
// manifest.json; the host checks the parameters against that schema before a call comes here.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "collet/plugin/json.hpp"

namespace collet::plugin {

/// On whose behalf a tool is called. Ids are opaque; a host with one tenant may send "default".
struct ToolRunContext {
  std::string agent_id;
  std::string run_id;
  std::string company_id;
  std::string project_id;
};

/// What a tool answers: `{.content = "4"}`, `{.content = "4", .data = 4}`, `{.error = "too big"}`.
struct ToolResult {
  std::optional<std::string> content = {};  ///< for the agent to read
  std::optional<Json> data = {};            ///< for programs
  std::optional<std::string> error = {};    ///< why the call failed, for the agent to act on
};

enum class LogLevel { debug, info, warn, error };

/// Codes of the worker protocol that a worker sends.
enum class RpcCode : int {
  parse_error = -32700,       ///< the line is not a JSON-RPC message
  method_not_found = -32601,  ///< the host asked for a method that no worker of this kind has
  worker_error = -32002,      ///< a handler threw
  not_implemented = -32004,   ///< an optional hook that this plugin does not have
};

/// Thrown by a handler to choose the error code of the answer. Every other exception answers
/// `RpcCode::worker_error` with its `what()`.
class RpcError : public std::runtime_error {
 public:
  RpcError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  RpcError(RpcCode code, const std::string& message) : RpcError(static_cast<int>(code), message) {}
  [[nodiscard]] int code() const { return code_; }

 private:
  int code_;
};

/// The host, as the plugin sees it. Made by `Plugin`; a reference to it lives as long as `run`.
///
/// Threads: `log` from any; the rest from the thread that called `run`.
class Host {
 public:
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// Writes a line to the plugin's log (`collet plugin logs`); `meta` may be an object with more.
  void log(LogLevel level, std::string_view message, const Json& meta = nullptr);

  /// The manifest, as the host read it at `initialize`; null before.
  [[nodiscard]] const Json& manifest() const { return manifest_; }
  /// The configuration that the operator gave; `{}` or null where there is none.
  [[nodiscard]] const Json& config() const { return config_; }

  /// A folder of this plugin's own, writable, kept over restarts and upgrades.
  /// Throws std::runtime_error where the host gives none.
  [[nodiscard]] std::filesystem::path data_directory() const {
    const char* path = std::getenv("COLLET_PLUGIN_DATA_DIR");
    if (path && *path) return path;
    throw std::runtime_error(
        "COLLET_PLUGIN_DATA_DIR is not set: "
        "this host gives no data folder; set it to a writable one");
  }

 private:
  friend class Plugin;
  Host() = default;

  /// Sends one line, which `append` puts together, in one write where the other end takes it whole.
  template <class Append>
  void send(Append append);
  void result(const Json& id, const Json& value);
  void error(const Json& id, int code, std::string_view message);

  /// Names the call that runs; what is sent meanwhile without being its answer repeats the name.
  void running(const Json* invocation_id) {
    const std::lock_guard lock(writing_);
    invocation_id_ = invocation_id ? *invocation_id : Json();
  }

  int out_ = -1;
  std::atomic<bool> broken_ = false;  // the host no longer reads
  Json manifest_;
  Json config_;
  std::mutex writing_;
  std::string line_;    // kept between messages for its capacity; under writing_
  Json invocation_id_;  // of the call that runs, else null; under writing_
};

/// One call of a tool.
struct Call {
  const std::string& tool;  ///< as in the manifest, without the plugin's key
  const Json& parameters;   ///< usually an object
  ToolRunContext context;
  Host& host;

  void log(LogLevel level, std::string_view message, const Json& meta = nullptr) const {
    host.log(level, message, meta);
  }
};

/// A plugin's worker. Declare tools and hooks, then `run` once.
///
/// Calls are handled one after another, on the thread that called `run`; the host queues the
/// others. A handler that throws fails its call, never the worker. Signals are left as they are:
/// where the host vanishes in the middle of an answer, SIGPIPE ends the worker.
class Plugin {
 public:
  using ToolHandler = std::function<ToolResult(const Call&)>;

  /// The longest line that is read, in bytes without its end. 128 MiB is where Paperclip's host
  /// stops as well; a longer line is skipped and answered as a parse error.
  static constexpr std::size_t line_bytes_max = std::size_t{128} << 20;

  /// Declares a tool, or replaces the one of this name.
  Plugin& tool(std::string name, ToolHandler handler) {
    tools_.insert_or_assign(std::move(name), std::move(handler));
    return *this;
  }

  /// Runs once, when the host initializes the worker. An exception tells the host that the plugin
  /// cannot start, and why.
  Plugin& on_setup(std::function<void(Host&)> hook) {
    setup_ = std::move(hook);
    return *this;
  }
  /// Runs after the operator changed the configuration; `Host::config` has the new one. An
  /// exception refuses it: the old one stays.
  Plugin& on_config_changed(std::function<void(Host&)> hook) {
    config_changed_ = std::move(hook);
    return *this;
  }
  /// Answers the host's question how the plugin is: an object with `status` ("ok", "degraded" or
  /// "error") and perhaps `message`. Without it a worker that can answer is ok.
  Plugin& on_health(std::function<Json(Host&)> hook) {
    health_ = std::move(hook);
    return *this;
  }
  /// Runs before the worker ends on the host's request; not when the host vanishes.
  Plugin& on_shutdown(std::function<void(Host&)> hook) {
    shutdown_ = std::move(hook);
    return *this;
  }

  /// Serves the host on stdin and stdout until it says `shutdown` or closes stdin. Returns the exit
  /// code for `main`: 0, or 1 where stdin cannot be read or stdout not be written.
  ///
  /// stdout belongs to the protocol: from here on file descriptor 1 is stderr, so that a stray
  /// printf ends in the log, and file descriptor 0 is /dev/null, so that no child process reads the
  /// host's messages.
  int run();

  /// The same on any two file descriptors (a test's pipes); they stay the caller's. `line_bytes` is
  /// the limit in use.
  int run(int in, int out, std::size_t line_bytes = line_bytes_max);

 private:
  void handle_line(std::string_view line);
  void handle_request(const Json& id, const std::string& method, const Json& message);
  Json dispatch(const std::string& method, const Json& message);
  Json initialize(const Json& params);
  Json execute_tool(const Json& params);

  std::map<std::string, ToolHandler, std::less<>> tools_;
  std::function<void(Host&)> setup_;
  std::function<void(Host&)> config_changed_;
  std::function<Json(Host&)> health_;
  std::function<void(Host&)> shutdown_;
  Host host_;
  bool initialized_ = false;
  bool stopping_ = false;
};

namespace detail {

/// Calls `system_call` (read or write) until it does something; a descriptor that does not block is
/// waited for.
template <class SystemCall>
ssize_t persevere(int fd, short events, SystemCall system_call) {
  for (;;) {
    const ssize_t done = system_call();
    if (done >= 0 || (errno != EINTR && errno != EAGAIN)) return done;
    if (errno == EAGAIN) {
      pollfd ready{.fd = fd, .events = events, .revents = 0};
      ::poll(&ready, 1, -1);
    }
  }
}

/// Lines out of a byte stream, read in large blocks.
class LineReader {
 public:
  LineReader(int fd, std::size_t line_bytes) : fd_(fd), line_bytes_(line_bytes) {}

  enum class Got { line, too_long, end, error };

  /// The next line, without its end; valid until the next call. What follows the last line end is a
  /// line too.
  Got next(std::string_view& line) {
    for (bool skipping = false;;) {
      const auto* found = static_cast<const char*>(
          std::memchr(buffer_.data() + scanned_, '\n', filled_ - scanned_));
      const bool last = !found && ended_ && filled_ > start_;
      if (found || last) {
        const std::size_t end = found ? static_cast<std::size_t>(found - buffer_.data()) : filled_;
        line = std::string_view(buffer_.data() + start_, end - start_);
        start_ = scanned_ = found ? end + 1 : filled_;
        return skipping || line.size() > line_bytes_ ? Got::too_long : Got::line;
      }
      if (ended_) return skipping ? Got::too_long : Got::end;
      scanned_ = filled_;
      if (filled_ - start_ > line_bytes_) {
        skipping = true;
        start_ = scanned_ = filled_ = 0;
      }
      if (!fill()) return Got::error;
    }
  }

 private:
  static constexpr std::size_t block_bytes = std::size_t{64} << 10;  // what a Linux pipe holds

  bool fill() {
    if (start_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + start_, filled_ - start_);
      filled_ -= start_;
      scanned_ -= start_;
      start_ = 0;
    }
    if (buffer_.size() - filled_ < block_bytes)
      buffer_.resize(std::max(buffer_.size() * 2, filled_ + block_bytes));
    const ssize_t got = persevere(fd_, POLLIN, [&] {
      return ::read(fd_, buffer_.data() + filled_, buffer_.size() - filled_);
    });
    if (got < 0) return false;
    ended_ = got == 0;
    filled_ += static_cast<std::size_t>(got);
    return true;
  }

  int fd_;
  std::size_t line_bytes_;
  std::string buffer_ = std::string(block_bytes, '\0');
  std::size_t start_ = 0;    // of the line that is being put together
  std::size_t scanned_ = 0;  // no line end in [start_, scanned_)
  std::size_t filled_ = 0;
  bool ended_ = false;
};

inline std::string text_or_empty(const Json& object, std::string_view name) {
  const Json* member = object.find(name);
  return member && member->is_string() ? member->as_string() : std::string();
}

inline const Json& member_or_null(const Json& object, std::string_view name) {
  static const Json null;
  const Json* member = object.find(name);
  return member ? *member : null;
}

}  // namespace detail

inline void Host::log(LogLevel level, std::string_view message, const Json& meta) {
  constexpr std::array<const char*, 4> names = {"debug", "info", "warn", "error"};
  Json params =
      Json::object({{"level", names[static_cast<std::size_t>(level)]}, {"message", message}});
  if (!meta.is_null()) params.set("meta", meta);
  send([&](std::string& line) {
    line += R"({"jsonrpc":"2.0","method":"log","params":)";
    params.append_to(line);
    if (!invocation_id_.is_null()) {
      line += R"(,"paperclipInvocationId":)";
      invocation_id_.append_to(line);
    }
    line += '}';
  });
}

inline void Host::result(const Json& id, const Json& value) {
  send([&](std::string& line) {
    line += R"({"jsonrpc":"2.0","id":)";
    id.append_to(line);
    line += R"(,"result":)";
    value.append_to(line);
    line += '}';
  });
}

inline void Host::error(const Json& id, int code, std::string_view message) {
  send([&](std::string& line) {
    line += R"({"jsonrpc":"2.0","id":)";
    id.append_to(line);
    line += R"(,"error":)";
    Json::object({{"code", code}, {"message", message}}).append_to(line);
    line += '}';
  });
}

template <class Append>
void Host::send(Append append) {
  const std::lock_guard lock(writing_);
  line_.clear();
  append(line_);
  line_ += '\n';
  for (std::string_view rest = line_; !rest.empty() && !broken_;) {
    const ssize_t sent =
        detail::persevere(out_, POLLOUT, [&] { return ::write(out_, rest.data(), rest.size()); });
    if (sent < 0) {
      broken_ = true;
    } else {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
}

inline int Plugin::run() {
  if (::isatty(STDIN_FILENO)) {
    std::cerr << "This is the worker of a plugin. Its host talks to it in lines of JSON on stdin, "
                 "for example\n"
                 R"({"jsonrpc":"2.0","id":1,"method":"executeTool","params":{"toolName":")"
              << (tools_.empty() ? "name" : tools_.begin()->first) << R"(","parameters":{}}})"
              << "\nCtrl-D ends it.\n";
  }
  const int in = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  const int out = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  int code = 1;
  if (in >= 0 && out >= 0 && nothing >= 0 && ::dup2(nothing, STDIN_FILENO) >= 0 &&
      ::dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) {
    code = run(in, out);
  } else {
    std::cerr << "The worker cannot take over stdin and stdout: " << std::strerror(errno)
              << "; its host opens both\n";
  }
  for (const int fd : {in, out, nothing}) {
    if (fd >= 0) ::close(fd);
  }
  return code;
}

inline int Plugin::run(int in, int out, std::size_t line_bytes) {
  host_.out_ = out;
  detail::LineReader reader(in, line_bytes);
  std::string_view line;
  while (!stopping_ && !host_.broken_) {
    switch (reader.next(line)) {
      case detail::LineReader::Got::line:
        handle_line(line);
        break;
      case detail::LineReader::Got::too_long:
        host_.error(nullptr, static_cast<int>(RpcCode::parse_error),
                    "Parse error: a line of more than " + std::to_string(line_bytes) + " bytes");
        break;
      case detail::LineReader::Got::end:
        return 0;
      case detail::LineReader::Got::error:
        return 1;
    }
  }
  return host_.broken_ ? 1 : 0;
}

inline void Plugin::handle_line(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  const auto refuse = [this](const std::string& reason) {
    host_.error(nullptr, static_cast<int>(RpcCode::parse_error), "Parse error: " + reason);
  };
  constexpr std::size_t shown_bytes = 200;  // enough to recognise the line
  Json message;
  try {
    message = Json::parse(line);
  } catch (const JsonParseError& error) {
    return refuse("Invalid JSON: " + std::string(line.substr(0, shown_bytes)) + " (" +
                  error.what() + ")");
  }
  if (!message.is_object()) return refuse("Message must be a JSON object");
  if (detail::text_or_empty(message, "jsonrpc") != "2.0")
    return refuse(R"(Invalid or missing jsonrpc version (expected "2.0"))");

  // Nobody here waits for an answer, a notification wants none, and an id of null is neither.
  const Json* method = message.find("method");
  const Json* id = message.find("id");
  if (!method || !method->is_string() || !id || id->is_null()) return;
  if (message.find("result") || message.find("error")) return;
  handle_request(*id, method->as_string(), message);
}

inline void Plugin::handle_request(const Json& id, const std::string& method, const Json& message) {
  const Json* invocation_id = detail::member_or_null(message, "paperclipInvocation").find("id");
  host_.running(invocation_id);
  try {
    host_.result(id, dispatch(method, message));
  } catch (const RpcError& error) {
    host_.error(id, error.code(), error.what());
  } catch (const std::exception& error) {
    host_.error(id, static_cast<int>(RpcCode::worker_error), error.what());
  } catch (...) {
    host_.error(id, static_cast<int>(RpcCode::worker_error),
                "the handler threw something that is no std::exception");
  }
  host_.running(nullptr);
}

inline Json Plugin::dispatch(const std::string& method, const Json& message) {
  const Json& params = detail::member_or_null(message, "params");
  if (method == "executeTool") return execute_tool(params);
  if (method == "initialize") return initialize(params);
  if (method == "health") return health_ ? health_(host_) : Json::object({{"status", "ok"}});
  if (method == "configChanged") {
    Json before = std::exchange(host_.config_, detail::member_or_null(params, "config"));
    try {
      if (config_changed_) config_changed_(host_);
    } catch (...) {
      host_.config_ = std::move(before);
      throw;
    }
    return nullptr;
  }
  if (method == "shutdown") {
    stopping_ = true;
    if (shutdown_) shutdown_(host_);
    return nullptr;
  }
  if (method == "validateConfig")
    throw RpcError(RpcCode::not_implemented, "validateConfig is not implemented by this plugin");
  throw RpcError(RpcCode::method_not_found, "Unknown method: " + method);
}

inline Json Plugin::initialize(const Json& params) {
  if (initialized_) throw std::runtime_error("Worker already initialized");
  host_.manifest_ = detail::member_or_null(params, "manifest");
  host_.config_ = detail::member_or_null(params, "config");
  if (const Json* declared = host_.manifest_.find("tools"); declared && declared->is_array()) {
    for (const Json& tool : declared->as_array()) {
      const std::string name = detail::text_or_empty(tool, "name");
      if (!tools_.contains(name))
        host_.log(LogLevel::warn, "The manifest declares the tool \"" + name +
                                      "\", for which the worker has no handler");
    }
  }
  if (setup_) setup_(host_);
  initialized_ = true;
  Json supported = Json::array({"health", "shutdown"});
  if (config_changed_) supported.push_back("configChanged");
  return Json::object({{"ok", true}, {"supportedMethods", std::move(supported)}});
}

inline Json Plugin::execute_tool(const Json& params) {
  const std::string name = params.get<std::string>("toolName");
  const auto found = tools_.find(name);
  if (found == tools_.end())
    throw std::runtime_error("No tool handler registered for \"" + name + "\"");
  const Json& context = detail::member_or_null(params, "runContext");
  const Call call{.tool = name,
                  .parameters = detail::member_or_null(params, "parameters"),
                  .context = {.agent_id = detail::text_or_empty(context, "agentId"),
                              .run_id = detail::text_or_empty(context, "runId"),
                              .company_id = detail::text_or_empty(context, "companyId"),
                              .project_id = detail::text_or_empty(context, "projectId")},
                  .host = host_};
  ToolResult result = found->second(call);
  Json json = Json::object();
  if (result.content) json.set("content", *std::move(result.content));
  if (result.data) json.set("data", *std::move(result.data));
  if (result.error) json.set("error", *std::move(result.error));
  return json;
}

}  // namespace collet::plugin
