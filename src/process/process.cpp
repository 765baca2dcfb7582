#include "process/process.hpp"

#include <cstring>

namespace collet::process {

std::string ExitStatus::describe() const {
  switch (kind) {
    case Kind::exited:
      return "exited with code " + std::to_string(code) + limits_text;
    case Kind::signalled: {
      const char* const name = ::sigabbrev_np(signal);
      auto text = name != nullptr ? "was killed by SIG" + std::string(name) + " (" +
                                        std::to_string(signal) + ")"
                                  : "was killed by signal " + std::to_string(signal);
      if (core_dumped) text += " and dumped core";
      return text + limits_text;
    }
    case Kind::unknown:
      break;
  }
  return "ended, and its exit status was taken by other code of this program" + limits_text;
}

}  // namespace collet::process
