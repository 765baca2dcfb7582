#include "services/config_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <utility>

#include "base/entropy.hpp"
#include "json/pointer.hpp"
#include "json/writer.hpp"
#include "tool/tool_schemas.hpp"

namespace collet::services {
namespace {

// What judging one configuration may cost: a tenth of a second in which the host's loop does
// nothing else.
constexpr std::uint64_t k_steps_max = 10'000'000;
constexpr std::uint64_t k_explanation_steps_max = 400'000;

// ---- What stands for a secret

constexpr std::string_view k_reference_uri = "urn:collet:secret-reference";
// A definition, so that the pointers of its violations tell whose they are. The last two members
// are of Paperclip's own schema of references; any other could be the secret itself.
constexpr std::string_view k_no_object_pointer = "/definitions/secret reference/else";
constexpr std::string_view k_reference_schema = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$ref": "#/definitions/secret%20reference",
  "definitions": {
    "secret reference": {
      "if": {"type": "object"},
      "then": {
        "properties": {
          "type": {"const": "secret_ref"},
          "secretId": {"type": "string", "minLength": 1},
          "version": {"anyOf": [{"const": "latest"}, {"type": "integer", "minimum": 1}]},
          "projectionClass": {"type": "string"},
          "projectionAllowlistKey": {"type": ["string", "null"]}
        },
        "required": ["type", "secretId"],
        "additionalProperties": false
      },
      "else": {"enum": ["", null]}
    }
  }
})";
constexpr std::string_view k_reference_form = R"({ type: "secret_ref", secretId, version? })";

// Whether something else than an object stands where a reference has to.
bool is_refusal(const Violation& violation) {
  return violation.schema_pointer.starts_with(k_no_object_pointer);
}

// "tokens.0.key", as the reference names places; "$" for the root.
std::string dotted(std::string_view pointer) {
  std::string path;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto token = pointer.substr(0, pointer.find('/'));
    if (!path.empty()) path += '.';
    path += json::unescape_token(token).value_or(std::string(token));
    pointer.remove_prefix(token.size());
  }
  return path.empty() ? "$" : path;
}

// The reference's words. They do not say what stands there: it may be the secret.
std::string refusal(const json::Value& value, std::string_view pointer) {
  const auto text = value.as_string();
  return fmt::format("Plugin secret {} at {} must use {}", text && is_uuid(*text) ? "ref" : "value",
                     dotted(pointer), k_reference_form);
}

// ---- The schema's text

// Keywords whose value is data, and those whose value has a schema for each name.
constexpr std::array<std::string_view, 4> k_data{"const", "default", "enum", "examples"};
constexpr std::array<std::string_view, 6> k_maps{
    "$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"};

bool is_one_of(const json::Value& key, std::span<const std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view name) { return key.equals(name); });
}

void write_schema(json::Writer& out, const json::Value& schema);

void write_map(json::Writer& out, const json::Value& map) {
  if (!map.is_object()) {
    out.raw(json::compact(map));
    return;
  }
  out.begin_object();
  for (const auto [name, schema] : map.members()) {
    out.key(name.as_string().value_or(""));
    write_schema(out, schema);
  }
  out.end_object();
}

// `type` with objects among what it allows.
void write_type(json::Writer& out, const json::Value& type) {
  out.begin_array();
  bool has_object = type.equals("object");
  if (type.is_string()) out.raw(type.raw());
  for (const auto each : type.elements()) {
    out.raw(json::compact(each));
    has_object = has_object || each.equals("object");
  }
  if (!has_object) out.string("object");
  out.end_array();
}

void write_object(json::Writer& out, const json::Value& schema) {
  const auto format = schema.find("format");
  const bool is_secret = format && format->equals("secret-ref");
  const auto write_reference = [&] {
    out.begin_object().member("$ref", k_reference_uri).end_object();
  };
  bool demands_reference = !is_secret;
  out.begin_object();
  for (const auto [key, value] : schema.members()) {
    out.key(key.as_string().value_or(""));
    if (is_secret && key.equals("type") && (value.is_string() || value.is_array())) {
      write_type(out, value);
    } else if (is_secret && key.equals("allOf") && value.is_array()) {
      out.begin_array();
      for (const auto each : value.elements()) write_schema(out, each);
      write_reference();
      out.end_array();
      demands_reference = true;
    } else if (is_one_of(key, k_data)) {
      out.raw(json::compact(value));
    } else if (is_one_of(key, k_maps)) {
      write_map(out, value);
    } else {
      write_schema(out, value);
    }
  }
  if (!demands_reference) {
    out.key("allOf").begin_array();
    write_reference();
    out.end_array();
  }
  out.end_object();
}

// Also what may be no schema: what has no `format` stays as it is.
void write_schema(json::Writer& out, const json::Value& schema) {
  if (schema.is_object()) return write_object(out, schema);
  if (!schema.is_array()) {
    out.raw(json::compact(schema));
    return;
  }
  out.begin_array();
  for (const auto each : schema.elements()) write_schema(out, each);
  out.end_array();
}

}  // namespace

std::string with_secret_references(const json::Value& schema) {
  json::Writer out;
  write_schema(out, schema);
  return std::move(out).take();
}

ConfigSchema::ConfigSchema(std::string_view manifest_json) {
  const auto manifest = json::Document::parse(std::string(manifest_json));
  const auto given = manifest ? manifest->root().find("instanceConfigSchema") : std::nullopt;
  if (!given || !given->is_object()) return;
  const auto document = Json::parse(with_secret_references(*given));
  if (!document) {
    problem_ = "instanceConfigSchema is invalid: " + document.error().message;
    return;
  }
  auto schema = Schema::compile(
      *document,
      {.draft = SchemaDraft::draft7,
       .resolver =
           [](std::string_view uri) -> std::expected<std::optional<std::string>, std::string> {
         if (uri != k_reference_uri) return std::nullopt;
         return std::string(k_reference_schema);
       },
       .limits = {.steps_max = k_steps_max, .explanation_steps_max = k_explanation_steps_max}});
  if (schema) {
    schema_ = *std::move(schema);
  } else {
    problem_ = "instanceConfigSchema is " + tool::invalidity(schema.error());
  }
}

std::vector<Violation> ConfigSchema::judge(const json::Value& config) const {
  if (!schema_) return {};
  auto violations = schema_->evaluate(config);
  std::set<std::string> refused;
  for (auto& violation : violations) {
    if (!is_refusal(violation)) continue;
    const auto& place = violation.instance_pointer;
    violation.message =
        fmt::format("{} must use {}", place.empty() ? "the value" : place, k_reference_form);
    refused.insert(place);
  }
  // What else is wrong with it does not matter, and would say it.
  std::erase_if(violations, [&](const Violation& violation) {
    return !is_refusal(violation) && refused.contains(violation.instance_pointer);
  });
  return violations;
}

Result<Done> ConfigSchema::check(const json::Value& config) const {
  auto violations = judge(config);
  if (violations.empty()) return Done{};
  Error error{.code = ErrorCode::invalid_request,
              .message = "Configuration does not match the plugin's instanceConfigSchema",
              .violations = std::move(violations)};
  if (std::ranges::all_of(error.violations, is_refusal)) {
    const auto& place = error.violations.front().instance_pointer;
    if (const auto value = json::resolve(config, place)) error.message = refusal(*value, place);
    error.remedy = "give the secret to a secret store, and the configuration its name there";
  }
  return std::unexpected(std::move(error));
}

}  // namespace collet::services
