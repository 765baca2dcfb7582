// What can be said of a message of which only the beginning is known. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace collet::jsonrpc {

/// The id of the request that a line answers which begins with `head` and goes on: where the head
/// shows all that makes a message a response (`classify`), in whichever order, and the id is an
/// integer. Nothing is guessed: a value that the head does not show to its end is unknown, and of a
/// member that stands there twice the later one counts.
[[nodiscard]] std::optional<std::int64_t> answered_by(std::string_view head);

}  // namespace collet::jsonrpc
