// The exit codes of the command line, one place.
#pragma once

namespace collet::app {

/// What `collet` exits with. Those of failed requests come from `k_error_codes`.
enum class ExitCode : int {
  ok = 0,            ///< done; of `tool call`: a result
  tool_error = 1,    ///< the tool ran and said error
  does_not_fit = 1,  ///< of `schema`: the instance does not fit, or the schema is invalid
  usage = 2,         ///< wrong arguments, parameters or configuration
  unreachable = 3,   ///< no daemon answers
  failure = 4,       ///< anything else
};

}  // namespace collet::app
