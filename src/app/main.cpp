// The program `collet`: the real surroundings, handed to app.
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

}  // namespace

int main(int count, char** values) {
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
