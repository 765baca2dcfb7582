// Changes of a worker's habits that several modes make.
#pragma once

#include <functional>
#include <string>

#include "worker.hpp"

namespace fault {

/// Lets `action` happen at a moment that the option `at` chooses: `start` (before anything is
/// read), `initialize` (behind its answer) or `call` (each call, instead of its answer).
void happen(Worker& worker, const std::string& usual_moment, const std::function<void()>& action);

/// Lets calls be answered by `answer`, which is given the ordinary line; all else is answered as
/// ever.
void answer_calls(Worker& worker,
                  const std::function<void(const Request&, const std::string& line)>& answer);

/// Lets each call be answered by a line that `make` makes; what it returns has no line end.
void answer_calls_with(Worker& worker, const std::function<std::string(const Request&)>& make);

/// Lets `action` come before each call, which is then carried out as ever.
void before_calls(Worker& worker, const std::function<void()>& action);

/// The option `words` as a line on standard error, then the end with the option `code`.
[[noreturn]] void exit_with_words(const Worker& worker, int usual_code,
                                  const std::string& usual_words);

void ignore_shutdown(Worker& worker);

}  // namespace fault
