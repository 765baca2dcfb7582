#include "base/logger.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace collet {
namespace {

// What a terminal would obey instead of show: C0 and C1 controls and DEL. Values come from plugins.
bool is_control(std::string_view rest) {
  const auto first = static_cast<unsigned char>(rest[0]);
  if (first < 0x20 || first == 0x7F) return true;
  return first == 0xC2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xA0;
}

void append_escaped(std::string& out, unsigned char byte) {
  if (byte == '\n') {
    out += "\\n";
  } else if (byte == '\r') {
    out += "\\r";
  } else if (byte == '\t') {
    out += "\\t";
  } else {
    out += "\\x";
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 0xF];
  }
}

// A value that is more than one plain word is quoted, so that a line stays one line and can be
// split again.
void append_value(std::string& out, std::string_view value) {
  bool plain = !value.empty() && value.find_first_of(" \"=\\") == value.npos;
  for (std::size_t i = 0; plain && i < value.size(); ++i) plain = !is_control(value.substr(i));
  if (plain) {
    out += value;
    return;
  }
  out += '"';
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto byte = static_cast<unsigned char>(value[i]);
    if (is_control(value.substr(i))) {
      append_escaped(out, byte);
      if (byte == 0xC2) append_escaped(out, static_cast<unsigned char>(value[++i]));
      continue;
    }
    if (byte == '"' || byte == '\\') out += '\\';
    out += value[i];
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

// Written by a thread of its own: whoever reads standard error may stop reading, and the host must
// not stop with him. Beyond the queue the oldest lines go.
class SpdlogLogger final : public Logger {
 public:
  explicit SpdlogLogger(LogLevel least)
      : writer_(std::make_shared<spdlog::details::thread_pool>(k_waiting_lines_max, 1)),
        log_(std::make_shared<spdlog::async_logger>(
            "collet", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(), writer_,
            spdlog::async_overflow_policy::overrun_oldest)) {
    log_->set_level(spdlog_level(least));
    log_->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ %v", spdlog::pattern_time_type::utc);
  }
  void write(LogLevel level, std::string_view event, std::span<const LogField> fields) override {
    if (log_->should_log(spdlog_level(level)))
      log_->log(spdlog_level(level), line_of(event, fields));
  }

 private:
  // A burst of one line for each of the 10,000 calls that a worker may have in flight, nearly.
  static constexpr std::size_t k_waiting_lines_max = 8192;

  std::shared_ptr<spdlog::details::thread_pool> writer_;
  std::shared_ptr<spdlog::async_logger> log_;  // keeps only a weak hold of its writer
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
