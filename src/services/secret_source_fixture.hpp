// For tests of the places where secrets come from.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "base/background.hpp"
#include "base/virtual_loop.hpp"
#include "services/secret_source.hpp"

namespace collet::services {

class SecretSourceTest : public testing::Test {
 protected:
  SecretSourceTest() {
    auto pattern = (std::filesystem::temp_directory_path() / "collet-secret-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~SecretSourceTest() override { std::filesystem::remove_all(folder); }

  static std::string text(const Error& error) {
    return std::string(describe(error.code).name) + ": " + error.message;
  }
  static std::string text(const Result<std::optional<SecretText>>& value) {
    if (!value) return text(value.error());
    return *value ? "\"" + std::string((*value)->reveal()) + "\"" : "nothing";
  }
  /// The value in quotes, "nothing", or why; empty where it waits.
  std::string read(SecretSource& source, std::string id, std::string company = "default") {
    std::string answer;
    source.read({.company_id = std::move(company), .id = std::move(id)},
                Reply<std::optional<SecretText>>(
                    [&](Result<std::optional<SecretText>> value) { answer = text(value); }));
    loop.run_ready();
    return answer;
  }

  std::filesystem::path folder;
  VirtualLoop loop;
  InlineBackground background{loop};
};

}  // namespace collet::services
