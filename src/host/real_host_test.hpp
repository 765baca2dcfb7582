// For tests with whole hosts: a folder for them, and plugins to install.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "collet/host.hpp"

namespace collet {

/// The number behind `"name":` in a text.
inline int number_of(const std::string& text, const std::string& name) {
  return std::stoi(text.substr(text.find("\"" + name + "\":") + name.size() + 3));
}

/// Real hosts with real workers: `fault_worker` plays the plugins.
class HostTest : public testing::Test {
 protected:
  HostTest() { std::filesystem::create_directories(folder_); }
  ~HostTest() override { std::filesystem::remove_all(folder_); }

  HostOptions options(const std::string& data = "data") { return {.data_dir = folder_ / data}; }
  std::unique_ptr<Host> start(const std::string& data = "data") {
    auto host = Host::start(options(data));
    EXPECT_TRUE(host) << host.error().message;
    return host ? std::move(*host) : nullptr;
  }

  /// The folder of a plugin `key` whose worker misbehaves by `mode`.
  std::string plugin(const std::string& key, const std::string& mode) {
    const auto root = folder_ / "plugins" / key;
    std::filesystem::create_directories(root / "bin");
    std::filesystem::copy_file(COLLET_FAULT_WORKER, root / "bin" / "worker",
                               std::filesystem::copy_options::overwrite_existing);
    std::ofstream(root / "mode") << mode << '\n';
    std::ofstream(root / "manifest.json")
        << R"({"id":")" << key
        << R"(","apiVersion":1,"version":"1.0.0","displayName":"F","description":"d",)"
        << R"("author":"a","categories":["automation"],"capabilities":["agent.tools.register"],"entrypoints":{"worker":"bin/worker"},"tools":[)"
        << R"({"name":"echo","displayName":"E","description":"d","parametersSchema":{"type":"object"}},)"
        << R"({"name":"hang","displayName":"H","description":"d","parametersSchema":{"type":"object"}},)"
        << R"({"name":"pid","displayName":"P","description":"d","parametersSchema":{"type":"object"}}]})";
    return root.string();
  }
  Result<PluginRecord> install(Host& host, const std::string& key,
                               const std::string& mode = "normal") {
    return host.install({.source = plugin(key, mode), .kind = InstallRequest::Kind::folder});
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("collet-host-" + std::to_string(::getpid()));
};

}  // namespace collet
