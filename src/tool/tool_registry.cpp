#include "collet/tool_registry.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "base/ascii.hpp"
#include "base/closest_name.hpp"
#include "base/entropy.hpp"
#include "base/logger.hpp"
#include "base/mutex.hpp"
#include "tool/run_tool.hpp"
#include "tool/tool_schemas.hpp"

namespace collet {
namespace {

using Tool = std::shared_ptr<const RegisteredTool>;

/// The tools of one plugin; shared by all snapshots in which they did not change.
struct PluginTools {
  std::string key;
  std::string id;                                    // as normalised by PluginId
  std::vector<Tool> tools;                           // in order of declaration
  std::unordered_map<std::string_view, Tool> named;  // by bare name; the keys live in the tools
};

/// What readers see. Immutable once it is published.
struct Snapshot {
  std::vector<std::shared_ptr<const PluginTools>> plugins;         // in order of registration
  std::unordered_map<std::string_view, const PluginTools*> by_id;  // by key and by UUID
  std::size_t tool_count = 0;
  std::uint64_t generation = 0;
};

/// A plugin id as the index holds it: a UUID in lower case, anything else as it is. Allocates
/// nothing.
class PluginId {
 public:
  explicit PluginId(std::string_view id) : view_(id) {
    if (!is_uuid(id)) return;
    std::ranges::transform(id, lower_.begin(), [](char c) { return ascii_lower(c); });
    view_ = {lower_.data(), lower_.size()};
  }
  PluginId(const PluginId&) = delete;
  PluginId& operator=(const PluginId&) = delete;

  [[nodiscard]] std::string_view view() const { return view_; }

 private:
  std::array<char, 36> lower_{};
  std::string_view view_;
};

const PluginTools* find_plugin(const Snapshot& snapshot, std::string_view plugin_id) {
  const PluginId id(plugin_id);
  const auto found = snapshot.by_id.find(id.view());
  return found == snapshot.by_id.end() ? nullptr : found->second;
}

Tool find_tool(const Snapshot& snapshot, std::string_view key, std::string_view tool) {
  const auto plugin = snapshot.by_id.find(key);
  // A UUID leads to a plugin too, but is no part of a canonical name.
  if (plugin == snapshot.by_id.end() || plugin->second->key != key) return nullptr;
  const auto found = plugin->second->named.find(tool);
  return found == plugin->second->named.end() ? nullptr : found->second;
}

std::shared_ptr<const RegisteredTool> build_tool(std::string_view key, const Manifest& manifest,
                                                 const ToolDeclaration& declared,
                                                 std::string_view db_id,
                                                 const std::shared_ptr<ToolProvider>& provider,
                                                 Logger* log) {
  auto compiled = tool::compile_schemas(declared, manifest.settings, manifest.schema_draft);
  const bool disables = compiled.validation == Validation::enforce;
  auto name = ToolRegistry::build_namespaced_name(key, declared.name);
  if (log != nullptr && !compiled.problem.empty()) {
    log->warn(disables ? "invalid schema, the tool is disabled"
                       : "invalid schema, the tool's calls are not held against it",
              {{"tool", name}, {"problem", compiled.problem}});
  }
  return std::make_shared<const RegisteredTool>(RegisteredTool{
      .plugin_id = std::string(key),
      .plugin_db_id = std::string(db_id),
      .name = declared.name,
      .namespaced_name = std::move(name),
      .display_name = declared.display_name,
      .description = declared.description,
      .parameters_schema = declared.parameters_schema,
      .settings = declared.settings,
      .plugin_settings = manifest.settings,
      .disabled = disables ? std::move(compiled.problem) : std::string(),
      .schemas = std::move(compiled.schemas),
      .provider = provider,
  });
}

Result<std::shared_ptr<const PluginTools>> build_tools(
    std::string_view key, const Manifest& manifest, std::string_view db_id,
    const std::shared_ptr<ToolProvider>& provider, Logger* log) {
  auto plugin = std::make_shared<PluginTools>();
  plugin->key = key;
  plugin->id = PluginId(db_id).view();
  plugin->tools.reserve(manifest.tools.size());
  plugin->named.reserve(manifest.tools.size());
  for (const auto& declared : manifest.tools) {
    auto tool = build_tool(key, manifest, declared, db_id, provider, log);
    if (!plugin->named.emplace(tool->name, tool).second) {
      return fail(ErrorCode::invalid_request,
                  "plugin \"" + plugin->key + "\" declares the tool \"" + declared.name +
                      "\" twice; none of its tools was changed",
                  "give each tool of the plugin a name of its own");
    }
    plugin->tools.push_back(std::move(tool));
  }
  return plugin;
}

/// Fills in what follows from `snapshot.plugins`.
void index(Snapshot& snapshot) {
  snapshot.by_id.reserve(2 * snapshot.plugins.size());
  for (const auto& plugin : snapshot.plugins) {
    snapshot.by_id.emplace(plugin->key, plugin.get());
    snapshot.tool_count += plugin->tools.size();
  }
  for (const auto& plugin : snapshot.plugins) snapshot.by_id.emplace(plugin->id, plugin.get());
}

}  // namespace

struct ToolRegistry::Impl {
  explicit Impl(Logger* given) : log(given) {}

  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const {
    const Lock lock(mutex);
    return current;
  }

  /// Publishes the current plugins as changed by `change`, which says whether it changed anything.
  /// What only the old snapshot held is freed after the locks are released: a provider's destructor
  /// may come back here.
  template <class Change>
  void publish(Change change) {
    std::shared_ptr<const Snapshot> old;
    const Lock one_writer(write_mutex);
    old = snapshot();
    auto next = std::make_shared<Snapshot>();
    next->plugins = old->plugins;
    next->generation = old->generation + 1;
    if (!change(next->plugins)) return;
    index(*next);
    const Lock lock(mutex);
    current = std::move(next);
  }

