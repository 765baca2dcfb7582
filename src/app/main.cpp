// The program `collet`: the real surroundings, handed to app.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "app/app.hpp"
#include "app/machine.hpp"
#include "app/serve.hpp"
#include "http/client.hpp"

namespace {

collet::app::Environment read_environment() {
  collet::app::Environment environment;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  if (::geteuid() == 0) environment.user = collet::app::User::root;
  return environment;
}

/// A descriptor 0, 1 or 2 that is closed would go to the next file that is opened, and output into
/// it.
void open_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) < 0)
      (void)::open("/dev/null", O_RDONLY);  // the lowest free number; what is printed to it fails
  }
}

}  // namespace

int main(int count, char** values) {
  open_standard_streams();
  const std::vector<std::string> arguments(values + (count > 0 ? 1 : 0), values + count);
  const auto environment = read_environment();
  const auto terminal = collet::app::make_system_terminal(environment);
  const auto machine = collet::app::make_system_machine();
  const collet::app::Surroundings surroundings{
      .environment = environment,
      .terminal = *terminal,
      .machine = *machine,
      .fetch = &collet::http::fetch,
      .now = &std::chrono::system_clock::now,
      .run_daemon = &collet::app::run_daemon,
  };
  return static_cast<int>(collet::app::run(arguments, surroundings));
}
