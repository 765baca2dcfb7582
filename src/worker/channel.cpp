#include "worker/channel.hpp"

#include <algorithm>

#include "jsonrpc/message_head.hpp"

namespace collet::worker {

Channel::Channel(const ChannelLimits& limits, ChannelEvents& events)
    : events_(events),
      stdout_lines_(limits.line_bytes_max),
      stderr_lines_(limits.stderr_line_bytes_max),
      stderr_tail_(limits.stderr_tail_bytes_max),
      parser_(
          json::ParseLimits{.bytes_max = limits.line_bytes_max, .depth_max = limits.depth_max}) {}

Result<std::unique_ptr<Channel>> Channel::open(process::Spawner& spawner,
                                               const process::SpawnRequest& request,
                                               const ChannelLimits& limits, ChannelEvents& events) {
  std::unique_ptr<Channel> channel(new Channel(limits, events));
  auto process = spawner.spawn(request, *channel);
  if (!process) return std::unexpected(std::move(process.error()));
  channel->process_ = std::move(*process);
  return channel;
}

void Channel::on_stdout(std::string_view bytes) {
  stdout_lines_.feed(
      bytes, [this](std::string_view line) { take_line(line); },
      [this](std::string_view head) { leave_unread(UnreadLine::Limit::bytes, head, head); });
}

void Channel::take_line(std::string_view line) {
  const auto value = parser_.parse(line);
  if (!value) {
    const auto& error = value.error();
    if (!error.is_too_deep) return events_.on_noise(line, error.message);
    // No further than a long line is looked at, and no further than it is known to be sound.
    const auto bytes = std::min(error.offset, jsonrpc::LineFramer::head_bytes_max);
    return leave_unread(UnreadLine::Limit::depth, line, line.substr(0, bytes));
  }
  const auto message = jsonrpc::classify(*value);
  if (const auto* response = std::get_if<jsonrpc::Response>(&message)) {
    events_.on_response(*response);
  } else if (const auto* request = std::get_if<jsonrpc::Request>(&message)) {
    events_.on_request(*request);
  } else if (const auto* notification = std::get_if<jsonrpc::Notification>(&message)) {
    events_.on_notification(*notification);
  } else {
    events_.on_noise(line, std::get<jsonrpc::Invalid>(message).reason);
  }
}

void Channel::leave_unread(UnreadLine::Limit limit, std::string_view text, std::string_view head) {
  events_.on_unread_line({.limit = limit, .text = text, .answered = jsonrpc::answered_by(head)});
}

void Channel::on_stderr(std::string_view bytes) {
  stderr_tail_.append(bytes);
  stderr_lines_.feed(
      bytes, [this](std::string_view line) { events_.on_stderr_line(line); },
      [this](std::string_view) { events_.on_long_stderr_line(); });
}

void Channel::on_stdout_closed() {
  stdout_lines_.finish([this](std::string_view line) { take_line(line); });
  events_.on_hangup("closed its standard output");
}

void Channel::on_stdin_closed(std::string_view reason) {
  events_.on_hangup("stopped reading its standard input (" + std::string(reason) + ")");
}

void Channel::on_exit(process::ExitStatus status) {
  stderr_lines_.finish([this](std::string_view line) { events_.on_stderr_line(line); });
  events_.on_exit(status);
}

}  // namespace collet::worker
