// The manifest's rules across parts: what the shapes of single values cannot say. Each is the
// `refine` of a shape and runs only where the types underneath are right.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugin/shape.hpp"

namespace collet::plugin {

void refine_json_schema(const json::Value& schema, const std::string& path, Issues& issues);
void refine_config_binding(const json::Value& binding, const std::string& path, Issues& issues);
void refine_refresh_policy(const json::Value& policy, const std::string& path, Issues& issues);
void refine_object_reference(const json::Value& provider, const std::string& path, Issues& issues);
void refine_routine_variable(const json::Value& variable, const std::string& path, Issues& issues);
void refine_skill(const json::Value& skill, const std::string& path, Issues& issues);
/// Over the whole manifest: the UI entry, capabilities implied by sections, unique keys.
void refine_manifest(const json::Value& manifest, const std::string& path, Issues& issues);

/// Capabilities that UI slots and launchers of a sound manifest need and that it does not declare:
/// the reference's second stage.
[[nodiscard]] std::vector<std::string_view> missing_place_capabilities(const json::Value& manifest);

/// The decoded text of the member `key`, empty where it is absent or no text.
[[nodiscard]] std::string text_at(const json::Value& object, std::string_view key);
/// The texts of the array at `key`, an empty one for what is no text; none where it is absent.
[[nodiscard]] std::vector<std::string> texts_at(const json::Value& object, std::string_view key);
/// Whether the array at `key` holds the text `word`.
[[nodiscard]] bool lists(const json::Value& object, std::string_view key, std::string_view word);
/// Elements of the array at `key`, 0 where it is absent.
[[nodiscard]] std::size_t count_at(const json::Value& object, std::string_view key);
/// Texts that occur more than once, each named once, in order, joined by ", ".
[[nodiscard]] std::string duplicates(const std::vector<std::string>& texts);

}  // namespace collet::plugin
