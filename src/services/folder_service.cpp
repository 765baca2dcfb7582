#include "services/folder_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "json/utf8.hpp"
#include "json/writer.hpp"
#include "services/folder_status.hpp"
#include "services/params.hpp"

namespace collet::services {
namespace {

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto [form, length] = json::utf8::read(text);
    if (form != json::utf8::Form::valid) return false;
    text.remove_prefix(length);
  }
  return true;
}

// Lone surrogates become U+FFFD, as whatever writes JavaScript's strings to files does it.
std::string to_utf8(std::string text) {
  if (is_utf8(text)) return text;
  std::string clean;
  clean.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    const auto [form, length] = json::utf8::read(rest);
    clean += form == json::utf8::Form::valid ? rest.substr(0, length) : "\xEF\xBF\xBD";
    rest.remove_prefix(length);
  }
  return clean;
}

// Whether a company's id may be the name of its folder as it stands.
bool is_plain_name(std::string_view id) {
  return !id.empty() && id.size() <= 200 && id.front() != '.' &&
         std::ranges::all_of(id, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

std::string listing_json(const std::string& folder_key, const std::string& path,
                         const FolderListing& listing) {
  json::Writer writer;
  writer.begin_object().member("folderKey", folder_key).key("relativePath");
  if (path.empty()) {
    writer.null();
  } else {
    writer.string(path);
  }
  writer.key("entries").begin_array();
  for (const auto& entry : listing.entries) {
    const bool is_file = entry.state == PathState::file;
    writer.begin_object().member("path", entry.path).member("name", entry.name);
    writer.member("kind", is_file ? "file" : "directory").key("size");
    if (is_file) {
      writer.integer(static_cast<std::int64_t>(entry.size));
    } else {
      writer.null();
    }
    writer.member("modifiedAt", to_iso8601(entry.modified_at)).end_object();
  }
  writer.end_array().member("truncated", listing.is_truncated).end_object();
  return std::move(writer).take();
}

}  // namespace

FolderService::FolderService(Parts parts, OperatorFolders folders, FolderLimits limits)
    : parts_(std::move(parts)),
      folders_(std::move(folders)),
      limits_(limits),
      lanes_(parts_.pool, limits.lanes) {}

void FolderService::add_to(ServiceTable& table) {
  const auto add = [&](std::string_view method, auto handler) {
    table.add(method, [this, handler](const ServiceCall& call, Reply<std::string> reply) {
      (this->*handler)(call, std::move(reply));
    });
  };
  table.add("localFolders.declarations", [](const ServiceCall& call, Reply<std::string> reply) {
    reply(folder_declarations(call.manifest.json));
  });
  add("localFolders.configure", &FolderService::configure);
  add("localFolders.status", &FolderService::status);
  add("localFolders.list", &FolderService::list);
  add("localFolders.readText", &FolderService::read_text);
  add("localFolders.writeTextAtomic", &FolderService::write_text);
  add("localFolders.deleteFile", &FolderService::delete_file);
}

Result<FolderService::Request> FolderService::request_of(const ServiceCall& call) const {
  const Params params(call.method, call.params);
  auto folder_key = params.text("folderKey");
  if (!folder_key) return std::unexpected(std::move(folder_key.error()));
  if (call.company_id.empty()) return params.wrong("companyId", "has to be a string");
  Request request{.method = std::string(call.method),
                  .plugin_key = call.worker.plugin_key,
                  .key = {.plugin_id = call.worker.plugin_id,
                          .company_id = std::string(call.company_id),
                          .folder_key = *std::move(folder_key)},
                  .tenancy = call.tenancy};
  auto declared = declared_folder(call.manifest.json, request.key.folder_key);
  if (!declared) return std::unexpected(std::move(declared.error()));
  request.declared = *std::move(declared);
  auto path = operator_path(call, request.key);
  if (!path) return std::unexpected(std::move(path.error()));
  request.operator_path = *std::move(path);
  return request;
}

Result<std::optional<std::string>> FolderService::operator_path(const ServiceCall& call,
                                                                const FolderKey& key) const {
  const auto of_plugin = folders_.find(call.worker.plugin_key);
  if (of_plugin == folders_.end()) return std::nullopt;
  const auto found = of_plugin->second.find(key.folder_key);
  if (found == of_plugin->second.end()) return std::nullopt;
  if (call.tenancy == Tenancy::single) return found->second;
  if (!is_plain_name(key.company_id)) {
    return fail(
        ErrorCode::invalid_request,
        fmt::format("the id of company \"{}\" cannot be the name of its folder", key.company_id));
  }
  return found->second + "/" + key.company_id;
}

Result<std::string> FolderService::file_of(const ServiceCall& call) {
  const Params params(call.method, call.params);
  const auto text = params.text("relativePath");
  if (!text) return std::unexpected(text.error());
  auto path = contained_path(*text);
  if (!path) return params.wrong("relativePath", "is wrong: " + path.error().message);
  if (path->empty()) return params.wrong("relativePath", "names no file");
  return path;
}

void FolderService::run(PluginLanes::Place place, FolderPlan plan, Work work,
                        Reply<std::string> reply) {
  lanes_.run<std::string>(
      std::move(place),
      [data_dir = parts_.data_dir, plan = std::move(plan),
       work = std::move(work)]() mutable -> Result<std::string> {
        // Each time, because links may lead elsewhere by now.
        if (auto apart = check_apart(plan, data_dir); !apart)
          return std::unexpected(std::move(apart.error()));
        return work(std::move(plan));
      },
      std::move(reply));
}

void FolderService::with_plan(Request request, Work work, Reply<std::string> reply) {
  auto place = lanes_.place(request.key.plugin_id, request.bytes);
  if (!place) return reply(std::unexpected(std::move(place.error())));
  if (request.operator_path || request.tenancy == Tenancy::multi) {
    auto plan = plan_of(request.key.folder_key, std::move(request.operator_path), request.declared);
    return run(*std::move(place), std::move(plan), std::move(work), std::move(reply));
  }
  auto key = request.key;
  parts_.store.get(
      std::move(key),
      Reply<std::optional<FolderSettings>>([this, request = std::move(request),
                                            place = *std::move(place), work = std::move(work),
                                            reply = std::move(reply)](auto found) mutable {
        if (!found) return reply(std::unexpected(std::move(found.error())));
        const auto& stored = *found;
        auto plan =
            plan_of(request.key.folder_key, stored ? std::optional(stored->path) : std::nullopt,
                    merged(request.declared, {}, stored ? stored_traits(*stored) : FolderTraits()));
        run(std::move(place), std::move(plan), std::move(work), std::move(reply));
      }));
}

// A path is kept also where the folder is not as it should be: the status tells what to mend.
void FolderService::configure(const ServiceCall& call, Reply<std::string> reply) {
  auto request = request_of(call);
  if (!request) return reply(std::unexpected(std::move(request.error())));
  const Params params(call.method, call.params);
  auto path = params.text("path");
  if (!path) return reply(std::unexpected(std::move(path.error())));
  if (path->empty() || path->size() > limits_.path_bytes_max || path->find('\0') != path->npos) {
    return reply(params.wrong("path", fmt::format("has to be an absolute path of at most {} bytes",
                                                  limits_.path_bytes_max)));
  }
  auto said = configured_traits(params);
  if (!said) return reply(std::unexpected(std::move(said.error())));
  const auto look = [clock = parts_.wall_clock](FolderPlan plan) -> Result<std::string> {
    prepare(plan);
    return to_json(inspect(std::move(plan)), clock());
  };
  if (request->operator_path) return with_plan(*std::move(request), look, std::move(reply));
  if (call.tenancy == Tenancy::multi) {
    return reply(fail(
        ErrorCode::invalid_request,
        fmt::format("with several tenants only the operator names folders: [plugin.\"{}\".folders] "
                    "{} = \"/path\" in collet.toml; each company gets a folder of its own there",
                    call.worker.plugin_key, request->key.folder_key)));
  }
  auto plan =
      plan_of(request->key.folder_key, *std::move(path), merged(request->declared, *said, {}));
  auto settings = settings_of(plan);
  settings.updated_at = parts_.wall_clock();
  auto place = lanes_.place(request->key.plugin_id, 0);
  if (!place) return reply(std::unexpected(std::move(place.error())));
  auto kept_plan = plan;
  // What is refused is not kept.
  run(
      *std::move(place), std::move(plan), [](const FolderPlan&) { return std::string(); },
      Reply<std::string>([this, key = std::move(request->key), settings = std::move(settings),
                          plan = std::move(kept_plan), look,
                          reply = std::move(reply)](Result<std::string> allowed) mutable {
        if (!allowed) return reply(std::move(allowed));
        auto next = lanes_.place(key.plugin_id, 0);
        if (!next) return reply(std::unexpected(std::move(next.error())));
        parts_.store.set(std::move(key), std::move(settings),
                         Reply<Done>([this, place = *std::move(next), plan = std::move(plan), look,
                                      reply = std::move(reply)](Result<Done> kept) mutable {
                           if (!kept) return reply(std::unexpected(std::move(kept.error())));
                           run(std::move(place), std::move(plan), look, std::move(reply));
                         }));
      }));
}

void FolderService::status(const ServiceCall& call, Reply<std::string> reply) {
  auto request = request_of(call);
  if (!request) return reply(std::unexpected(std::move(request.error())));
  with_plan(
      *std::move(request),
      [clock = parts_.wall_clock](FolderPlan plan) -> Result<std::string> {
        return to_json(inspect(std::move(plan)), clock());
      },
      std::move(reply));
}

void FolderService::list(const ServiceCall& call, Reply<std::string> reply) {
  auto request = request_of(call);
  if (!request) return reply(std::unexpected(std::move(request.error())));
  const Params params(call.method, call.params);
  const auto text = params.optional_text("relativePath");
  if (!text) return reply(std::unexpected(text.error()));
  auto path = contained_path(text->value_or(""));
  if (!path) {
    return reply(params.wrong("relativePath", "is wrong: " + path.error().message));
  }
  const auto entries = params.optional_count("maxEntries");
  if (!entries) return reply(std::unexpected(entries.error()));
  const auto recursive = params.find("recursive");
  ListOptions options{.names_max = limits_.names_max, .levels_max = limits_.levels_max};
  if (recursive && recursive->as_bool() == true) options.depth = ListOptions::Depth::all_levels;
  // 0 is none in the SDK's own harness.
  options.entries_max = std::min<std::size_t>(
      entries->value_or(0) > 0 ? **entries : limits_.entries_default, limits_.entries_max);
  options.is_wanted = is_utf8;  // JSON has no other names
  auto plugin_key = request->plugin_key;
  with_plan(
      *std::move(request),
      [path = *std::move(path), options = std::move(options),
       plugin_key = std::move(plugin_key)](const FolderPlan& plan) -> Result<std::string> {
        const auto folder = open_for(FolderUse::read, plan, plugin_key);
        if (!folder) return std::unexpected(folder.error());
        const auto listing = folder->list(path, options);
        if (!listing) return std::unexpected(listing.error());
        return listing_json(plan.folder_key, path, *listing);
      },
      std::move(reply));
}

void FolderService::read_text(const ServiceCall& call, Reply<std::string> reply) {
  auto request = request_of(call);
  if (!request) return reply(std::unexpected(std::move(request.error())));
  auto path = file_of(call);
  if (!path) return reply(std::unexpected(std::move(path.error())));
  auto plugin_key = request->plugin_key;
  with_plan(
      *std::move(request),
      [path = *std::move(path), bytes_max = limits_.file_bytes_max,
       plugin_key = std::move(plugin_key)](const FolderPlan& plan) -> Result<std::string> {
        const auto folder = open_for(FolderUse::read, plan, plugin_key);
        if (!folder) return std::unexpected(folder.error());
        if (folder->look_at(path) == PathState::missing) {
          return fail(ErrorCode::invalid_request,
                      "Local folder file not found: " + path + " (ENOENT)");
        }
        const auto text = folder->read(path, bytes_max);
        if (!text) return std::unexpected(text.error());
        if (!is_utf8(*text)) {
          return fail(ErrorCode::invalid_request,
                      fmt::format("\"{}\" is no text: it is not UTF-8", path));
        }
        std::string json;
        json::append_string(json, *text);
        return json;
      },
      std::move(reply));
}

void FolderService::write_text(const ServiceCall& call, Reply<std::string> reply) {
  auto request = request_of(call);
  if (!request) return reply(std::unexpected(std::move(request.error())));
  auto path = file_of(call);
  if (!path) return reply(std::unexpected(std::move(path.error())));
  const Params params(call.method, call.params);
  auto contents = params.text("contents");
  if (!contents) return reply(std::unexpected(std::move(contents.error())));
  if (contents->size() > limits_.file_bytes_max) {
    return reply(params.wrong("contents", fmt::format("has {} bytes, the limit is {}",
                                                      contents->size(), limits_.file_bytes_max)));
  }
  auto plugin_key = request->plugin_key;
  request->bytes = contents->size();
  with_plan(
      *std::move(request),
      [path = *std::move(path), contents = to_utf8(*std::move(contents)),
       unique = make_uuid(parts_.entropy), clock = parts_.wall_clock,
       plugin_key = std::move(plugin_key)](FolderPlan plan) -> Result<std::string> {
        prepare(plan);
        const auto folder = open_for(FolderUse::write, plan, plugin_key);
        if (!folder) return std::unexpected(folder.error());
        if (auto written = folder->write(path, contents, unique); !written) {
          return std::unexpected(std::move(written.error()));
        }
        return to_json(inspect(std::move(plan)), clock());
      },
      std::move(reply));
}

void FolderService::delete_file(const ServiceCall& call, Reply<std::string> reply) {
  auto request = request_of(call);
  if (!request) return reply(std::unexpected(std::move(request.error())));
  auto path = file_of(call);
  if (!path) return reply(std::unexpected(std::move(path.error())));
  auto plugin_key = request->plugin_key;
  with_plan(
      *std::move(request),
      [path = *std::move(path), clock = parts_.wall_clock,
       plugin_key = std::move(plugin_key)](FolderPlan plan) -> Result<std::string> {
        const auto folder = open_for(FolderUse::write, plan, plugin_key);
        if (!folder) return std::unexpected(folder.error());
        if (auto removed = folder->remove(path); !removed) {
          return std::unexpected(std::move(removed.error()));
        }
        return to_json(inspect(std::move(plan)), clock());
      },
      std::move(reply));
}

}  // namespace collet::services
