// Versions as manifests state them.
#pragma once

#include <compare>
#include <string_view>

namespace collet::plugin {

/// Precedence of two versions that `is_semver` accepts (Semantic Versioning 2.0.0, section 11);
/// build metadata does not count.
[[nodiscard]] std::strong_ordering compare_versions(std::string_view a, std::string_view b);

}  // namespace collet::plugin
