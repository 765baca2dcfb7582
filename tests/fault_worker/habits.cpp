#include "habits.hpp"

#include <cstdio>

namespace fault {

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
    std::fprintf(stderr, "collet-fault-worker: at=%s is none of start, initialize, call\n",
                 moment.c_str());
    std::_Exit(64);
  }
}

void answer_calls(Worker& worker,
                  const std::function<void(const Request&, const std::string& line)>& answer) {
  worker.send_answer = [usual = worker.send_answer, answer](const Request& request,
                                                            const std::string& line) {
    request.method == "executeTool" ? answer(request, line) : usual(request, line);
  };
}

void answer_calls_with(Worker& worker, const std::function<std::string(const Request&)>& make) {
  answer_calls(worker, [make](const Request& request, const std::string&) {
    Worker::write(make(request) + '\n');
  });
}

void before_calls(Worker& worker, const std::function<void()>& action) {
  worker.on_call = [usual = worker.on_call, action](const Request& request) {
    action();
    usual(request);
  };
}

void exit_with_words(const Worker& worker, int usual_code, const std::string& usual_words) {
  const std::string words = worker.options.text("words", usual_words);
  if (!words.empty()) Worker::write(words + '\n', STDERR_FILENO);
  std::_Exit(worker.options.number("code", usual_code));
}

void ignore_shutdown(Worker& worker) {
  worker.on_shutdown = [](const Request&) {};
  worker.on_end_of_input = [] {};
}

}  // namespace fault
