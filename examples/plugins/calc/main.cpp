// The calculator as a plugin: two tools, declared in manifest.json.
#include "collet/plugin.hpp"
#include "expression.hpp"
#include "statistics.hpp"

using collet::plugin::Call;
using collet::plugin::Json;
using collet::plugin::Plugin;
using collet::plugin::ToolResult;

namespace {

ToolResult evaluate(const Call& call) {
  calc::Variables variables;
  if (const Json* given = call.parameters.find("variables")) {
    for (const auto& [name, value] : given->as_object()) variables[name] = value.as_number();
  }
  try {
    const Json value = calc::evaluate(call.parameters.get<std::string>("expression"), variables);
    return {.content = value.dump(), .data = Json::object({{"value", value}})};
  } catch (const calc::ExpressionError& error) {
    return {.error = error.what()};
  }
}

ToolResult statistics(const Call& call) {
  const calc::Statistics found =
      calc::describe(call.parameters.get<std::vector<double>>("numbers"));
  const Json data = Json::object({{"count", found.count},
                                  {"sum", found.sum},
                                  {"mean", found.mean},
                                  {"median", found.median},
                                  {"stdev", found.stdev ? Json(*found.stdev) : Json()},
                                  {"min", found.min},
                                  {"max", found.max}});
  std::string content;
  for (const auto& [name, value] : data.as_object()) {
    if (!content.empty()) content += ", ";
    content += name + ' ' + (value.is_null() ? "unknown" : value.dump());
  }
  return {.content = content, .data = data};
}

}  // namespace

int main() {
  return Plugin().tool("evaluate", evaluate).tool("statistics", statistics).run();
}
