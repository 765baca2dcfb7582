#include "plugin/collet_block.hpp"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "plugin/manifest_shape.hpp"

namespace collet::plugin {
namespace {

using Kind = Shape::Kind;
using enum Presence;

constexpr Shape k_timeout{
    .kind = Kind::number, .minimum = 1, .maximum = ToolSettings::timeout_max.count()};
constexpr Shape k_concurrency{
    .kind = Kind::number, .minimum = 1, .maximum = ToolSettings::concurrency_max};
constexpr Field k_tool_fields[] = {{"outputSchema", &k_json_schema_shape, optional},
                                   {"timeoutMs", &k_timeout, optional},
                                   {"concurrency", &k_concurrency, optional},
                                   {"idempotent", &k_boolean, optional}};
constexpr Shape k_tool{
    .kind = Kind::object, .fields = k_tool_fields, .unknown_keys = Shape::UnknownKeys::refused};
constexpr Shape k_tools{.kind = Kind::record, .element = &k_tool};

constexpr std::string_view k_on_timeout_words[] = {"abandon", "kill"};
constexpr Shape k_on_timeout{.kind = Kind::word, .words = k_on_timeout_words};
constexpr Shape k_instances{
    .kind = Kind::number, .minimum = 1, .maximum = PluginSettings::instances_max};
// No `validation`: a plugin does not switch its own checks off.
constexpr Field k_block_fields[] = {
    {"instances", &k_instances, optional},  {"concurrency", &k_concurrency, optional},
    {"onTimeout", &k_on_timeout, optional}, {"fillDefaults", &k_boolean, optional},
    {"coerce", &k_boolean, optional},       {"tools", &k_tools, optional}};
constexpr Shape k_block{
    .kind = Kind::object, .fields = k_block_fields, .unknown_keys = Shape::UnknownKeys::refused};

/// What the member `key` says, which the shape has checked to be true or false.
std::optional<bool> boolean_at(const json::Value& object, std::string_view key) {
  const auto value = object.find(key);
  return value ? value->as_bool() : std::nullopt;
}

/// The whole number at `key`, which the shape has checked to be one (`4`, `4.0` and `4e0` all are).
std::optional<std::uint32_t> number_at(const json::Value& object, std::string_view key) {
  const auto value = object.find(key);
  if (!value) return std::nullopt;
  return static_cast<std::uint32_t>(value->as_double().value_or(0));
}

ToolSettings read_tool(const json::Value& tool) {
  ToolSettings settings;
  if (const auto schema = tool.find("outputSchema"))
    settings.output_schema = json::compact(*schema);
  if (const auto timeout = number_at(tool, "timeoutMs")) {
    settings.timeout = std::chrono::milliseconds(*timeout);
  }
  settings.concurrency = number_at(tool, "concurrency");
  settings.idempotent = boolean_at(tool, "idempotent");
  return settings;
}

}  // namespace

void check_collet_block(const json::Value& block, const std::vector<std::string>& tools,
                        Issues& issues) {
  if (check(k_block, block, "collet", issues) == Verdict::aborted) return;
  const auto settings = block.find("tools");
  if (!settings) return;
  const std::unordered_set<std::string_view> names(tools.begin(), tools.end());
  for (const auto& member : settings->members()) {
    const auto name = member.key.as_string().value_or("");
    if (names.contains(name)) continue;
    issues.push_back({step("collet.tools", name),
                      fmt::format("the manifest declares no tool named '{}'", name)});
  }
}

void read_collet_block(const json::Value& block, Manifest& manifest) {
  manifest.settings.instances = number_at(block, "instances");
  manifest.settings.concurrency = number_at(block, "concurrency");
  if (const auto on_timeout = block.find("onTimeout")) {
    manifest.settings.on_timeout =
        on_timeout->equals("kill") ? OnTimeout::kill : OnTimeout::abandon;
  }
  manifest.settings.fill_defaults = boolean_at(block, "fillDefaults");
  manifest.settings.coerce = boolean_at(block, "coerce");
  const auto settings = block.find("tools");
  if (!settings) return;
  std::unordered_map<std::string_view, ToolDeclaration*> tools;
  for (auto& tool : manifest.tools) tools.emplace(tool.name, &tool);
  for (const auto& member : settings->members()) {
    const auto tool = tools.find(member.key.as_string().value_or(""));
    if (tool != tools.end()) tool->second->settings = read_tool(member.value);
  }
}

}  // namespace collet::plugin
