#include "habits.hpp"
#include "modes.hpp"

namespace fault {
namespace {

constexpr Mode modes[] = {
    {"normal", "behaves well", [](Worker&) {}},
    {"crash-at-start",
     "ends before it reads anything: code=N (1), words=TEXT (cannot start) on stderr",
     [](Worker& worker) {
       worker.later(0, [&worker] { exit_with_words(worker, 1, "cannot start"); });
     }},
    {"slow-start", "answers initialize after ms=N (1000)",
     [](Worker& worker) {
       worker.on_initialize = [&worker, usual = worker.on_initialize](const Request& request) {
         worker.later(worker.options.number("ms", 1000), [usual, request] { usual(request); });
       };
     }},
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
    {"init-odd", "answers initialize with result=JSON (42)",
     [](Worker& worker) {
       worker.on_initialize = [&worker](const Request& request) {
         worker.result(request, worker.options.text("result", "42"));
       };
     }},
    {"init-old-rpc", "answers initialize as version=TEXT (1.0) of JSON-RPC, and then nothing",
     [](Worker& worker) {
       worker.on_initialize = [&worker](const Request& request) {
         Worker::write(R"({"jsonrpc":")" + worker.options.text("version", "1.0") + R"(","id":)" +
                       request.id + R"(,"result":{"ok":true}})" + '\n');
       };
     }},
    {"init-hang", "never answers initialize",
     [](Worker& worker) { worker.on_initialize = [](const Request&) {}; }},
    {"init-exit",
     "exits instead of answering initialize: code=N (3), words=TEXT (cannot start) on stderr",
     [](Worker& worker) {
       worker.on_initialize = [&worker](const Request&) {
         exit_with_words(worker, 3, "cannot start");
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
};

}  // namespace

std::span<const Mode> start_modes() {
  return modes;
}

}  // namespace fault
