#include "app/machine.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>
#include <vector>

#include "app/editor.hpp"
#include "base/asio_loop.hpp"
#include "base/file_descriptor.hpp"
#include "process/program.hpp"
#include "process/run.hpp"
#include "process/system_spawner.hpp"

namespace collet::app {
namespace {

constexpr std::chrono::seconds k_version_timeout{5};
constexpr std::size_t k_version_bytes_max = 64u << 10;  // a line is expected

std::string why(int error) {
  return std::generic_category().message(error);
}

Result<process::RunOutcome> run_to_end(const process::SpawnRequest& request) {
  const auto opened = AsioLoop::open();
  if (!opened) return std::unexpected(opened.error());
  auto& loop = **opened;
  const auto spawner = process::make_system_spawner(loop);
  Result<process::RunOutcome> outcome = fail(ErrorCode::internal_error, "it was not started");
  loop.post([&] {
    process::RunOptions options{.deadline = Deadline::after(loop.now(), k_version_timeout),
                                .stdout_bytes_max = k_version_bytes_max};
    process::run(loop, *spawner, request, std::move(options),
                 Reply<process::RunOutcome>([&](Result<process::RunOutcome> answer) {
                   outcome = std::move(answer);
                   loop.stop();
                 }));
  });
  loop.run();
  return outcome;
}

class SystemMachine final : public Machine {
 public:
  Result<Program> program(const std::string& name, const std::string& path) override {
    process::SpawnRequest request{.executable = name,
                                  .arguments = {"--version"},
                                  .environment = {{"PATH", path}},
                                  .directory = "/"};
    const auto file = process::find_program(request);
    if (!file) return fail(ErrorCode::not_found, name + " was not found in " + path);
    request.executable = *file;
    const auto outcome = run_to_end(request);
    if (!outcome) return std::unexpected(outcome.error());
    const auto& text = outcome->stdout_text;
    if (outcome->status.kind != process::ExitStatus::Kind::exited || outcome->status.code != 0) {
      return fail(ErrorCode::internal_error,
                  file->string() + " --version " + outcome->status.describe());
    }
    return Program{.file = *file, .version = text.substr(0, text.find('\n'))};
  }

  Result<Done> can_listen(const ListenAddress& listen) override {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const auto port = std::to_string(listen.port);
    if (::getaddrinfo(listen.address.c_str(), port.c_str(), &hints, &found) != 0) {
      return fail(ErrorCode::invalid_request, listen.address + " is not an address");
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> guard(found, &::freeaddrinfo);
    const FileDescriptor descriptor(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!descriptor) return fail(ErrorCode::internal_error, why(errno));
    const int yes = 1;
    ::setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(descriptor.get(), found->ai_addr, found->ai_addrlen) != 0 ||
        ::listen(descriptor.get(), 1) != 0) {
      return fail(ErrorCode::invalid_request, why(errno));
    }
    return Done{};
  }

  Result<Done> can_write(const std::filesystem::path& folder) override {
    std::error_code error;
    auto place = folder;
    while (!std::filesystem::exists(place, error) && place.has_relative_path()) {
      place = place.parent_path();
    }
    if (!std::filesystem::is_directory(place, error)) {
      return fail(ErrorCode::invalid_request, place.string() + " is not a folder");
    }
    if (::access(place.c_str(), W_OK | X_OK) != 0) {
      return fail(ErrorCode::invalid_request, place.string() + ": " + why(errno));
    }
    return Done{};
  }

  bool exists(const std::filesystem::path& path) override {
    std::error_code error;
    return std::filesystem::exists(path, error);
  }

  Result<std::string> edit(const std::string& editor, const std::string& text) override {
    return edit_text(editor, text);
  }

  std::filesystem::path absolute(const std::filesystem::path& path) override {
    std::error_code error;
    auto found = std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
    if (error) return path;
    return found.has_filename() ? found : found.parent_path();
  }
};

}  // namespace

std::unique_ptr<Machine> make_system_machine() {
  return std::make_unique<SystemMachine>();
}

}  // namespace collet::app
