#include "services/secrets.hpp"

#include <fmt/format.h>

#include <utility>

#include "json/utf8.hpp"
#include "services/secret_environment.hpp"
#include "services/secret_file.hpp"

namespace collet::services {
namespace {

std::unexpected<Error> ending() {
  return fail(ErrorCode::shutting_down, "the host is stopping");
}

}  // namespace

Secrets::Secrets(SecretsParts parts, const SecretSettings& settings, Tenancy tenancy)
    : vault_({.store = parts.store,
              .background = parts.background,
              .wall_clock = std::move(parts.wall_clock),
              .key_file = std::move(parts.key_file)}) {
  if (!settings.file.empty()) {
    sources_.push_back(std::make_unique<SecretFile>(settings.file, tenancy, parts.background));
  }
  // The environment knows no companies.
  if (!settings.environment.empty() && tenancy == Tenancy::single) {
    sources_.push_back(
        std::make_unique<SecretEnvironment>(settings.environment, settings.environment_prefix));
  }
  if (!settings.command.empty()) {
    auto command = std::make_unique<SecretCommand>(parts.loop, parts.spawner,
                                                   SecretCommandOptions{
                                                       .command = settings.command,
                                                       .environment = settings.command_environment,
                                                       .timeout = settings.command_timeout,
                                                       .tenancy = tenancy,
                                                   });
    command_ = command.get();
    sources_.push_back(std::move(command));
  }
}

void Secrets::read(SecretName name, std::optional<std::int64_t> version, Reply<SecretText> reply) {
  if (phase_ == Phase::ending) return reply(ending());
  start(read_flow(std::move(name), version), under_way_.counted(std::move(reply)));
}

void Secrets::set(SecretName name, SecretText value, Reply<std::int64_t> reply) {
  if (phase_ == Phase::ending) return reply(ending());
  vault_.set(std::move(name), std::move(value), under_way_.counted(std::move(reply)));
}

Async<Result<SecretText>> Secrets::read_flow(SecretName name, std::optional<std::int64_t> version) {
  auto kept =
      co_await reply_of<std::optional<SecretText>>([&](Reply<std::optional<SecretText>> reply) {
        vault_.read(name, version, std::move(reply));
      });
  if (!kept) co_return std::unexpected(std::move(kept.error()));
  if (*kept) co_return **std::move(kept);
  for (const auto& source : sources_) {
    auto found = co_await reply_of<std::optional<SecretText>>(
        [&](Reply<std::optional<SecretText>> reply) { source->read(name, std::move(reply)); });
    if (!found) {
      auto error = std::move(found.error());
      error.message = fmt::format("secret \"{}\" cannot be read: {}", name.id, error.message);
      co_return std::unexpected(std::move(error));
    }
    if (!*found) continue;
    if (version) {
      co_return fail(ErrorCode::not_found,
                     fmt::format("secret \"{}\" has no version {}: it comes from {}, which has no "
                                 "versions",
                                 name.id, *version, source->describe()),
                     "leave the version out of the reference");
    }
    if (!json::utf8::is_valid((*found)->reveal())) {
      co_return fail(
          ErrorCode::invalid_result,
          fmt::format("secret \"{}\" is no UTF-8 text in {}", name.id, source->describe()),
          "encode it there, for example with base64");
    }
    co_return **std::move(found);
  }
  co_return fail(
      ErrorCode::not_found,
      version
          ? fmt::format("there is no version {} of secret \"{}\"", *version, name.id)
          : fmt::format("there is no secret \"{0}\"; set it with: collet secret set {0}", name.id));
}

void Secrets::drain(Reply<Done> reply) {
  phase_ = Phase::ending;
  if (command_ != nullptr) command_->stop();
  under_way_.drain(std::move(reply));
}

}  // namespace collet::services
