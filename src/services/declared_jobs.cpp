#include "services/declared_jobs.hpp"

#include "json/document.hpp"

namespace collet::services {

std::vector<DeclaredJob> declared_jobs(std::string_view manifest_json) {
  std::vector<DeclaredJob> jobs;
  const auto manifest = json::Document::parse(std::string(manifest_json));
  const auto list = manifest ? manifest->root().find("jobs") : std::nullopt;
  if (!list) return jobs;
  for (const auto each : list->elements()) {
    const auto text = [&](std::string_view name) {
      const auto member = each.find(name);
      return member ? member->as_string().value_or("") : std::string();
    };
    jobs.push_back({.key = text("jobKey"),
                    .display_name = text("displayName"),
                    .description = text("description"),
                    .schedule = text("schedule")});
  }
  return jobs;
}

}  // namespace collet::services
