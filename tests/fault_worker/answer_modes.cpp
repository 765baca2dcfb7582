#include "habits.hpp"
#include "modes.hpp"

namespace fault {
namespace {

/// An answer to `id`, which is raw JSON, with the members `rest`.
std::string message(const std::string& id, const std::string& rest) {
  return R"({"jsonrpc":"2.0","id":)" + id + ',' + rest + '}';
}

constexpr Mode modes[] = {
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
    {"early-reply", "answers each call, and the one with the next id before it is asked",
     [](Worker& worker) {
       answer_calls(worker, [](const Request& request, const std::string& line) {
         const auto next = std::to_string(std::atol(request.id.c_str()) + 1);
         Worker::write(line + '\n' + message(next, R"("result":{"content":"early"})") + '\n');
       });
     }},
    {"both-result-and-error", "answers each call with a result and an error in one message",
     [](Worker& worker) {
       answer_calls_with(worker, [](const Request& request) {
         return message(request.id, R"("result":{"content":"both"},)"
                                    R"("error":{"code":-32002,"message":"both"})");
       });
     }},
    {"neither-result-nor-error", "answers each call with a message that has neither",
     [](Worker& worker) {
       answer_calls_with(worker, [](const Request& request) {
         return message(request.id, R"("content":"neither")");
       });
     }},
    {"odd-error", "answers each call with error=JSON (\"boom\")",
     [](Worker& worker) {
       answer_calls_with(worker, [&worker](const Request& request) {
         return message(request.id, R"("error":)" + worker.options.text("error", R"("boom")"));
       });
     }},
    {"wrong-id", "answers each call with an id that nobody asked for",
     [](Worker& worker) {
       answer_calls_with(worker, [](const Request&) {
         return message("987654321", R"("result":{"content":"wrong id"})");
       });
     }},
    {"string-id", "answers each call with its id as a string",
     [](Worker& worker) {
       answer_calls_with(worker, [](const Request& request) {
         return message('"' + request.id + '"', R"("result":{"content":"string id"})");
       });
     }},
    {"batch-reply", "answers each call in an array, as a batch of one",
     [](Worker& worker) {
       answer_calls(worker, [](const Request&, const std::string& line) {
         Worker::write('[' + line + "]\n");
       });
     }},
    {"no-line-end", "leaves the line end of each call's answer away; the next line follows at once",
     [](Worker& worker) {
       answer_calls(worker, [](const Request&, const std::string& line) { Worker::write(line); });
     }},
};

}  // namespace

std::span<const Mode> answer_modes() {
  return modes;
}

}  // namespace fault
