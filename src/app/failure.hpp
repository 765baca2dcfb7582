// A command that could not do its work: what to print, and what to exit with.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "app/exit_code.hpp"
#include "collet/error.hpp"

namespace collet::app {

struct Failure {
  ExitCode exit_code = ExitCode::failure;
  Error error;
};

template <class T>
using Outcome = std::expected<T, Failure>;

/// The failure of a request that the daemon (or a part of Collet) refused: its code decides.
[[nodiscard]] inline std::unexpected<Failure> failed(Error error) {
  const auto exit_code = static_cast<ExitCode>(describe(error.code).exit_code);
  return std::unexpected<Failure>(Failure{exit_code, std::move(error)});
}

/// A mistake in the arguments, the parameters or the configuration.
[[nodiscard]] inline std::unexpected<Failure> wrong_usage(std::string message,
                                                          std::string remedy = {}) {
  return failed(Error{.code = ErrorCode::invalid_request,
                      .message = std::move(message),
                      .remedy = std::move(remedy)});
}

}  // namespace collet::app
