#include "base/logger.hpp"

#include <poll.h>
#include <spdlog/async.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <climits>

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

// Standard error that may be a pipe nobody reads. A write waits a moment at most; what finds no
// room is left out, and from then on nothing waits until there is room again, so that a host can
// always end.
class PatientStderr final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  PatientStderr() : coloured_(::isatty(STDERR_FILENO) != 0) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    std::string line(formatted.data(), formatted.size());
    if (coloured_ && message.color_range_end > message.color_range_start) {
      line.insert(message.color_range_end, "\x1b[0m");
      line.insert(message.color_range_start, colour_of(message.level));
    }
    for (std::string_view rest = line; !rest.empty();) {
      // What poll calls writable takes this much without waiting (POSIX, PIPE_BUF).
      const auto piece = rest.substr(0, PIPE_BUF);
      if (!has_room()) return;
      const auto written = ::write(STDERR_FILENO, piece.data(), piece.size());
      if (written <= 0) return;  // whoever read it is gone
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void flush_() override {}

  bool has_room() {
    constexpr int patience_ms = 200;  // a reader that is only slow comes back within it
    pollfd entry{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    stuck_ = ::poll(&entry, 1, stuck_ ? 0 : patience_ms) == 0;
    return !stuck_;
  }
  static const char* colour_of(spdlog::level::level_enum level) {
    if (level >= spdlog::level::err) return "\x1b[31m";
    if (level == spdlog::level::warn) return "\x1b[33m";
    return "\x1b[32m";
  }

  const bool coloured_;
  bool stuck_ = false;
};

// Written by a thread of its own: whoever reads standard error may stop reading, and the host must
// not stop with him. Beyond the queue the oldest lines go.
class SpdlogLogger final : public Logger {
 public:
  explicit SpdlogLogger(LogLevel least)
      : writer_(std::make_shared<spdlog::details::thread_pool>(k_waiting_lines_max, 1)),
        log_(std::make_shared<spdlog::async_logger>(
            "collet", std::make_shared<PatientStderr>(), writer_,
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
