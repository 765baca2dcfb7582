// Puts the lines of a text/event-stream together into events.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace collet::app {

struct ServerEvent {
  std::string name = "message";
  std::string data;
};

/// Reads what Collet streams of the format (WHATWG HTML, section 9.2.6): event and data fields and
/// comments; other fields are passed over.
class SseReader {
 public:
  /// Takes one line without its end; a blank line completes the event.
  [[nodiscard]] std::optional<ServerEvent> feed(std::string_view line);

 private:
  ServerEvent pending_;
  bool has_data_ = false;
};

}  // namespace collet::app
