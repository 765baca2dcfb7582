// What the worker asks of its host.
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "json.hpp"
#include "modes.hpp"

namespace fault {
namespace {

std::string request_line(std::size_t id, std::string_view method, std::string_view params,
                         const Request& during) {
  std::string line = R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":")" +
                     std::string(method) + R"(","params":)" + std::string(params);
  if (!during.invocation.empty()) line += R"(,"paperclipInvocationId":")" + during.invocation + '"';
  return line + "}\n";
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
    worker.data(request, data + '}');
  };
  for (std::size_t i = 0; i < methods.size(); ++i)
    Worker::write(request_line(i + 1, methods[i], params[i], request));
}

/// One call that writes.
struct Writing {
  Request request;
  long left;           // to be asked
  long per_second;     // 0: as fast as it goes
  double allowed = 0;  // of these, now
  long unanswered = 0;
  long written = 0;
  std::string first_error = "null";
  Worker::Clock::time_point begun = Worker::Clock::now();
};

/// All calls of a worker that write.
class StateWriter {
 public:
  explicit StateWriter(Worker& worker)
      : worker_(worker),
        window_(worker.options.number("window", 256)),
        keys_(worker.options.number("keys", 100)),
        value_('"' + std::string(worker.options.bytes("bytes", 100), 'v') + '"') {
    worker.on_call = [this](const Request& request) { begin(request); };
    worker.on_host_answer = [this](const std::string& line) { answered(line); };
  }

 private:
  static constexpr int k_pace_ms = 5;

  long option(const Request& request, const std::string& name, int usual) const {
    return number_member(request.parameters, name, worker_.options.number(name, usual));
  }

  void begin(const Request& request) {
    const auto writing =
        std::make_shared<Writing>(Writing{.request = request,
                                          .left = option(request, "count", 1000),
                                          .per_second = option(request, "per_second", 0)});
    if (writing->left == 0) return end(*writing);
    writing->per_second == 0 ? ask(writing) : pace(writing);
  }

  void pace(const std::shared_ptr<Writing>& writing) {
    if (writing->left == 0) return;
    const auto passed = std::chrono::duration<double>(Worker::Clock::now() - writing->begun);
    const auto asked = writing->written + writing->unanswered;
    writing->allowed =
        passed.count() * static_cast<double>(writing->per_second) - static_cast<double>(asked);
    ask(writing);
    worker_.later(k_pace_ms, [this, writing] { pace(writing); });
  }

  // In blocks, as a worker that awaits many promises at once does.
  void ask(const std::shared_ptr<Writing>& writing) {
    std::string lines;
    while (writing->left > 0 && writing->unanswered < window_ &&
           (writing->per_second == 0 || writing->allowed >= 1)) {
      const auto id = ++last_id_;
      const auto key = std::to_string(id % static_cast<std::size_t>(keys_));
      lines += request_line(
          id, "state.set",
          R"({"scopeKind":"instance","stateKey":"k)" + key + R"(","value":)" + value_ + '}',
          writing->request);
      open_[id] = writing;
      --writing->left;
      ++writing->unanswered;
      writing->allowed -= 1;
    }
    Worker::write(lines);
  }

  void answered(const std::string& line) {
    const auto found = open_.find(static_cast<std::size_t>(number_member(line, "id", 0)));
    if (found == open_.end()) return;
    const auto writing = found->second;
    open_.erase(found);
    --writing->unanswered;
    ++writing->written;
    if (const auto error = member(line, "error"); error && writing->first_error == "null")
      writing->first_error = *error;
    if (writing->left == 0) {
      if (writing->unanswered == 0) end(*writing);
    } else if (writing->per_second == 0 && writing->unanswered <= window_ / 2) {
      ask(writing);
    }
  }

  void end(const Writing& writing) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(Worker::Clock::now() - writing.begun);
    worker_.data(writing.request, R"({"answered":)" + std::to_string(writing.written) +
                                      R"(,"ms":)" + std::to_string(took.count()) +
                                      R"(,"firstError":)" + writing.first_error + '}');
  }

  Worker& worker_;
  const long window_;
  const int keys_;
  const std::string value_;
  std::size_t last_id_ = 0;
  std::map<std::size_t, std::shared_ptr<Writing>> open_;
};

constexpr Mode modes[] = {
    {"calls-host",
     "asks the host for log, config.get and an unknown method in each call, and answers what it "
     "got",
     [](Worker& worker) {
       worker.on_call = [&worker](const Request& request) { call_host(worker, request); };
     }},
    {"asks-and-never-reads",
     "asks the host for an unknown method count=N (1000000) times in each call, and reads nothing "
     "meanwhile",
     [](Worker& worker) {
       worker.on_call = [&worker, usual = worker.on_call](const Request& request) {
         const auto count = worker.options.bytes("count", 1'000'000);
         for (std::size_t i = 1; i <= count; ++i) {
           if (!Worker::write(request_line(i, "no.such.method", "{}", request))) return;
         }
         usual(request);
       };
     }},
    {"writes-state",
     "sets count=N (1000) values of its state in each call, per_second=N (0: as fast as it goes), "
     "window=N (256) unanswered at most, keys=N (100) of them, bytes=N (100) each; answers how "
     "that "
     "went. The call's parameters may say another count and per_second",
     [](Worker& worker) {
       static StateWriter writer(worker);  // as long as the process
     }},
};

}  // namespace

std::span<const Mode> host_modes() {
  return modes;
}

}  // namespace fault
