// How plugins are shown to people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/table.hpp"
#include "app/terminal.hpp"
#include "json/document.hpp"

namespace collet::app {

/// "2026-11-20 06:22:29" of an ISO 8601 time.
[[nodiscard]] std::string short_time(std::string_view iso8601);
/// The time of day of epoch milliseconds, in the same form (UTC).
[[nodiscard]] std::string short_time(std::int64_t epoch_milliseconds);

[[nodiscard]] Style style_of_status(std::string_view status);
/// "collet.calc 1.0.0" of a plugin's row.
[[nodiscard]] std::string name_and_version(const json::Value& row);
/// How many tools the row's manifest declares.
[[nodiscard]] std::size_t tool_count(const json::Value& row);
/// The tools of the row's manifest: canonical name and first sentence.
[[nodiscard]] Table tool_table(const json::Value& row);
/// One line about the `worker` member of a dashboard: "running, pid 12, for 3m, no crash".
[[nodiscard]] std::string worker_line(const json::Value& dashboard);
/// One line about the `calls` member: "2 in flight of 256, 0 waiting"; empty where there is none.
[[nodiscard]] std::string calls_line(const json::Value& dashboard);
/// One line about its limits: "4096 open files, no core dump, 512 processes; hit: 12 processes
/// refused"; empty where the dashboard says nothing of them.
[[nodiscard]] std::string limits_line(const json::Value& dashboard);
/// One line about the limits of what goes between it and the host: "messages of 128 MiB and
/// 1024 levels, 10000 calls pending, …; hit: 2 messages too long"; empty where the dashboard says
/// nothing of them.
[[nodiscard]] std::string protocol_line(const json::Value& dashboard);
/// What a plugin's configuration falls short of, and how it is mended, as facts with their names;
/// empty where nothing is missing.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> missing_configuration(
    const json::Value& row);
/// Why limits that were set do not hold.
[[nodiscard]] std::vector<std::string> unenforced_limits(const json::Value& dashboard);

}  // namespace collet::app
