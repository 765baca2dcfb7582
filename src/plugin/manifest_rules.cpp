#include "plugin/manifest_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "plugin/capabilities.hpp"
#include "plugin/text_form.hpp"

namespace collet::plugin {
namespace {

std::vector<std::string> trimmed(std::vector<std::string> texts) {
  for (auto& text : texts) text = std::string(trim(text));
  return texts;
}

void report_duplicates(const std::vector<std::string>& texts, std::string_view what,
                       std::string path, Issues& issues) {
  const auto twice = duplicates(texts);
  if (!twice.empty())
    issues.push_back({std::move(path), fmt::format("Duplicate {}: {}", what, twice)});
}

/// The texts at `key` of each object in the section.
std::vector<std::string> keys_of(const json::Value& section, std::string_view key) {
  std::vector<std::string> keys;
  for (const auto entry : section.elements()) keys.push_back(text_at(entry, key));
  return keys;
}

// ---- the parts of refine_manifest, in the reference's order

void check_ui_entry(const json::Value& manifest, Issues& issues) {
  const auto ui = manifest.find("ui");
  if (!ui || (count_at(*ui, "slots") == 0 && count_at(*ui, "launchers") == 0)) return;
  const auto entrypoints = manifest.find("entrypoints");
  if (entrypoints && !text_at(*entrypoints, "ui").empty()) return;
  issues.push_back(
      {"entrypoints.ui", "entrypoints.ui is required when ui.slots or ui.launchers are declared"});
}

void check_minimum_versions(const json::Value& manifest, Issues& issues) {
  const auto host = text_at(manifest, "minimumHostVersion");
  const auto paperclip = text_at(manifest, "minimumPaperclipVersion");
  if (host.empty() || paperclip.empty() || host == paperclip) return;
  issues.push_back(
      {"minimumHostVersion",
       "minimumHostVersion and minimumPaperclipVersion must match when both are declared"});
}

/// A section is declared when it is an object, or an array that is not empty.
void check_capabilities(const json::Value& manifest, std::span<const FeatureCapability> features,
                        Issues& issues) {
  for (const auto& [section, capability, when] : features) {
    const auto declared = manifest.find(section);
    if (!declared || (declared->is_array() && declared->size() == 0)) continue;
    if (lists(manifest, "capabilities", capability)) continue;
    issues.push_back(
        {"capabilities", fmt::format("Capability '{}' is required when {}", capability, when)});
  }
}

void check_webhook_keys(const json::Value& manifest, Issues& issues) {
  const auto references = manifest.find("objectReferences");
  if (!references) return;
  const auto webhooks = manifest.find("webhooks");
  const auto keys = webhooks ? keys_of(*webhooks, "endpointKey") : std::vector<std::string>{};
  const std::unordered_set<std::string_view> declared(keys.begin(), keys.end());
  std::size_t index = 0;
  for (const auto provider : references->elements()) {
    const auto path = fmt::format("objectReferences.{}.webhookEndpointKeys", index++);
    for (const auto& key : texts_at(provider, "webhookEndpointKeys")) {
      if (declared.contains(key)) continue;
      issues.push_back(
          {path, fmt::format("objectReferences webhookEndpointKey \"{}\" must match a declared "
                             "webhook endpoint",
                             key)});
    }
  }
}

void check_core_tables(const json::Value& manifest, Issues& issues) {
  const auto database = manifest.find("database");
  if (!database) return;
  report_duplicates(texts_at(*database, "coreReadTables"), "database coreReadTables",
                    "database.coreReadTables", issues);
}

struct UniqueKey {
  std::string_view section;
  std::string_view key;
  std::string_view what;
};
constexpr std::array<UniqueKey, 3> k_unique_before_routes{{
    {"jobs", "jobKey", "job keys"},
    {"webhooks", "endpointKey", "webhook endpoint keys"},
    {"apiRoutes", "routeKey", "api route keys"},
}};
constexpr std::array<UniqueKey, 7> k_unique_after_routes{{
    {"tools", "name", "tool names"},
    {"environmentDrivers", "driverKey", "environment driver keys"},
    {"localFolders", "folderKey", "local folder keys"},
    {"agents", "agentKey", "managed agent keys"},
    {"projects", "projectKey", "managed project keys"},
    {"routines", "routineKey", "managed routine keys"},
    {"skills", "skillKey", "managed skill keys"},
}};

void check_unique_keys(const json::Value& manifest, std::span<const UniqueKey> keys,
                       Issues& issues) {
  for (const auto& [section, key, what] : keys) {
    if (const auto list = manifest.find(section)) {
      report_duplicates(keys_of(*list, key), what, std::string(section), issues);
    }
  }
}

void check_unique_routes(const json::Value& manifest, Issues& issues) {
  const auto routes = manifest.find("apiRoutes");
  if (!routes) return;
  std::vector<std::string> signatures;
  for (const auto route : routes->elements()) {
    signatures.push_back(text_at(route, "method") + " " + text_at(route, "path"));
  }
  report_duplicates(signatures, "api routes", "apiRoutes", issues);
}

void check_unique_places(const json::Value& manifest, Issues& issues) {
  if (const auto references = manifest.find("objectReferences")) {
    report_duplicates(trimmed(keys_of(*references, "providerKey")),
                      "object reference provider keys", "objectReferences", issues);
  }
  const auto ui = manifest.find("ui");
  if (const auto slots = ui ? ui->find("slots") : std::nullopt) {
    report_duplicates(keys_of(*slots, "id"), "UI slot ids", "ui.slots", issues);
  }
  std::vector<std::string> launchers;
  if (const auto own = manifest.find("launchers")) launchers = keys_of(*own, "id");
  const auto inner = ui ? ui->find("launchers") : std::nullopt;
  if (inner) std::ranges::copy(keys_of(*inner, "id"), std::back_inserter(launchers));
  report_duplicates(launchers, "launcher ids", inner ? "ui.launchers" : "launchers", issues);
}

}  // namespace

std::string text_at(const json::Value& object, std::string_view key) {
  const auto value = object.find(key);
  return value ? value->as_string().value_or("") : "";
}

std::vector<std::string> texts_at(const json::Value& object, std::string_view key) {
  std::vector<std::string> texts;
  if (const auto list = object.find(key)) {
    for (const auto element : list->elements()) texts.push_back(element.as_string().value_or(""));
  }
  return texts;
}

bool lists(const json::Value& object, std::string_view key, std::string_view word) {
  const auto list = object.find(key);
  if (!list) return false;
  for (const auto element : list->elements()) {
    if (element.equals(word)) return true;
  }
  return false;
}

std::size_t count_at(const json::Value& object, std::string_view key) {
  const auto list = object.find(key);
  return list && list->is_array() ? list->size() : 0;
}

std::string duplicates(const std::vector<std::string>& texts) {
  std::unordered_map<std::string_view, int> seen;
  std::vector<std::string_view> twice;
  for (const auto& text : texts) {
    if (++seen[text] == 2) twice.push_back(text);
  }
  return fmt::format("{}", fmt::join(twice, ", "));
}

void refine_json_schema(const json::Value& schema, const std::string& path, Issues& issues) {
  if (schema.size() == 0) return;
  const auto type = schema.find("type");
  if (type && type->is_string()) return;
  for (const auto key : {"$ref", "oneOf", "anyOf", "allOf"}) {
    if (schema.find(key)) return;
  }
  issues.push_back({path,
                    "Must be a valid JSON Schema object (requires at least a 'type', '$ref', or "
                    "composition keyword)"});
}

void refine_config_binding(const json::Value& binding, const std::string& path, Issues& issues) {
  const auto field = text_at(binding, "field");
  const auto unset = texts_at(binding, "unsetFields");
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < unset.size(); ++i) {
    const auto at = fmt::format("{}.unsetFields.{}", path, i);
    if (unset[i] == field) {
      issues.push_back({at, "Template config binding cannot unset the same field it sets"});
    }
    if (!seen.insert(unset[i]).second) {
      issues.push_back({at, "Template config binding unsetFields must be unique"});
    }
  }
}

