#include "services/state_service.hpp"

#include <fmt/format.h>

#include <utility>

#include "services/answers.hpp"
#include "services/params.hpp"

namespace collet::services {

void StateService::add_to(ServiceTable& table) {
  const auto add = [&](std::string_view method, auto handler) {
    table.add(method, [this, handler](const ServiceCall& call, Reply<std::string> reply) {
      (this->*handler)(call, std::move(reply));
    });
  };
  add("state.get", &StateService::get);
  add("state.set", &StateService::set);
  add("state.delete", &StateService::remove);
}

Result<StateKey> StateService::key_of(const ServiceCall& call) const {
  const Params params(call.method, call.params);
  StateKey key{.plugin_id = call.worker.plugin_id};
  auto kind = params.text("scopeKind");
  if (!kind) return std::unexpected(std::move(kind.error()));
  auto scope_id = params.optional_text("scopeId");
  if (!scope_id) return std::unexpected(std::move(scope_id.error()));
  auto name_space = params.optional_text("namespace");
  if (!name_space) return std::unexpected(std::move(name_space.error()));
  auto state_key = params.text("stateKey");
  if (!state_key) return std::unexpected(std::move(state_key.error()));
  key.scope_kind = *std::move(kind);
  key.scope_id = *std::move(scope_id);
  key.name_space = name_space->value_or("default");
  key.key = *std::move(state_key);
  for (const auto& [name, value] :
       {std::pair{"scopeKind", &key.scope_kind}, std::pair{"namespace", &key.name_space},
        std::pair{"stateKey", &key.key}}) {
    if (value->size() > limits_.name_bytes_max) {
      return params.wrong(name, fmt::format("has {} bytes, the limit is {}", value->size(),
                                            limits_.name_bytes_max));
    }
  }
  if (key.scope_id && key.scope_id->size() > limits_.name_bytes_max) {
    return params.wrong("scopeId", fmt::format("has {} bytes, the limit is {}",
                                               key.scope_id->size(), limits_.name_bytes_max));
  }
  key.company_id = row_company(call, key.scope_kind);
  return key;
}

void StateService::get(const ServiceCall& call, Reply<std::string> reply) {
  auto key = key_of(call);
  if (!key) return reply(std::unexpected(std::move(key.error())));
  store_.get(*std::move(key),
             Reply<std::optional<std::string>>([reply = std::move(reply)](auto value) mutable {
               if (!value) return reply(std::unexpected(value.error()));
               reply((*value).value_or("null"));
             }));
}

// The SDK sends no `value` where a plugin sets `undefined`. The reference fails then; to keep null
// says the same to whoever reads it.
void StateService::set(const ServiceCall& call, Reply<std::string> reply) {
  auto key = key_of(call);
  if (!key) return reply(std::unexpected(std::move(key.error())));
  const Params params(call.method, call.params);
  const auto value = params.find("value");
  auto text = value ? json::compact(*value) : std::string("null");
  if (text.size() > limits_.value_bytes_max) {
    return reply(params.wrong("value", fmt::format("has {} bytes, the limit is {}", text.size(),
                                                   limits_.value_bytes_max)));
  }
  store_.set(*std::move(key), std::move(text), answer_null(std::move(reply)));
}

void StateService::remove(const ServiceCall& call, Reply<std::string> reply) {
  auto key = key_of(call);
  if (!key) return reply(std::unexpected(std::move(key.error())));
  store_.remove(*std::move(key), answer_null(std::move(reply)));
}

}  // namespace collet::services
