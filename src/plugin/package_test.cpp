#include "plugin/package.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/no_descriptors.hpp"
#include "plugin/package_test_support.hpp"

namespace collet::plugin {
namespace {

namespace fs = std::filesystem;
using test::TempFolder;

/// The manifest that is found, relative to the folder, or what is said.
std::string found(const TempFolder& folder, const fs::path& below = "pkg") {
  const auto file = find_manifest(folder.path / below);
  if (!file) return file.error().message;
  return file->package_name + " " + file->path.lexically_relative(file->root).native() +
         (file->format == ManifestFile::Format::json ? " as JSON" : " as a module");
}

TEST(FindManifest, FollowsTheOrder) {
  TempFolder folder;
  folder.write("pkg/manifest.json", "{}");
  EXPECT_EQ(found(folder), "pkg manifest.json as JSON");  // needs no package.json
  folder.write("pkg/package.json", R"({"name":"@acme/x"})");
  EXPECT_EQ(found(folder), "@acme/x manifest.json as JSON");
  folder.write("pkg/manifest.js", "");
  EXPECT_EQ(found(folder), "@acme/x manifest.js as a module");
  folder.write("pkg/dist/manifest.js", "");
  EXPECT_EQ(found(folder), "@acme/x dist/manifest.js as a module");
  folder.write("pkg/package.json",
               R"({"name":"@acme/x","paperclipPlugin":{"manifest":"./m/a.cjs"}})");
  folder.write("pkg/m/a.cjs", "");
  EXPECT_EQ(found(folder), "@acme/x m/a.cjs as a module");
  folder.write("pkg/package.json", R"({"paperclipPlugin":{"manifest":"manifest.json"}})");
  EXPECT_EQ(found(folder), "pkg manifest.json as JSON");
}

TEST(FindManifest, SaysWhatIsMissing) {
  TempFolder folder;
  const auto root = folder.path.native() + "/pkg";
  EXPECT_EQ(found(folder), "Package root not found: " + root);
  fs::create_directory(folder.path / "pkg");
  EXPECT_EQ(found(folder), "Missing package.json at " + root);
  folder.write("pkg/package.json", R"({"name":"x",})");
  const auto broken = found(folder);
  EXPECT_TRUE(broken.starts_with(root + "/package.json is not valid JSON: ")) << broken;
  folder.write("pkg/manifest.json", "{}");
  EXPECT_EQ(found(folder), broken);  // a broken package.json is not passed over
  fs::remove(folder.path / "pkg/manifest.json");
  folder.write("pkg/package.json", R"({"name":"x"})");
  EXPECT_EQ(found(folder), "Package x at " + root +
                               " does not appear to be a Paperclip plugin (no manifest found).");
  folder.write("pkg/package.json", R"({"name":"x","paperclipPlugin":{"manifest":"dist/m.js"}})");
  folder.write("pkg/manifest.js", "");
  const auto unbuilt = find_manifest(folder.path / "pkg");
  EXPECT_EQ(unbuilt.error().remedy,
            "package.json names \"dist/m.js\" as paperclipPlugin.manifest, which is not there; "
            "build the plugin first");
  folder.write("pkg/package.json", R"({"name":"x","paperclipPlugin":{"manifest":"m.ts"}})");
  folder.write("pkg/m.ts", "");
  EXPECT_EQ(found(folder), "The manifest of x is " + root + "/m.ts, whose kind is not known");
}

TEST(FindManifest, StaysInsideThePackage) {
  TempFolder folder;
  const auto root = folder.path.native() + "/pkg";
  const auto outside = folder.write("secret.json", "{}").native();
  const auto refusal =
      "The manifest of x lies outside its package: " + outside + " is not in " + root;
  folder.write("pkg/package.json",
               R"({"name":"x","paperclipPlugin":{"manifest":"../secret.json"}})");
  EXPECT_EQ(found(folder), refusal);
  folder.write("pkg/package.json",
               R"({"name":"x","paperclipPlugin":{"manifest":")" + outside + "\"}}");
  EXPECT_EQ(found(folder), refusal);
  folder.write("pkg/package.json", R"({"name":"x"})");
  fs::create_symlink(outside, folder.path / "pkg/manifest.json");
  EXPECT_EQ(found(folder), refusal);
  // A folder beside it whose name begins alike is not inside.
  folder.write("pkg2/manifest.json", "{}");
  folder.write("pkg/package.json",
               R"({"name":"x","paperclipPlugin":{"manifest":"../pkg2/manifest.json"}})");
  EXPECT_EQ(found(folder), "The manifest of x lies outside its package: " + folder.path.native() +
                               "/pkg2/manifest.json is not in " + root);
}

TEST(FindManifest, AcceptsLinksThatStayInside) {
  TempFolder folder;
  folder.write("pkg/real/m.json", "{}");
  fs::create_symlink("real/m.json", folder.path / "pkg/manifest.json");
  fs::create_directory_symlink("pkg", folder.path / "link");
  EXPECT_EQ(found(folder, "link"), "pkg real/m.json as JSON");
}

std::string worker_of(const TempFolder& folder, std::string entry) {
  Manifest manifest;
  manifest.id = "acme.x";
  manifest.worker_entrypoint = std::move(entry);
  const auto worker = find_worker(folder.path / "pkg", manifest);
  return worker ? worker->lexically_relative(folder.path).native() : worker.error().message;
}

TEST(FindWorker, IsAFileInsideThePackage) {
  TempFolder folder;
  const auto root = (folder.path / "pkg").native();
  const auto outside = folder.write("other.js", "").native();
  folder.write("pkg/dist/w.js", "");
  EXPECT_EQ(worker_of(folder, "./dist/w.js"), "pkg/dist/w.js");
  EXPECT_EQ(worker_of(folder, "dist/../dist/w.js"), "pkg/dist/w.js");
  EXPECT_EQ(worker_of(folder, root + "/dist/w.js"), "pkg/dist/w.js");
  EXPECT_EQ(worker_of(folder, "dist/x.js"),
            "Worker entrypoint not found for plugin \"acme.x\". Checked: " + root + "/dist/x.js");
  EXPECT_EQ(worker_of(folder, "dist"),
            "Worker entrypoint of plugin \"acme.x\" is no file: " + root + "/dist");
  const auto leaves = [&](const std::string& entry) {
    return "entrypoints.worker \"" + entry +
           "\" of plugin \"acme.x\" leaves its package: " + outside + " is not in " + root;
  };
  EXPECT_EQ(worker_of(folder, "../other.js"), leaves("../other.js"));
  EXPECT_EQ(worker_of(folder, outside), leaves(outside));
  fs::create_symlink(outside, folder.path / "pkg/w.js");
  EXPECT_EQ(worker_of(folder, "w.js"), leaves("w.js"));
  // Whether a file outside exists is not told.
  EXPECT_TRUE(worker_of(folder, "../none").contains("leaves its package"));
}

TEST(ResolveFolder, SpeaksLikeTheReference) {
  TempFolder folder;
  const auto file = folder.write("file", "").native();
  fs::create_directory_symlink(folder.path, folder.path / "link");
  EXPECT_EQ(resolve_folder((folder.path / "link").native()), folder.path);
  EXPECT_EQ(resolve_folder(folder.path.native() + "/none").error().message,
            "Invalid localPath: path does not exist: " + folder.path.native() + "/none");
  EXPECT_EQ(resolve_folder(file).error().message,
            "Invalid localPath: path is not a directory: " + file);
  EXPECT_EQ(resolve_folder(std::string("/tmp\0/x", 7)).error().message,
            "Invalid localPath: path contains a null byte");
}

TEST(DependencyState, LooksWhereNodeLooks) {
  TempFolder folder;
  const auto root = folder.path / "a/b";
  folder.write("a/b/package.json", R"({"dependencies":{"x":"1","@s/y":"2"}})");
  EXPECT_EQ(dependency_state(root), DependencyState::missing);
  folder.write("a/b/node_modules/x/package.json", "{}");
  EXPECT_EQ(dependency_state(root), DependencyState::missing);
  folder.write("a/b/package-lock.json", "{}");
  EXPECT_EQ(dependency_state(root), DependencyState::missing_locked);
  folder.write("a/node_modules/@s/y/package.json", "{}");
  EXPECT_EQ(dependency_state(root), DependencyState::complete);
  folder.write("a/b/package.json", R"({"devDependencies":{"z":"1"}})");
  EXPECT_EQ(dependency_state(root), DependencyState::complete);
  fs::remove(root / "package.json");
  EXPECT_EQ(dependency_state(root), DependencyState::complete);
}

TEST(DependencyState, IsNotGuessedWherePackageJsonCannotBeOpenedNow) {
  TempFolder folder;
  folder.write("package.json", R"({"dependencies":{"x":"1"}})");
  ASSERT_EQ(dependency_state(folder.path), DependencyState::missing);
  Result<DependencyState> state = DependencyState::complete;
  {
    const NoDescriptors none;
    state = dependency_state(folder.path);
  }
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, ErrorCode::overloaded);
  EXPECT_TRUE(state.error().message.starts_with("cannot read " +
                                                (folder.path / "package.json").native() +
                                                ": the host has too many open files"))
      << state.error().message;
}

TEST(ReadTextFile, HasALimit) {
  TempFolder folder;
  const auto file = folder.write("big", "");
  fs::resize_file(file, limits::plugins::file_bytes_max);
  EXPECT_EQ(read_text_file(file)->size(), limits::plugins::file_bytes_max);
  fs::resize_file(file, limits::plugins::file_bytes_max + 1);
  EXPECT_EQ(read_text_file(file).error().message,
            file.native() + " has 16777217 bytes; at most 16777216 are read");
}

}  // namespace
}  // namespace collet::plugin
