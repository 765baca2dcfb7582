#include "base/logger.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace collet {
namespace {

// A value with spaces, quotes or line ends is quoted, so that a line stays one line and can be
// split again.
void append_value(std::string& out, std::string_view value) {
  if (!value.empty() && value.find_first_of(" \"\n\r\t=") == value.npos) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  out += '"';
}

std::string line_of(std::string_view event, std::span<const LogField> fields) {
  std::string line(event);
  for (const auto& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

class SpdlogLogger final : public Logger {
 public:
  explicit SpdlogLogger(LogLevel least)
      : log_("collet", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()) {
    log_.set_level(spdlog_level(least));
    log_.set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ %v", spdlog::pattern_time_type::utc);
  }
  void write(LogLevel level, std::string_view event, std::span<const LogField> fields) override {
    if (log_.should_log(spdlog_level(level))) log_.log(spdlog_level(level), line_of(event, fields));
  }

 private:
  spdlog::logger log_;
};

class NullLogger final : public Logger {
 public:
  void write(LogLevel, std::string_view, std::span<const LogField>) override {}
};

}  // namespace

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "info";
}

std::optional<LogLevel> log_level_from(std::string_view name) {
  for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
    if (to_string(level) == name) return level;
  }
  return std::nullopt;
}

std::unique_ptr<Logger> make_stderr_logger(LogLevel least) {
  return std::make_unique<SpdlogLogger>(least);
}

std::unique_ptr<Logger> make_null_logger() {
  return std::make_unique<NullLogger>();
}

void RecordingLogger::write(LogLevel level, std::string_view event,
                            std::span<const LogField> fields) {
  if (level < LogLevel::warn) return;
  alarms_.push_back(std::string(to_string(level)) + ' ' + line_of(event, fields));
}

}  // namespace collet
