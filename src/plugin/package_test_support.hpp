// Packages on the disk of the test.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace collet::test {

/// A folder that goes away with the test.
class TempFolder {
 public:
  TempFolder() {
    auto name = (std::filesystem::temp_directory_path() / "collet-plugin-XXXXXX").native();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path = std::filesystem::canonical(name);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  /// Writes a file and the folders above it.
  std::filesystem::path write(const std::filesystem::path& name, std::string_view text) const {
    const auto file = path / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

  std::filesystem::path path;
};

/// A sound manifest as JSON text.
inline std::string manifest_text(std::string_view id, std::string_view worker = "worker.js") {
  return std::string(R"({"id":")")
             .append(id)
             .append(
                 R"(","apiVersion":1,"version":"1.0.0","displayName":"A","description":"d",)"
                 R"("author":"a","categories":["automation"],"capabilities":["agent.tools.register"],)"
                 R"("entrypoints":{"worker":")") +
         std::string(worker) + R"("}})";
}

}  // namespace collet::test
