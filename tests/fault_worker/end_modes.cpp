#include <signal.h>

#include "habits.hpp"
#include "modes.hpp"

namespace fault {
namespace {

constexpr Mode modes[] = {
    {"die-in-call", "exits in a call: code=N (1), words=TEXT (out of cheese) on stderr",
     [](Worker& worker) {
       happen(worker, "call", [&worker] { exit_with_words(worker, 1, "out of cheese"); });
     }},
    {"die-at-byte", "exits behind the first bytes=N (10) of a call's answer: code=N (1)",
     [](Worker& worker) {
       answer_calls(worker, [&worker](const Request&, const std::string& line) {
         Worker::write((line + '\n').substr(0, worker.options.bytes("bytes", 10)));
         std::_Exit(worker.options.number("code", 1));
       });
     }},
    {"exit-after-answer", "answers a call and exits: code=N (0)",
     [](Worker& worker) {
       answer_calls(worker, [&worker](const Request&, const std::string& line) {
         Worker::write(line + '\n');
         std::_Exit(worker.options.number("code", 0));
       });
     }},
    {"crash-signal", "dies of a signal in a call: signal=N (6, as abort does)",
     [](Worker& worker) {
       happen(worker, "call", [&worker] {
         const int number = worker.options.number("signal", SIGABRT);
         ::signal(number, SIG_DFL);  // SIGPIPE is ignored otherwise
         ::raise(number);
         Worker::stay();
       });
     }},
    {"crash-later", "exits ms=N (1000) after the answer of initialize: code=N (1)",
     [](Worker& worker) {
       happen(worker, "initialize", [&worker] {
         worker.later(worker.options.number("ms", 1000),
                      [&worker] { exit_with_words(worker, 1, "it was time"); });
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
    {"stop-reading", "reads nothing more behind the answer of initialize, and keeps stdin open",
     [](Worker& worker) { happen(worker, "initialize", [&worker] { worker.listening = false; }); }},
    {"ignore-health", "answers everything but health",
     [](Worker& worker) { worker.on_health = [](const Request&) {}; }},
    {"slow-shutdown", "answers shutdown after ms=N (1000), and then exits",
     [](Worker& worker) {
       worker.on_shutdown = [&worker, usual = worker.on_shutdown](const Request& request) {
         worker.later(worker.options.number("ms", 1000), [usual, request] { usual(request); });
       };
     }},
    {"ignore-shutdown",
     "does not answer shutdown and does not mind the end of stdin; SIGTERM ends it",
     ignore_shutdown},
    {"ignore-term", "as ignore-shutdown, and ignores SIGTERM as well",
     [](Worker& worker) {
       ::signal(SIGTERM, SIG_IGN);
       ignore_shutdown(worker);
     }},
};

}  // namespace

std::span<const Mode> end_modes() {
  return modes;
}

}  // namespace fault
