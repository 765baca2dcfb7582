#include "worker.hpp"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <utility>

#include "json.hpp"

namespace fault {
namespace {

/// A lock that is taken in the order of coming, so that a flood lets answers through.
class Queue {
 public:
  void lock() {
    const unsigned mine = last_.fetch_add(1);
    for (unsigned first = first_; first != mine; first = first_) first_.wait(first);
  }
  void unlock() {
    first_.fetch_add(1);
    first_.notify_all();
  }

 private:
  std::atomic<unsigned> last_ = 0;
  std::atomic<unsigned> first_ = 0;
};

}  // namespace

void Options::add(std::string_view word) {
  const std::size_t equals = word.find('=');
  values_[std::string(word.substr(0, equals))] =
      equals == std::string_view::npos ? "" : word.substr(equals + 1);
}

std::string Options::text(const std::string& name, const std::string& otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second;
}

int Options::number(const std::string& name, int otherwise) const {
  return std::atoi(text(name, std::to_string(otherwise)).c_str());
}

std::size_t Options::bytes(const std::string& name, std::size_t otherwise) const {
  return std::strtoull(text(name, std::to_string(otherwise)).c_str(), nullptr, 10);
}

// ---- what the habits are made of

void Worker::result(const Request& request, const std::string& json) {
  send_answer(request, R"({"jsonrpc":"2.0","id":)" + request.id + R"(,"result":)" + json + '}');
}

void Worker::data(const Request& request, const std::string& json) {
  result(request, R"({"content":"ok","data":)" + json + '}');
}

void Worker::error(const Request& request, long code, const std::string& raw_message) {
  send_answer(request, R"({"jsonrpc":"2.0","id":)" + request.id + R"(,"error":{"code":)" +
                           std::to_string(code) + R"(,"message":")" + raw_message + R"("}})");
}

void Worker::later(int ms, std::function<void()> action) {
  timers_.emplace(Clock::now() + std::chrono::milliseconds(ms), std::move(action));
}

bool Worker::write(std::string_view bytes, int fd) {
  static std::array<Queue, 3> queues;  // of stdout and stderr; a file is one thread's
  std::optional<std::lock_guard<Queue>> turn;
  if (fd < static_cast<int>(queues.size())) turn.emplace(queues[static_cast<std::size_t>(fd)]);
  while (!bytes.empty()) {
    const ssize_t sent = ::write(fd, bytes.data(), bytes.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
      continue;
    }
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Worker::start_child(const std::function<void()>& prepare) {
  child = ::fork();
  if (child != 0) return;
  limit_lifetime();
  prepare();
  stay();
}

void Worker::limit_lifetime() const {
  ::alarm(static_cast<unsigned>(options.number("lifetime", 600)));
}

void Worker::stay() {
  for (;;) ::pause();
}

// ---- the loop

void Worker::note_in_ledger(const Request& request) const {
  const std::string ledger = options.text("ledger", "");
  if (ledger.empty()) return;
  const auto context = member(request.params, "runContext").value_or("{}");
  const int fd = ::open(ledger.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  write(request.id + ' ' + request.tool + ' ' + string_member(context, "runId", "-") + '\n', fd);
  ::close(fd);
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
    note_in_ledger(request);
    return on_call(request);
  }
  if (request.method == "initialize") return on_initialize(request);
  if (request.method == "shutdown") return on_shutdown(request);
  if (request.method == "health") return on_health(request);
  // What the host tells it is fine with it.
  for (const auto* method : {"configChanged", "runJob", "handleWebhook"}) {
    if (request.method == method) return result(request, "null");
  }
  if (request.method == "getData" || request.method == "performAction")
    return result(request, request.params);
  error(request, -32601, "Unknown method: " + request.method);
}

// Runs what is due; how many milliseconds there are until the next, -1 where there is none.
int Worker::run_timers() {
  while (!timers_.empty()) {
    const auto wait =
        std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Clock::now());
    if (wait.count() > 0) return static_cast<int>(wait.count());
    timers_.extract(timers_.begin()).mapped()();
  }
  return -1;
}

void Worker::run() {
  std::string input;
  for (;;) {
    const int timeout = run_timers();
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

}  // namespace fault
