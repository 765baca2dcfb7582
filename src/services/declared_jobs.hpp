// The jobs that a manifest declares. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace collet::services {

struct DeclaredJob {
  std::string key;
  std::string display_name;
  std::string description{};
  std::string schedule{};  ///< empty: it runs when it is asked to
};

/// In the manifest's order. `manifest_json` has passed every rule of a manifest; none where it is
/// no JSON.
[[nodiscard]] std::vector<DeclaredJob> declared_jobs(std::string_view manifest_json);

}  // namespace collet::services
