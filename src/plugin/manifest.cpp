#include "collet/manifest.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/entropy.hpp"
#include "json/document.hpp"
#include "plugin/collet_block.hpp"
#include "plugin/manifest_rules.hpp"
#include "plugin/manifest_shape.hpp"
#include "plugin/reserved_keys.hpp"

namespace collet {
namespace {

using plugin::text_at;
using plugin::texts_at;

// An id names folders, and a file name has at most 255 bytes; the rest is for what is put around
// it.
constexpr std::size_t k_id_bytes_max = 200;

/// Ids that would be mistaken for a UUID or a route wherever a plugin id is taken, or that are no
/// folder's name.
void check_id(const json::Value& manifest, plugin::Issues& issues) {
  const auto id = text_at(manifest, "id");
  if (is_uuid(id)) {
    issues.push_back({"id", fmt::format("'{}' has the form of a UUID, which names a plugin's row; "
                                        "choose a name such as acme.notes",
                                        id)});
  }
  if (id.size() > k_id_bytes_max) {
    issues.push_back(
        {"id",
         fmt::format("Plugin id must have at most {} characters, because folders are named by it",
                     k_id_bytes_max)});
  }
  if (plugin::is_route_word(id)) {
    issues.push_back({"id", fmt::format("'{}' is a word of the API's routes; choose another name, "
                                        "such as acme.{}",
                                        id, id)});
  }
}

std::vector<std::string> tool_names(const json::Value& manifest) {
  std::vector<std::string> names;
  if (const auto tools = manifest.find("tools")) {
    for (const auto tool : tools->elements()) names.push_back(text_at(tool, "name"));
  }
  return names;
}

/// Every rule there is; empty where the manifest may be used.
std::string problems_of(const json::Value& manifest) {
  plugin::Issues issues;
  plugin::check(plugin::k_manifest_shape, manifest, "", issues);
  if (manifest.is_object()) {
    check_id(manifest, issues);
    if (const auto block = manifest.find("collet")) {
      plugin::check_collet_block(*block, tool_names(manifest), issues);
    }
  }
  if (!issues.empty()) return "Invalid plugin manifest: " + plugin::describe(issues);

  const auto missing = plugin::missing_place_capabilities(manifest);
  if (missing.empty()) return "";
  return fmt::format(
      "Plugin {} manifest has inconsistent capabilities. Missing required capabilities for "
      "declared features: {}",
      text_at(manifest, "id"), fmt::join(missing, ", "));
}

ToolDeclaration read_tool(const json::Value& tool) {
  ToolDeclaration declaration;
  declaration.name = text_at(tool, "name");
  declaration.display_name = text_at(tool, "displayName");
  declaration.description = text_at(tool, "description");
  declaration.parameters_schema = json::compact(*tool.find("parametersSchema"));
  return declaration;
}

/// Reads a manifest that passed every rule.
Manifest read(const json::Value& root) {
  Manifest manifest;
  manifest.id = text_at(root, "id");
  manifest.version = text_at(root, "version");
  manifest.display_name = text_at(root, "displayName");
  manifest.description = text_at(root, "description");
  manifest.author = text_at(root, "author");
  manifest.categories = texts_at(root, "categories");
  manifest.capabilities = texts_at(root, "capabilities");
  manifest.worker_entrypoint = text_at(*root.find("entrypoints"), "worker");
  for (const auto key : {"minimumPaperclipVersion", "minimumHostVersion"}) {
    if (const auto version = root.find(key)) manifest.minimum_host_version = version->as_string();
  }
  if (const auto tools = root.find("tools")) {
    for (const auto tool : tools->elements()) manifest.tools.push_back(read_tool(tool));
  }
  if (const auto block = root.find("collet")) plugin::read_collet_block(*block, manifest);
  manifest.json = json::compact(root);
  return manifest;
}

}  // namespace

Result<Manifest> parse_manifest(std::string text) {
  const auto document = json::Document::parse(std::move(text));
  if (!document) {
    return fail(ErrorCode::install_failed,
                fmt::format("Invalid plugin manifest: not valid JSON: {} at byte {}",
                            document.error().message, document.error().offset),
                "mend the manifest and install it again");
  }
  if (auto problems = problems_of(document->root()); !problems.empty()) {
    return fail(ErrorCode::install_failed, std::move(problems),
                "mend the manifest and install it again");
  }
  return read(document->root());
}

}  // namespace collet
