// The methods that a worker may call, and the capability that each needs. Facts of
// @paperclipai/plugin-sdk (dist/host-client-factory.js, 2026.916.1).
#pragma once

#include <string_view>

namespace collet::services {

struct Method {
  std::string_view name;
  std::string_view capability;  ///< empty: none is needed
};

/// The row of a method; null where the protocol has no such method.
[[nodiscard]] const Method* find_method(std::string_view name);

}  // namespace collet::services
