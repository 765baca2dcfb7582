#include "services/folder_plan.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/contained_folder.hpp"
#include "json/writer.hpp"

namespace collet::services {
namespace {

/// More names nobody checks for by hand; each is a look at the disk for every status.
constexpr std::size_t k_required_max = 200;

std::optional<std::vector<std::string>> texts_of(std::optional<json::Value> list) {
  if (!list || !list->is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const auto element : list->elements()) {
    if (auto text = element.as_string()) texts.push_back(*std::move(text));
  }
  return texts;
}

std::optional<FolderAccess> access_of(std::optional<json::Value> text) {
  if (text && text->equals("read")) return FolderAccess::read;
  if (text && text->equals("readWrite")) return FolderAccess::read_write;
  return std::nullopt;
}

template <class T>
std::optional<T> first_of(const std::optional<T>& a, const std::optional<T>& b,
                          const std::optional<T>& c) {
  if (a) return a;
  return b ? b : c;
}

std::string to_json(const std::vector<std::string>& texts) {
  json::Writer writer;
  writer.begin_array();
  for (const auto& text : texts) writer.string(text);
  return std::move(writer.end_array()).take();
}

std::optional<std::vector<std::string>> from_json(const std::string& text) {
  const auto list = json::Document::parse(text);
  return list ? texts_of(list->root()) : std::nullopt;
}

Result<std::optional<std::vector<std::string>>> required_paths(const Params& params,
                                                               std::string_view name) {
  const auto list = params.find(name);
  if (!list || list->is_null()) return std::nullopt;
  if (!list->is_array()) return params.wrong(name, "has to be a list of paths, or absent");
  if (list->size() > k_required_max) {
    return params.wrong(name,
                        fmt::format("has {} paths, the limit is {}", list->size(), k_required_max));
  }
  std::vector<std::string> paths;
  for (const auto element : list->elements()) {
    const auto text = element.as_string();
    if (!text) return params.wrong(name, "has to be a list of paths, or absent");
    auto path = contained_path(*text);
    if (!path) return params.wrong(name, "has a wrong path: " + path.error().message);
    paths.push_back(*std::move(path));
  }
  return paths;
}

}  // namespace

std::string_view to_string(FolderAccess access) {
  return access == FolderAccess::read ? "read" : "readWrite";
}

Result<FolderTraits> declared_folder(std::string_view manifest_json,
                                     const std::string& folder_key) {
  const auto manifest = json::Document::parse(std::string(manifest_json));
  const auto folders = manifest ? manifest->root().find("localFolders") : std::nullopt;
  if (folders) {
    for (const auto folder : folders->elements()) {
      const auto key = folder.find("folderKey");
      if (!key || !key->equals(folder_key)) continue;
      return FolderTraits{.access = access_of(folder.find("access")),
                          .required_directories = texts_of(folder.find("requiredDirectories")),
                          .required_files = texts_of(folder.find("requiredFiles"))};
    }
  }
  return fail(
      ErrorCode::invalid_request,
      fmt::format("Local folder key is not declared by this plugin manifest: \"{}\"", folder_key));
}

std::string folder_declarations(std::string_view manifest_json) {
  const auto manifest = json::Document::parse(std::string(manifest_json));
  const auto folders = manifest ? manifest->root().find("localFolders") : std::nullopt;
  return folders && folders->is_array() ? json::compact(*folders) : "[]";
}

Result<FolderTraits> configured_traits(const Params& params) {
  FolderTraits traits;
  const auto access = params.find("access");
  traits.access = access_of(access);
  if (access && !access->is_null() && !traits.access) {
    return params.wrong("access", R"(has to be "read" or "readWrite", or absent)");
  }
  auto directories = required_paths(params, "requiredDirectories");
  if (!directories) return std::unexpected(std::move(directories.error()));
  auto files = required_paths(params, "requiredFiles");
  if (!files) return std::unexpected(std::move(files.error()));
  traits.required_directories = *std::move(directories);
  traits.required_files = *std::move(files);
  return traits;
}

FolderTraits merged(const FolderTraits& declared, const FolderTraits& said,
                    const FolderTraits& stored) {
  return {.access = first_of(declared.access, said.access, stored.access),
          .required_directories = first_of(declared.required_directories, said.required_directories,
                                           stored.required_directories),
          .required_files =
              first_of(declared.required_files, said.required_files, stored.required_files)};
}

FolderPlan plan_of(std::string folder_key, std::optional<std::string> path,
                   const FolderTraits& traits) {
  return {.folder_key = std::move(folder_key),
          .path = std::move(path),
          .access = traits.access.value_or(FolderAccess::read_write),
          .required_directories = traits.required_directories.value_or(std::vector<std::string>()),
          .required_files = traits.required_files.value_or(std::vector<std::string>())};
}

FolderTraits stored_traits(const FolderSettings& settings) {
  return {.access = settings.access == to_string(FolderAccess::read) ? FolderAccess::read
                                                                     : FolderAccess::read_write,
          .required_directories = from_json(settings.required_directories_json),
          .required_files = from_json(settings.required_files_json)};
}

FolderSettings settings_of(const FolderPlan& plan) {
  return {.path = plan.path.value_or(""),
          .access = std::string(to_string(plan.access)),
          .required_directories_json = to_json(plan.required_directories),
          .required_files_json = to_json(plan.required_files)};
}

}  // namespace collet::services