void refine_refresh_policy(const json::Value& policy, const std::string& path, Issues& issues) {
  const auto ttl = policy.find("defaultTtlSeconds");
  const auto stale = policy.find("staleAfterSeconds");
  if (!ttl || !stale || stale->as_double() >= ttl->as_double()) return;
  issues.push_back({step(path, "staleAfterSeconds"),
                    "staleAfterSeconds must be greater than or equal to defaultTtlSeconds"});
}

void refine_object_reference(const json::Value& provider, const std::string& path, Issues& issues) {
  report_duplicates(trimmed(texts_at(provider, "objectTypes")), "objectTypes",
                    step(path, "objectTypes"), issues);
  report_duplicates(texts_at(provider, "webhookEndpointKeys"), "webhookEndpointKeys",
                    step(path, "webhookEndpointKeys"), issues);
}

void refine_routine_variable(const json::Value& variable, const std::string& path, Issues& issues) {
  const auto type = text_at(variable, "type");
  const auto options = trimmed(texts_at(variable, "options"));
  if (type == "select" && options.empty()) {
    issues.push_back({step(path, "options"), "Select variables require at least one option"});
  }
  if (type != "select" && !options.empty()) {
    issues.push_back({step(path, "options"), "Only select variables can define options"});
  }
  const auto fallback = variable.find("defaultValue");
  if (!fallback || fallback->is_null()) return;
  const auto text = fallback->as_string();
  if (type == "select" && (!text || std::ranges::find(options, *text) == options.end())) {
    issues.push_back({step(path, "defaultValue"),
                      "Select variable defaults must match one of the allowed options"});
  }
  if (type == "date" && (!text || !is_calendar_date(*text))) {
    issues.push_back({step(path, "defaultValue"),
                      "Date variable defaults must be valid YYYY-MM-DD calendar dates"});
  }
}

