#include "api/routes.hpp"

#include <algorithm>
#include <optional>

#include "http/message.hpp"

namespace collet::api {
namespace {

// What stands for ":id" and ":key", undecoded ("" where there is none).
struct Fit {
  std::string_view id;
  std::string_view key;
};

// Nothing where the path does not fit.
std::optional<Fit> fit(std::string_view pattern, std::string_view path) {
  Fit found;
  while (!pattern.empty() && !path.empty()) {
    const auto wanted = pattern.substr(0, pattern.find('/', 1));
    const auto given = path.substr(0, path.find('/', 1));
    if (wanted == "/:id" || wanted == "/:key") {
      if (given.size() < 2) return std::nullopt;
      (wanted == "/:id" ? found.id : found.key) = given.substr(1);
    } else if (wanted != given) {
      return std::nullopt;
    }
    pattern.remove_prefix(wanted.size());
    path.remove_prefix(given.size());
  }
  if (!pattern.empty() || !(path.empty() || path == "/")) return std::nullopt;
  return found;
}

}  // namespace

Result<RouteMatch> match_route(std::span<const Route> table, std::string_view method,
                               std::string_view path) {
  if (method == "HEAD") method = "GET";
  // A literal path shadows a pattern that takes anything: "tools" is never an id.
  const auto first = std::ranges::find_if(
      table, [&](const Route& route) { return fit(route.pattern, path).has_value(); });
  if (first == table.end())
    return fail(ErrorCode::not_found, "API route not found",
                "GET /api/openapi.json lists all routes");
  for (auto route = first; route != table.end(); ++route) {
    if (route->pattern != first->pattern || route->method != method) continue;
    const auto found = *fit(route->pattern, path);
    auto id = http::percent_decode(found.id);
    auto key = http::percent_decode(found.key);
    if (!id || !key)
      return fail(ErrorCode::invalid_request,
                  "the path is not percent-encoded as it should be (RFC 3986, section 2.1)");
    return RouteMatch{.index = static_cast<std::size_t>(route - table.begin()),
                      .id = std::move(*id),
                      .key = std::move(*key)};
  }
  return fail(ErrorCode::method_not_allowed, "this route does not take " + std::string(method),
              "it takes " + allowed_methods(table, path));
}

std::string allowed_methods(std::span<const Route> table, std::string_view path) {
  std::string methods;
  std::string_view first_pattern;
  for (const auto& route : table) {
    if (!fit(route.pattern, path)) continue;
    if (first_pattern.empty()) first_pattern = route.pattern;
    if (route.pattern != first_pattern) continue;
    if (!methods.empty()) methods += ", ";
    methods += route.method;
    if (route.method == "GET") methods += ", HEAD";
  }
  return methods;
}

}  // namespace collet::api
