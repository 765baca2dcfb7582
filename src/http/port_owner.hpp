// Who listens on a port, for the text of an error. Internal to this room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace collet::http {

/// "collet (pid 1234)": the process that listens on TCP `port` in this network name space; nothing
/// where no one does or /proc does not tell (another user's process).
[[nodiscard]] std::optional<std::string> port_owner(std::uint16_t port);

}  // namespace collet::http
