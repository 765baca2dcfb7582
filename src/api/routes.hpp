// Which handler a path and a method belong to. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collet/error.hpp"

namespace collet::api {

/// One way into the API. Patterns are compared segment by segment; the segments ":id" and
/// ":key" take anything. An earlier row wins.
struct Route {
  std::string_view method;
  std::string_view pattern;
};

struct RouteMatch {
  std::size_t index = 0;  ///< into the table
  std::string id{};       ///< what stood for ":id", percent-decoded
  std::string key{};      ///< the same for ":key"
};

/// Finds the route of a request. Fails with `not_found` where no pattern fits, with
/// `method_not_allowed` where only the method does not; HEAD counts as GET (RFC 9110,
/// section 9.3.2).
[[nodiscard]] Result<RouteMatch> match_route(std::span<const Route> table, std::string_view method,
                                             std::string_view path);

/// The methods that a path has, for the header Allow, e.g. "GET, HEAD, DELETE".
[[nodiscard]] std::string allowed_methods(std::span<const Route> table, std::string_view path);

}  // namespace collet::api
