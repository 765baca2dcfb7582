#include "services/metric_service.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "collet/limits.hpp"
#include "json/writer.hpp"
#include "services/answers.hpp"
#include "services/params.hpp"

namespace collet::services {

void MetricService::add_to(ServiceTable& table) {
  table.add("metrics.write", [this](const ServiceCall& call, Reply<std::string> reply) {
    write(call, std::move(reply));
  });
}

void MetricService::write(const ServiceCall& call, Reply<std::string> reply) {
  const Params params(call.method, call.params);
  auto name = params.text("name");
  if (!name) return reply(std::unexpected(std::move(name.error())));
  const auto value = params.find("value");
  const auto number = value ? value->as_double() : std::nullopt;
  if (!number || !std::isfinite(*number)) return reply(params.wrong("value", "has to be a number"));
  const auto tags = params.find("tags");

  metrics_.write(call.worker.plugin_id, call.worker.plugin_key, *name, *number, tags);
  json::Writer meta;
  meta.begin_object()
      .raw_member("value", value->raw())
      .raw_member("tags", tags ? json::compact(*tags) : "null")
      .end_object();
  logs_.append(call.worker.plugin_id, "metric",
               cut(*name, limits::services::metric_logged_name_bytes_max), meta.text(),
               reported_company(call.tenancy, call.company_id, call.params));
  reply("null");
}

}  // namespace collet::services
