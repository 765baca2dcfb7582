#include "services/secrets_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "json/writer.hpp"
#include "services/params.hpp"
#include "services/secret_ref.hpp"

namespace collet::services {
namespace {

// In a message a reference is recognised by its start.
constexpr std::size_t k_shown_bytes_max = 200;

std::string shown(const std::optional<json::Value>& ref) {
  if (!ref) return "undefined";
  return shortened(ref->as_string().value_or(json::compact(*ref)), k_shown_bytes_max);
}

}  // namespace

SecretsService::SecretsService(Loop& loop, Logger& log, Secrets& secrets, SecretBindings bindings,
                               SecretsLimits limits)
    : loop_(loop),
      log_(log),
      secrets_(secrets),
      bindings_(std::move(bindings)),
      limits_(limits),
      reads_(limits.reads_max, limits.window) {}

void SecretsService::add_to(ServiceTable& table) {
  table.add("secrets.resolve", [this](const ServiceCall& call, Reply<std::string> reply) {
    resolve(call, std::move(reply));
  });
}

Result<SecretRef> SecretsService::ref_of(const ServiceCall& call) const {
  const auto given = Params(call.method, call.params).find("secretRef");
  auto ref = given ? read_secret_ref(*given) : std::nullopt;
  if (ref) return *std::move(ref);
  return fail(ErrorCode::invalid_request,
              fmt::format("Invalid secret reference for plugin: {}. Use {{ type: \"secret_ref\", "
                          "secretId, version? }}",
                          shown(given)));
}

Result<Done> SecretsService::take_turn(const ServiceCall& call) {
  const auto key = call.worker.plugin_id + "/" + std::string(call.company_id);
  const auto wait = reads_.take(key, loop_.now());
  if (wait == Clock::duration::zero()) return Done{};
  auto error =
      fail(ErrorCode::overloaded,
           fmt::format(
               "Secrets are read at most {} times in {} s by a plugin for a company; there is "
               "room again in {} s",
               limits_.reads_max, std::chrono::ceil<std::chrono::seconds>(limits_.window).count(),
               std::chrono::ceil<std::chrono::seconds>(wait).count()),
           "keep a value for the work at hand instead of reading it each time");
  error.error().retry_after = std::chrono::ceil<std::chrono::milliseconds>(wait);
  return error;
}

void SecretsService::resolve(const ServiceCall& call, Reply<std::string> reply) {
  auto counted = Reply<std::string>([this, plugin_key = call.worker.plugin_key,
                                     reply = std::move(reply)](Result<std::string> value) mutable {
    const auto outcome = value                                         ? "ok"
                         : value.error().code == ErrorCode::forbidden  ? "refused"
                         : value.error().code == ErrorCode::overloaded ? "limited"
                                                                       : "failed";
    counts_.add(plugin_key, outcome);
    reply(std::move(value));
  });
  if (auto turn = take_turn(call); !turn) return counted(std::unexpected(std::move(turn.error())));
  auto ref = ref_of(call);
  if (!ref) return counted(std::unexpected(std::move(ref.error())));
  Wish wish{.plugin_id = call.worker.plugin_id,
            .plugin_key = call.worker.plugin_key,
            .name = {.company_id = std::string(call.company_id), .id = std::move(ref->id)},
            .version = ref->version};
  start(resolve_flow(std::move(wish)), std::move(counted));
}

bool SecretsService::is_bound_without_store(const Wish& wish) const {
  const auto settings = bindings_.by_settings.find(wish.plugin_key);
  if (settings != bindings_.by_settings.end() &&
      std::ranges::any_of(settings->second,
                          [&](const std::string& id) { return id == "*" || id == wish.name.id; })) {
    return true;
  }
  return bindings_.stands_in_configuration &&
         bindings_.stands_in_configuration(wish.plugin_id, wish.name.company_id, wish.name.id);
}

Async<Result<std::string>> SecretsService::resolve_flow(Wish wish) {
  if (!is_bound_without_store(wish)) {
    const auto bound = co_await reply_of<bool>([&](Reply<bool> reply) {
      secrets_.store().is_bound(wish.plugin_id, wish.name, std::move(reply));
    });
    if (!bound) co_return std::unexpected(bound.error());
    if (!*bound) {
      log_.warn(
          "a plugin asked for a secret that it may not read",
          {{"plugin", wish.plugin_key},
           {"secret", wish.name.id},
           {"remedy",
            "where it should have it, refer to the secret in its configuration, or name it in "
            "plugin.\"" +
                wish.plugin_key + "\".secrets"}});
      co_return fail(ErrorCode::forbidden, "Secret is not bound to plugin:" + wish.plugin_id);
    }
  }
  const auto value = co_await reply_of<SecretText>(
      [&](Reply<SecretText> reply) { secrets_.read(wish.name, wish.version, std::move(reply)); });
  if (!value) co_return std::unexpected(value.error());
  std::string json;
  json.reserve(6 * value->reveal().size() + 2);  // so that no copy is left where it grew
  json::append_string(json, value->reveal());
  co_return json;
}

}  // namespace collet::services