void refine_skill(const json::Value& skill, const std::string& path, Issues& issues) {
  const auto files = skill.find("files");
  if (!files) return;
  report_duplicates(keys_of(*files, "path"), "managed skill file paths", step(path, "files"),
                    issues);
}

void refine_manifest(const json::Value& manifest, const std::string&, Issues& issues) {
  check_ui_entry(manifest, issues);
  check_minimum_versions(manifest, issues);
  check_capabilities(manifest, k_feature_capabilities, issues);
  check_capabilities(manifest, k_object_reference_capabilities, issues);
  check_webhook_keys(manifest, issues);
  check_capabilities(manifest, k_database_capabilities, issues);
  check_core_tables(manifest, issues);
  check_unique_keys(manifest, k_unique_before_routes, issues);
  check_unique_routes(manifest, issues);
  check_unique_keys(manifest, k_unique_after_routes, issues);
  check_unique_places(manifest, issues);
}

std::vector<std::string_view> missing_place_capabilities(const json::Value& manifest) {
  std::vector<std::string> places;
  const auto ui = manifest.find("ui");
  const auto add = [&](const json::Value& owner, std::string_view section, std::string_view key) {
    if (const auto list = owner.find(section)) {
      std::ranges::copy(keys_of(*list, key), std::back_inserter(places));
    }
  };
  if (ui) add(*ui, "slots", "type");
  add(manifest, "launchers", "placementZone");
  if (ui) add(*ui, "launchers", "placementZone");

  std::vector<std::string_view> missing;
  std::unordered_set<std::string_view> judged;
  for (const auto& place : places) {
    const auto* row = std::ranges::find(k_place_capabilities, place, &PlaceCapability::place);
    if (row == k_place_capabilities.end() || !judged.insert(row->capability).second) continue;
    if (!lists(manifest, "capabilities", row->capability)) missing.push_back(row->capability);
  }
  return missing;
}

}  // namespace collet::plugin
