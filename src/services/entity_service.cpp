#include "services/entity_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "json/writer.hpp"
#include "services/large_work.hpp"
#include "services/params.hpp"

namespace collet::services {
namespace {

// In `multi` every row carries its tenant, also one that is scoped to the instance: it holds what
// the plugin learned while it acted for him.
std::string tenant_of(const ServiceCall& call) {
  return call.tenancy == Tenancy::single ? std::string() : std::string(call.company_id);
}

void write_row(json::Writer& writer, const EntityRecord& row) {
  writer.begin_object().member("id", row.id).member("pluginId", row.plugin_id);
  writer.member("companyId", row.company_id.empty() ? std::nullopt : std::optional(row.company_id));
  writer.member("entityType", row.entity_type).member("scopeKind", row.scope_kind);
  writer.member("scopeId", row.scope_id);
  writer.member("externalId", row.external_id);
  writer.member("title", row.title);
  writer.member("status", row.status);
  writer.raw_member("data", row.data_json)
      .member("createdAt", to_iso8601(row.created_at))
      .member("updatedAt", to_iso8601(row.updated_at))
      .end_object();
}

// What writing a row costs beside its data, in bytes of data: about so many it has.
constexpr std::size_t k_row_bytes = 400;

std::string text_of(const std::vector<EntityRecord>& rows) {
  json::Writer writer;
  writer.begin_array();
  for (const auto& row : rows) write_row(writer, row);
  return std::move(writer.end_array()).take();
}

// Reads texts until one is wrong, and keeps what is wrong with it.
class Texts {
 public:
  explicit Texts(const ServiceCall& call) : params_(call.method, call.params) {}

  std::string required(std::string_view name, std::size_t bytes_max) {
    auto text = params_.text(name);
    if (!text) return complain(std::move(text.error())), std::string();
    check(name, *text, bytes_max);
    return *std::move(text);
  }
  std::optional<std::string> optional(std::string_view name, std::size_t bytes_max) {
    auto text = params_.optional_text(name);
    if (!text) return complain(std::move(text.error())), std::nullopt;
    if (*text) check(name, **text, bytes_max);
    return *std::move(text);
  }
  /// Absent: no change; null: cleared.
  TextChange change(std::string_view name, std::size_t bytes_max) {
    if (!params_.find(name)) return std::nullopt;
    return optional(name, bytes_max);
  }
  std::optional<std::uint64_t> count(std::string_view name) {
    auto count = params_.optional_count(name);
    if (!count) return complain(std::move(count.error())), std::nullopt;
    return *count;
  }

  [[nodiscard]] const Params& params() const { return params_; }
  [[nodiscard]] std::optional<Error>& mistake() { return mistake_; }

 private:
  void check(std::string_view name, const std::string& text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return;
    complain(
        params_.wrong(name, fmt::format("has {} bytes, the limit is {}", text.size(), bytes_max))
            .error());
  }
  void complain(Error error) {
    if (!mistake_) mistake_ = std::move(error);
  }

  Params params_;
  std::optional<Error> mistake_;
};

}  // namespace

void EntityService::add_to(ServiceTable& table) {
  table.add("entities.upsert", [this](const ServiceCall& call, Reply<std::string> reply) {
    upsert(call, std::move(reply));
  });
  table.add("entities.list", [this](const ServiceCall& call, Reply<std::string> reply) {
    list(call, std::move(reply));
  });
}

Result<EntityUpsert> EntityService::upsert_of(const ServiceCall& call) const {
  Texts texts(call);
  EntityUpsert entity{.plugin_id = call.worker.plugin_id, .company_id = tenant_of(call)};
  entity.entity_type = texts.required("entityType", limits_.name_bytes_max);
  entity.scope_kind = texts.required("scopeKind", limits_.name_bytes_max);
  entity.scope_id = texts.change("scopeId", limits_.name_bytes_max);
  entity.external_id = texts.optional("externalId", limits_.name_bytes_max);
  entity.title = texts.change("title", limits_.title_bytes_max);
  entity.status = texts.change("status", limits_.name_bytes_max);
  if (texts.mistake()) return std::unexpected(*std::move(texts.mistake()));
  if (const auto data = texts.params().find("data")) {
    entity.data_json = json::compact(*data);
    if (entity.data_json->size() > limits_.data_bytes_max) {
      return texts.params().wrong(
          "data", fmt::format("has {} bytes, the limit is {}", entity.data_json->size(),
                              limits_.data_bytes_max));
    }
  }
  return entity;
}

void EntityService::upsert(const ServiceCall& call, Reply<std::string> reply) {
  auto entity = upsert_of(call);
  if (!entity) return reply(std::unexpected(std::move(entity.error())));
  entity->id = make_uuid(parts_.entropy);
  entity->now = parts_.wall_clock();
  parts_.store.upsert(*std::move(entity),
                      Reply<EntityRecord>([reply = std::move(reply)](auto row) mutable {
                        if (!row) return reply(std::unexpected(std::move(row.error())));
                        json::Writer writer;
                        write_row(writer, *row);
                        reply(std::move(writer).take());
                      }));
}

Result<EntityQuery> EntityService::query_of(const ServiceCall& call) const {
  Texts texts(call);
  EntityQuery query{.plugin_id = call.worker.plugin_id, .company_id = tenant_of(call)};
  query.entity_type = texts.optional("entityType", limits_.name_bytes_max);
  query.external_id = texts.optional("externalId", limits_.name_bytes_max);
  query.scope_kind = texts.optional("scopeKind", limits_.name_bytes_max);
  query.scope_id = texts.optional("scopeId", limits_.name_bytes_max);
  query.limit = std::min(texts.count("limit").value_or(limits_.rows_default), limits_.rows_max);
  query.offset = texts.count("offset").value_or(0);
  query.bytes_max = limits_.answer_bytes_max;
  if (texts.mistake()) return std::unexpected(*std::move(texts.mistake()));
  return query;
}

void EntityService::list(const ServiceCall& call, Reply<std::string> reply) {
  auto query = query_of(call);
  if (!query) return reply(std::unexpected(std::move(query.error())));
  parts_.store.list(
      *std::move(query),
      Reply<std::vector<EntityRecord>>(
          [&background = parts_.background, reply = std::move(reply)](auto rows) mutable {
            if (!rows) return reply(std::unexpected(std::move(rows.error())));
            std::size_t bytes = 0;
            for (const auto& row : *rows) bytes += row.data_json.size() + k_row_bytes;
            do_by_size<std::string>(
                background, bytes,
                [rows = *std::move(rows)]() -> Result<std::string> { return text_of(rows); },
                std::move(reply));
          }));
}

}  // namespace collet::services
