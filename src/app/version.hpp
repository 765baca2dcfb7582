// The version of this build.
#pragma once

#include <string_view>

namespace collet::app {

/// The project's version, e.g. "0.1.0".
[[nodiscard]] std::string_view version();

}  // namespace collet::app
