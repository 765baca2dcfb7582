// /api/secrets: what is in the host's own store. Values go in, and never out.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "api/api.hpp"
#include "api/body.hpp"
#include "api/query.hpp"
#include "base/text.hpp"
#include "base/wall_clock.hpp"
#include "json/writer.hpp"
#include "services/gate.hpp"
#include "services/secret_ref.hpp"

namespace collet::api {
namespace {

/// The body of POST /api/secrets.
struct SetSecret {
  std::string id;
  services::SecretText value;
  std::optional<std::string> company_id;
  std::optional<std::string> plugin;  ///< key or UUID
};

Result<SetSecret> read_set_secret(http::Request& request) {
  if (auto checked = check_media_type(request); !checked)
    return std::unexpected(std::move(checked.error()));
  const services::SecretText text_of_body(std::move(request.body));
  const auto invalid = [](std::string_view what) {
    return fail(ErrorCode::invalid_request, std::string(what),
                R"(send {"id": "github-token", "value": "…"})");
  };
  if (trimmed(text_of_body.reveal()).empty()) return invalid("Request body is required");
  json::Parser parser(body_limits());  // makes no copy of the text, which would stay behind
  const auto root = parser.parse(text_of_body.reveal());
  if (!root) return std::unexpected(not_json(root.error()));
  const auto& body = *root;
  if (!body.is_object()) return invalid("Request body is required");
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

std::string set_answer(const SecretName& name, std::int64_t version) {
  json::Writer out;
  out.begin_object()
      .member("id", name.id)
      .member("companyId", name.company_id)
      .member("version", version)
      .end_object();
  return std::move(out).take();
}

/// What is wrong where the value was kept and the plugin may not read it.
Error not_bound(const SecretName& name, std::int64_t version, Error why) {
  why.message = fmt::format("version {} of secret \"{}\" is kept, but not bound to the plugin: {}",
                            version, name.id, why.message);
  return why;
}

}  // namespace

void Api::list_secrets(Exchange exchange) {
  const auto& policy = options_.services.policy();
  auto company = query_text(exchange.request.query, "companyId");
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

  std::string plugin_id;
  if (wish->plugin) {
    const auto plugin = options_.lifecycle.find(*wish->plugin);
    if (!plugin) return responder.send(http::error_response(plugin.error()));
    plugin_id = plugin->id;
  }
  auto& secrets = options_.services.secrets();
  auto is_set = [name, plugin_id = std::move(plugin_id), &store = secrets.store(),
                 responder = std::move(responder)](Result<std::int64_t> version) mutable {
    if (!version) return responder.send(http::error_response(version.error()));
    auto answer = [name, version = *version,
                   responder = std::move(responder)](Result<Done> bound) mutable {
      responder.send(bound ? http::Response{.body = set_answer(name, version)}
                           : http::error_response(not_bound(name, version, bound.error())));
    };
    if (plugin_id.empty()) return answer(Done{});
    store.bind(std::move(plugin_id), name, Reply<Done>(std::move(answer)));
  };
  secrets.set(name, std::move(wish->value), Reply<std::int64_t>(std::move(is_set)));
}

void Api::remove_secret(Exchange exchange) {
  auto company = services::company_for_client(options_.services.policy(),
                                              query_text(exchange.request.query, "companyId"));
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
