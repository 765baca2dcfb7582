// /api/secrets: what is in the host's own store. Values go in, and never out.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "api/api.hpp"
#include "api/body.hpp"
#include "base/wall_clock.hpp"
#include "json/writer.hpp"
#include "services/gate.hpp"
#include "services/secret_ref.hpp"

namespace collet::api {
namespace {

std::optional<std::string> company_in(const http::Request& request) {
  auto given = http::query_values(request.query, "companyId");
  if (given.empty()) return std::nullopt;
  return std::move(given.front());
}

/// The body of POST /api/secrets.
struct SetSecret {
  std::string id;
  services::SecretText value;
  std::optional<std::string> company_id;
  std::optional<std::string> plugin;  ///< key or UUID
};

Result<SetSecret> read_set_secret(http::Request& request) {
  const auto parsed = parse_body(request);
  if (!parsed) return std::unexpected(parsed.error());
  const auto invalid = [](std::string_view what) {
    return fail(ErrorCode::invalid_request, std::string(what),
                R"(send {"id": "github-token", "value": "…"})");
  };
  if (!*parsed || !(*parsed)->root().is_object()) return invalid("Request body is required");
  const auto body = (*parsed)->root();
  const auto text = [&](std::string_view name) {
    const auto member = body.find(name);
    return member ? member->as_string() : std::nullopt;
  };
  const auto is_absent_or_text = [&](std::string_view name) {
    const auto member = body.find(name);
    return !member || member->is_null() || member->is_string();
  };
  auto id = text("id");
  if (!id) return invalid("\"id\" is required and must be a string");
  if (auto checked = services::check_secret_id(*id); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  auto value = text("value");
  if (!value) return invalid("\"value\" is required and must be a string");
  for (const auto* name : {"companyId", "plugin"}) {
    if (!is_absent_or_text(name)) {
      return invalid(fmt::format("\"{}\" must be a string if provided", name));
    }
  }
  return SetSecret{.id = *std::move(id),
                   .value = services::SecretText(*std::move(value)),
                   .company_id = text("companyId"),
                   .plugin = text("plugin")};
}

}  // namespace

void Api::list_secrets(Exchange exchange) {
  const auto& policy = options_.services.policy();
  auto company = company_in(exchange.request);
  if (policy.tenancy == Tenancy::single) company = policy.company_id;
  options_.services.secrets().store().list(
      std::move(company),
      Reply<std::vector<SecretRow>>([this, responder = std::move(exchange.responder)](
                                        Result<std::vector<SecretRow>> rows) mutable {
        if (!rows) return responder.send(http::error_response(rows.error()));
        json::Writer out;
        out.begin_array();
        for (const auto& row : *rows) {
          out.begin_object().member("id", row.name.id).member("companyId", row.name.company_id);
          out.key("versions").begin_array();
          for (const auto version : row.versions) out.integer(version);
          out.end_array().key("plugins").begin_array();
          for (const auto& id : row.plugin_ids) {
            const auto plugin = options_.lifecycle.find(id);
            if (plugin) out.string(plugin->plugin_key);
          }
          out.end_array().member("updatedAt", to_iso8601(row.updated_at)).end_object();
        }
        out.end_array();
        responder.send({.body = std::move(out).take()});
      }));
}

void Api::set_secret(Exchange exchange) {
  auto& responder = exchange.responder;
  auto wish = read_set_secret(exchange.request);
  if (!wish) return responder.send(http::error_response(wish.error()));
  auto company = services::company_for_client(options_.services.policy(), wish->company_id);
  if (!company) return responder.send(http::error_response(company.error()));
  SecretName name{.company_id = *std::move(company), .id = std::move(wish->id)};

  auto set = [this, name, value = std::move(wish->value),
              responder = std::move(responder)](Result<Done> bound) mutable {
    if (!bound) return responder.send(http::error_response(bound.error()));
    auto answered = [name, responder = std::move(responder)](Result<std::int64_t> version) mutable {
      if (!version) return responder.send(http::error_response(version.error()));
      json::Writer out;
      out.begin_object()
          .member("id", name.id)
          .member("companyId", name.company_id)
          .member("version", *version)
          .end_object();
      responder.send({.body = std::move(out).take()});
    };
    options_.services.secrets().set(name, std::move(value),
                                    Reply<std::int64_t>(std::move(answered)));
  };
  if (!wish->plugin) return set(Done{});
  const auto plugin = options_.lifecycle.find(*wish->plugin);
  if (!plugin) return set(std::unexpected(plugin.error()));
  options_.services.secrets().store().bind(plugin->id, name, Reply<Done>(std::move(set)));
}

void Api::remove_secret(Exchange exchange) {
  auto company =
      services::company_for_client(options_.services.policy(), company_in(exchange.request));
  if (!company) return exchange.responder.send(http::error_response(company.error()));
  const SecretName name{.company_id = *std::move(company), .id = std::move(exchange.id)};
  options_.services.secrets().store().remove(
      name, Reply<bool>([name, responder =
                                   std::move(exchange.responder)](Result<bool> was_there) mutable {
        if (!was_there) return responder.send(http::error_response(was_there.error()));
        if (!*was_there) {
          return responder.send(http::error_response(
              {.code = ErrorCode::not_found,
               .message = fmt::format("there is no secret \"{}\" in the store", name.id),
               .remedy = "`collet secret list` shows all that are in it"}));
        }
        json::Writer out;
        out.begin_object().member("id", name.id).member("companyId", name.company_id).end_object();
        responder.send({.body = std::move(out).take()});
      }));
}

}  // namespace collet::api
