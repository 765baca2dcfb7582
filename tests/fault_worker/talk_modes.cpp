#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "habits.hpp"
#include "json.hpp"
#include "modes.hpp"
#include "noise.hpp"

namespace fault {
namespace {

std::string log_line(const std::string& message) {
  return R"({"jsonrpc":"2.0","method":"log","params":{"level":"info","message":")" + message +
         "\"}}\n";
}

/// Writes `block` again and again, `bytes` in all, until nobody listens; at most `rate` bytes a
/// second, 0 for as fast as can be. What was held up is not made up for.
void flood(const std::string& block, std::size_t bytes, std::size_t rate, int fd) {
  using std::chrono::duration, std::chrono::duration_cast;
  for (auto next = Worker::Clock::now(); bytes > 0;) {
    const auto part = std::string_view(block).substr(0, bytes);
    if (!Worker::write(part, fd)) return;
    bytes -= part.size();
    if (rate == 0) continue;
    const duration<double> pause(static_cast<double>(part.size()) / static_cast<double>(rate));
    next = std::max(next + duration_cast<Worker::Clock::duration>(pause), Worker::Clock::now());
    std::this_thread::sleep_until(next);
  }
}

/// The same beside all else that the worker does.
void flood_from_start(Worker& worker, std::string block, std::size_t usual_bytes, int fd) {
  const auto bytes = worker.options.bytes("bytes", usual_bytes);
  const auto rate = worker.options.bytes("rate", 0);
  worker.later(0, [block = std::move(block), bytes, rate, fd] {
    std::thread([block, bytes, rate, fd] { flood(block, bytes, rate, fd); }).detach();
  });
}

constexpr std::size_t k_endless = std::size_t{1} << 62;

void make_noise(Worker& worker) {
  worker.send_answer = [&worker](const Request& request, const std::string& line) {
    const auto& all = all_noise();
    const int only = worker.options.number("only", -1);
    std::string lines;
    for (int i = 0; i < static_cast<int>(all.size()); ++i) {
      if (only < 0 || only == i)
        lines += noise_line(all[static_cast<std::size_t>(i)], request.id) + '\n';
    }
    for (int i = 0; i < worker.options.number("times", 1); ++i) Worker::write(lines);
    Worker::write(line + '\n');
  };
}

constexpr Mode modes[] = {
    {"noise",
     "each line of --list-noise times=N (1) on stdout before every answer; only=N: just that line",
     make_noise},
    {"stderr-flood", "bytes=N (262144) on stderr before anything is read, in lines of 80",
     [](Worker& worker) {
       const auto bytes = worker.options.bytes("bytes", 262'144);
       worker.later(0, [bytes] { flood(std::string(79, 'e') + '\n', bytes, 0, STDERR_FILENO); });
     }},
    {"stderr-endless",
     "one line on stderr that never ends, beside all else; rate=N, bytes=N as of stderr-lines",
     [](Worker& worker) {
       flood_from_start(worker, std::string(65536, 'e'), k_endless, STDERR_FILENO);
     }},
    {"stderr-lines",
     "lines of 80 on stderr without end, beside all else; rate=N holds it to so many bytes a "
     "second, bytes=N stops it after so many",
     [](Worker& worker) {
       std::string block;
       for (int i = 0; i < 800; ++i) block += std::string(79, 'e') + '\n';
       flood_from_start(worker, std::move(block), k_endless, STDERR_FILENO);
     }},
    {"spam-notifications", "count=N (1000) log notifications before the answer of every call",
     [](Worker& worker) {
       answer_calls(worker, [&worker](const Request&, const std::string& line) {
         std::string lines;
         for (int i = 0; i < worker.options.number("count", 1000); ++i)
           lines += log_line("line " + std::to_string(i));
         Worker::write(lines + line + '\n');
       });
     }},
    {"stdout-flood",
     "log notifications on stdout without end, beside all else; bytes=N stops it after so many",
     [](Worker& worker) { flood_from_start(worker, log_line("flood"), k_endless, STDOUT_FILENO); }},
    {"endless-line",
     "a line that never ends instead of each answer; bytes=N stops it after so many, without an "
     "end; begin=answer lets it begin as the answer",
     [](Worker& worker) {
       answer_calls(worker, [&worker](const Request& request, const std::string&) {
         if (worker.options.text("begin", "") == "answer") {
           Worker::write(R"({"jsonrpc":"2.0","id":)" + request.id + R"(,"result":{"content":")");
         }
         flood(std::string(65536, 'x'), worker.options.bytes("bytes", k_endless), 0, STDOUT_FILENO);
       });
     }},
    {"long-line", "answers each call with a line of bytes=N (1000000) and its end",
     [](Worker& worker) {
       answer_calls_with(worker, [&worker](const Request& request) {
         const std::string head =
             R"({"jsonrpc":"2.0","id":)" + request.id + R"(,"result":{"content":")";
         const std::string tail = R"("}})";
         const std::size_t frame = head.size() + tail.size();
         const std::size_t bytes = worker.options.bytes("bytes", 1'000'000);
         return head + std::string(bytes > frame ? bytes - frame : 0, 'x') + tail;
       });
     }},
    {"deep-json", "answers each call with arrays in arrays, depth=N (2000) of them",
     [](Worker& worker) {
       answer_calls_with(worker, [&worker](const Request& request) {
         const auto depth = worker.options.bytes("depth", 2000);
         return R"({"jsonrpc":"2.0","id":)" + request.id +
                R"(,"result":{"content":"deep","data":)" + std::string(depth, '[') +
                std::string(depth, ']') + "}}";
       });
     }},
    {"byte-by-byte", "writes each answer in pieces of a byte",
     [](Worker& worker) {
       worker.send_answer = [](const Request&, const std::string& line) {
         for (const char& byte : line + '\n') Worker::write({&byte, 1});
       };
     }},
    {"crlf", "ends its lines with CR LF",
     [](Worker& worker) {
       worker.send_answer = [](const Request&, const std::string& line) {
         Worker::write(line + "\r\n");
       };
     }},
};

}  // namespace

std::span<const Mode> talk_modes() {
  return modes;
}

}  // namespace fault
