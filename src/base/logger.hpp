// The host's own log: one structured event a line.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace collet {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

[[nodiscard]] std::string_view to_string(LogLevel level);
[[nodiscard]] std::optional<LogLevel> log_level_from(std::string_view name);

struct LogField {
  std::string_view key;
  std::string value;
};

/// Where events go. Any thread.
class Logger {
 public:
  virtual ~Logger() = default;
  /// `event` is a fixed sentence ("worker exited"), what varies stands in `fields`.
  virtual void write(LogLevel level, std::string_view event, std::span<const LogField> fields) = 0;

  void debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::debug, event, fields);
  }
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::info, event, fields);
  }
  void warn(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::warn, event, fields);
  }
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::error, event, fields);
  }
};

/// Writes to standard error through spdlog, from a thread of its own, so that nobody waits for
/// whoever reads it: time, level, event, key=value pairs; coloured on a terminal.
[[nodiscard]] std::unique_ptr<Logger> make_stderr_logger(LogLevel least);
/// Forgets everything: the default of an embedded host.
[[nodiscard]] std::unique_ptr<Logger> make_null_logger();

/// Keeps what was written, so that a test can say which warnings it expects. One thread.
class RecordingLogger final : public Logger {
 public:
  void write(LogLevel level, std::string_view event, std::span<const LogField> fields) override;
  /// "warn worker exited code=3", in order, warnings and errors only.
  [[nodiscard]] const std::vector<std::string>& alarms() const { return alarms_; }

 private:
  std::vector<std::string> alarms_;
};

}  // namespace collet
