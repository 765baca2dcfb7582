// What several services have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "services/service_table.hpp"

namespace collet::services {

/// For what has nothing to say when it is done.
[[nodiscard]] inline Reply<Done> answer_null(Reply<std::string> reply) {
  return Reply<Done>([reply = std::move(reply)](Result<Done> done) mutable {
    if (!done) return reply(std::unexpected(std::move(done.error())));
    reply("null");
  });
}

/// The tenant that a row of a plugin with this scope is kept for: ids of projects, agents and runs
/// say nothing of their company, so in `Tenancy::multi` such rows carry it. What is scoped to the
/// instance is for all by its meaning, and a company's id was checked by the gate; these carry
/// none. Nor does anything in `single`.
[[nodiscard]] inline std::string row_company(const ServiceCall& call, std::string_view scope_kind) {
  if (call.tenancy == Tenancy::single || scope_kind == "instance" || scope_kind == "company")
    return {};
  return std::string(call.company_id);
}

/// The company that something reported is kept for: in `single` the one that it names, in `multi`
/// the one that its worker acts for, because the gate lets it name no other. Empty where that is
/// nobody. It is as long as its plugin made it.
[[nodiscard]] inline std::string reported_company(Tenancy tenancy, std::string_view acts_for,
                                                  const json::Value& params) {
  if (tenancy == Tenancy::multi) return std::string(acts_for);
  const auto named = params.is_object() ? params.find("companyId") : std::nullopt;
  return named ? named->as_string().value_or("") : std::string();
}

}  // namespace collet::services
