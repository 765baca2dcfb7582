#include "services/folder_status.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/descriptors.hpp"
#include "json/writer.hpp"

namespace collet::services {
namespace {

namespace fs = std::filesystem;

struct Required {
  PathState kind;
  std::string_view name;     // in messages
  std::string_view missing;  // code of the problem
};
constexpr Required k_directory{PathState::directory, "directory", "missing_directory"};
constexpr Required k_file{PathState::file, "file", "missing_file"};

void check(const ContainedFolder& folder, const Required& required, const std::string& path,
           std::vector<std::string>& missing, std::vector<FolderProblem>& problems) {
  const auto state = folder.look_at(path);
  if (state == required.kind) return;
  if (state == PathState::outside || state == PathState::closed) {
    problems.push_back(
        {.code = state == PathState::outside ? "symlink_escape" : "not_readable",
         .message = fmt::format(
             "Required {} {}.", required.name,
             state == PathState::outside ? "escapes the configured root" : "cannot be inspected"),
         .path = path});
    return;
  }
  missing.push_back(path);
  problems.push_back({.code = std::string(required.missing),
                      .message = state == PathState::missing
                                     ? fmt::format("Required {} is missing.", required.name)
                                     : fmt::format("Required path is not a {}.", required.name),
                      .path = path});
}

FolderProblem problem_of(const std::error_code& error, const std::string& path) {
  if (error == std::errc::no_such_file_or_directory) {
    return {"missing", "Configured local folder cannot be inspected: it does not exist.", path};
  }
  if (error == std::errc::not_a_directory) {
    return {"not_directory", "Configured local folder path is not a directory.", path};
  }
  return {"not_readable", "Configured local folder cannot be inspected: " + error.message() + ".",
          path};
}

void mark_all_missing(FolderStatus& status) {
  status.missing_directories = status.plan.required_directories;
  status.missing_files = status.plan.required_files;
}

void write_texts(json::Writer& writer, std::string_view name,
                 const std::vector<std::string>& texts) {
  writer.key(name).begin_array();
  for (const auto& text : texts) writer.string(text);
  writer.end_array();
}

void write_text(json::Writer& writer, std::string_view name,
                const std::optional<std::string>& text) {
  writer.key(name);
  if (text) {
    writer.string(*text);
  } else {
    writer.null();
  }
}

}  // namespace

FolderStatus inspect(FolderPlan plan) {
  FolderStatus status{.plan = std::move(plan)};
  const auto& path = status.plan.path;
  if (!path) {
    mark_all_missing(status);
    status.problems.push_back({"not_configured", "No local folder path is configured.", {}});
    return status;
  }
  if (!fs::path(*path).is_absolute()) {
    mark_all_missing(status);
    status.problems.push_back({"not_absolute", "Local folder path must be absolute.", *path});
    return status;
  }
  const auto folder = ContainedFolder::open(*path);
  if (!folder) {
    mark_all_missing(status);
    status.problems.push_back(problem_of(folder.error(), *path));
    return status;
  }
  std::error_code unknown;
  if (auto real = fs::canonical(*path, unknown); !unknown) status.real_path = real.string();
  status.is_readable = folder->is_readable();
  if (!status.is_readable) {
    status.problems.push_back({"not_readable", "Configured local folder is not readable.", *path});
  }
  if (status.plan.access == FolderAccess::read_write) {
    status.is_writable = folder->is_writable();
    if (!status.is_writable) {
      status.problems.push_back(
          {"not_writable", "Configured local folder is not writable.", *path});
    }
  }
  for (const auto& required : status.plan.required_directories) {
    check(*folder, k_directory, required, status.missing_directories, status.problems);
  }
  for (const auto& required : status.plan.required_files) {
    check(*folder, k_file, required, status.missing_files, status.problems);
  }
  return status;
}

std::string to_json(const FolderStatus& status, WallTime checked_at) {
  const auto& plan = status.plan;
  json::Writer writer;
  writer.begin_object().member("folderKey", plan.folder_key);
  writer.member("configured", plan.path.has_value());
  write_text(writer, "path", plan.path);
  write_text(writer, "realPath", status.real_path);
  writer.key("access").string(to_string(plan.access));
  writer.member("readable", status.is_readable).member("writable", status.is_writable);
  write_texts(writer, "requiredDirectories", plan.required_directories);
  write_texts(writer, "requiredFiles", plan.required_files);
  write_texts(writer, "missingDirectories", status.missing_directories);
  write_texts(writer, "missingFiles", status.missing_files);
  writer.member("healthy", status.is_healthy());
  writer.key("problems").begin_array();
  for (const auto& problem : status.problems) {
    writer.begin_object().member("code", problem.code).member("message", problem.message);
    if (problem.path) writer.member("path", *problem.path);
    writer.end_object();
  }
  writer.end_array().member("checkedAt", to_iso8601(checked_at)).end_object();
  return std::move(writer).take();
}

void prepare(const FolderPlan& plan) {
  if (!plan.path || plan.access == FolderAccess::read || !fs::path(*plan.path).is_absolute()) {
    return;
  }
  std::error_code told_by_the_status;
  fs::create_directories(*plan.path, told_by_the_status);
  const auto folder = ContainedFolder::open(*plan.path);
  if (!folder) return;
  for (const auto& directory : plan.required_directories) {
    static_cast<void>(folder->make_directories(directory));
  }
}

Result<Done> check_apart(const FolderPlan& plan, const fs::path& data_dir) {
  if (!plan.path || !fs::path(*plan.path).is_absolute()) return Done{};
  if (!folders_overlap(*plan.path, data_dir)) return Done{};
  return fail(ErrorCode::invalid_request,
              fmt::format("Local folder \"{}\" cannot be {}: the host's data folder is there",
                          plan.folder_key, *plan.path),
              "name a folder elsewhere");
}

Result<ContainedFolder> open_for(FolderUse use, const FolderPlan& plan,
                                 std::string_view plugin_key) {
  const auto unusable = [&](std::string_view why) {
    return fail(ErrorCode::invalid_request,
                fmt::format("Local folder \"{}\" {}", plan.folder_key, why));
  };
  if (!plan.path) {
    return unusable(
        fmt::format("is not configured: localFolders.configure does it, or [plugin.\"{}\".folders] "
                    "{} = \"/path\" in collet.toml",
                    plugin_key, plan.folder_key));
  }
  if (use == FolderUse::write && plan.access == FolderAccess::read) {
    return unusable("is not configured for writes: its access is \"read\"");
  }
  if (!fs::path(*plan.path).is_absolute()) {
    return unusable(fmt::format("has no absolute path: \"{}\"", *plan.path));
  }
  auto folder = ContainedFolder::open(*plan.path);
  if (!folder && is_out_of_descriptors(folder.error().value())) {
    return std::unexpected(
        too_many_open_files(fmt::format("Local folder \"{}\" cannot be opened", plan.folder_key),
                            folder.error().value()));
  }
  if (!folder) {
    return unusable(
        fmt::format("cannot be opened at {}: {}", *plan.path, folder.error().message()));
  }
  return *std::move(folder);
}

}  // namespace collet::services
