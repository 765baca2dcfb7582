// What the commands of `collet plugin` have in common.
#pragma once

#include <string>
#include <string_view>

#include "app/client.hpp"
#include "app/exit_code.hpp"
#include "app/failure.hpp"
#include "app/surroundings.hpp"
#include "json/document.hpp"

namespace collet::app {

/// The path of a plugin's routes; `rest` begins with "/" or "?".
[[nodiscard]] std::string plugin_path(std::string_view plugin, std::string_view rest = "");
/// Finds the daemon and sends one request.
[[nodiscard]] Outcome<json::Document> ask(const ClientOptions& options, const Surroundings& on,
                                          const ApiRequest& request);
/// Prints the answer as it is: for machines.
ExitCode print_json(const json::Document& answer, const Surroundings& on);

}  // namespace collet::app