  Logger* const log;
  Mutex write_mutex;  // held from reading the old snapshot to publishing the next; taken first
  mutable Mutex mutex;
  std::shared_ptr<const Snapshot> current GUARDED_BY(mutex) = std::make_shared<Snapshot>();
};

ToolRegistry::ToolRegistry(Logger* log) : impl_(std::make_unique<Impl>(log)) {}
ToolRegistry::~ToolRegistry() = default;

Result<Done> ToolRegistry::register_plugin(std::string_view plugin_key, const Manifest& manifest,
                                           std::string_view plugin_db_id,
                                           std::shared_ptr<ToolProvider> provider) {
  if (plugin_key.empty() || plugin_key.contains(':')) {
    return fail(ErrorCode::invalid_request,
                "the plugin key \"" + std::string(plugin_key) + "\" cannot name tools",
                "use a key that is not empty and has no colon");
  }
  auto built = build_tools(plugin_key, manifest, plugin_db_id.empty() ? plugin_key : plugin_db_id,
                           provider, impl_->log);
  if (!built) return std::unexpected(std::move(built.error()));
  impl_->publish([&](auto& plugins) {
    const auto known = std::ranges::find(plugins, plugin_key, [](auto& p) { return p->key; });
    if (known != plugins.end()) {
      *known = std::move(*built);
    } else {
      plugins.push_back(std::move(*built));
    }
    return true;
  });
  return Done{};
}

void ToolRegistry::unregister_plugin(std::string_view plugin_id) {
  const PluginId id(plugin_id);
  impl_->publish([&](auto& plugins) {
    return std::erase_if(plugins, [&](const auto& plugin) {
             return plugin->key == plugin_id || plugin->id == id.view();
           }) > 0;
  });
}

Tool ToolRegistry::get_tool(std::string_view namespaced_name) const {
  const std::size_t colon = namespaced_name.find(':');
  if (colon == namespaced_name.npos) return nullptr;
  const auto snapshot = impl_->snapshot();
  return find_tool(*snapshot, namespaced_name.substr(0, colon), namespaced_name.substr(colon + 1));
}

Tool ToolRegistry::get_tool_by_plugin(std::string_view plugin_id,
                                      std::string_view tool_name) const {
  const auto snapshot = impl_->snapshot();
  const auto* plugin = find_plugin(*snapshot, plugin_id);
  if (plugin == nullptr) return nullptr;
  const auto found = plugin->named.find(tool_name);
  return found == plugin->named.end() ? nullptr : found->second;
}

std::vector<Tool> ToolRegistry::list_tools(const ToolListFilter& filter) const {
  const auto snapshot = impl_->snapshot();
  if (filter.plugin_id) {
    const auto* plugin = find_plugin(*snapshot, *filter.plugin_id);
    return plugin == nullptr ? std::vector<Tool>{} : plugin->tools;
  }
  std::vector<Tool> tools;
  tools.reserve(snapshot->tool_count);
  for (const auto& plugin : snapshot->plugins) {
    tools.insert(tools.end(), plugin->tools.begin(), plugin->tools.end());
  }
  return tools;
}

std::size_t ToolRegistry::tool_count(std::optional<std::string_view> plugin_id) const {
  const auto snapshot = impl_->snapshot();
  if (!plugin_id) return snapshot->tool_count;
  const auto* plugin = find_plugin(*snapshot, *plugin_id);
  return plugin == nullptr ? 0 : plugin->tools.size();
}

std::uint64_t ToolRegistry::generation() const {
  return impl_->snapshot()->generation;
}

std::optional<std::string> ToolRegistry::closest_name(std::string_view name) const {
  const auto snapshot = impl_->snapshot();
  ClosestName search(name);
  const auto parsed = parse_namespaced_name(name);
  // The right plugin and a wrong tool is the likeliest mistake, so its tools are looked at first.
  const PluginTools* likely = parsed ? find_plugin(*snapshot, parsed->plugin_key) : nullptr;
  if (likely != nullptr) {
    for (const auto& tool : likely->tools) search.offer(tool->namespaced_name);
  }
  for (const auto& plugin : snapshot->plugins) {
    if (plugin.get() == likely) continue;
    for (const auto& tool : plugin->tools) {
      // Without a colon it is the plugin that was left out.
      search.offer(parsed ? tool->namespaced_name : tool->name, tool->namespaced_name);
      if (!parsed) search.offer(tool->namespaced_name);
    }
  }
  if (search.result().empty()) return std::nullopt;
  return std::string(search.result());
}

std::optional<ToolRegistry::ParsedName> ToolRegistry::parse_namespaced_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == name.npos || colon == 0 || colon + 1 == name.size()) return std::nullopt;
  return ParsedName{.plugin_key = std::string(name.substr(0, colon)),
                    .tool = std::string(name.substr(colon + 1))};
}

std::string ToolRegistry::build_namespaced_name(std::string_view plugin_key,
                                                std::string_view tool) {
  std::string name;
  name.reserve(plugin_key.size() + 1 + tool.size());
  return name.append(plugin_key).append(1, ':').append(tool);
}

void ToolRegistry::execute_tool(ToolCall call, Reply<ToolExecutionResult> reply) const {
  auto tool = get_tool(call.tool);
  if (!tool) return reply(std::unexpected(tool::tool_not_found(*this, call.tool)));
  tool::run(std::move(tool), std::move(call), tool::Turn(), std::move(reply));
}

}  // namespace collet
