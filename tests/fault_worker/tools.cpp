#include "tools.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <map>
#include <sstream>
#include <thread>

#include "json.hpp"

namespace fault {
namespace {

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

constexpr Tool tools[] = {
    {"echo", "answers its parameters, byte for byte, as data",
     [](Worker& worker, const Request& request) { worker.data(request, request.parameters); }},
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
                    [&worker, request] { worker.data(request, request.parameters); });
     }},
    {"busy", "answers after `ms` milliseconds (1000) in which the worker is deaf",
     [](Worker& worker, const Request& request) {
       std::this_thread::sleep_for(
           std::chrono::milliseconds(number_member(request.parameters, "ms", 1000)));
       worker.data(request, request.parameters);
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
       worker.data(request, processes_as_json(worker));
     }},
    {"env", "its environment as an object",
     [](Worker& worker, const Request& request) { worker.data(request, environment_as_json()); }},
    {"fds", "its open files",
     [](Worker& worker, const Request& request) { worker.data(request, open_files_as_json()); }},
    {"context", "the run context of the call",
     [](Worker& worker, const Request& request) {
       worker.data(request, std::string(member(request.params, "runContext").value_or("null")));
     }},
    {"cwd", "its working directory",
     [](Worker& worker, const Request& request) {
       worker.data(request, json_string(working_directory()));
     }},
};

}  // namespace

std::span<const Tool> all_tools() {
  return tools;
}

void Worker::call(const Request& request) {
  const auto* tool = std::ranges::find(tools, request.tool, &Tool::name);
  if (tool == std::end(tools))
    return error(request, -32002, R"(No tool handler registered for \")" + request.tool + R"(\")");
  tool->run(*this, request);
}

}  // namespace fault
