// The input is what a worker writes to its standard output. However it is cut, its channel tells
// the same messages; each is of the kind that its members say, its tokens keep their bytes, and an
// answer to it can be read. No beginning of a message says that it answers what it does not.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "fuzz_target.hpp"
#include "json_words.hpp"
#include "jsonrpc/message.hpp"
#include "jsonrpc/message_head.hpp"
#include "process/fake_process.hpp"
#include "worker/channel.hpp"
#include "worker/paperclip.hpp"

namespace collet {
namespace {

constexpr worker::ChannelLimits k_limits{.line_bytes_max = 400, .depth_max = 12};

/// The text without the white space outside of its strings.
std::string without_spaces(std::string_view text) {
  std::string tokens;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string && text[i] == '\\') {
      tokens += text[i++];
    } else if (text[i] == '"') {
      in_string = !in_string;
    } else if (!in_string && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r')) {
      continue;
    }
    tokens += text[i];
  }
  return tokens;
}

enum class Kind : std::uint8_t { response, request, notification, invalid };

Kind expected_kind(json::Value message) {
  const auto has = [&message](std::string_view key) { return message.find(key).has_value(); };
  if (!has("jsonrpc") || !message.find("jsonrpc")->equals("2.0")) return Kind::invalid;
  if (has("id") && (has("result") || has("error"))) return Kind::response;
  if (!has("method") || !message.find("method")->is_string()) return Kind::invalid;
  if (!has("id")) return Kind::notification;
  return message.find("id")->is_null() ? Kind::invalid : Kind::request;
}

/// Hears what the channel tells.
class Listener final : public worker::ChannelEvents {
 public:
  std::string heard;
  std::size_t too_long = 0;
  std::size_t parsed = 0;    ///< lines that are JSON
  std::size_t messages = 0;  ///< of these
  /// Whether each message is held against what it promises, once of two readings.
  enum class Checks : std::uint8_t { on, off } checks = Checks::off;

  void on_response(const jsonrpc::Response& response) override {
    tell("response", response.id);
    if (response.result) tell("result", *response.result);
    if (response.error) tell("error", *response.error);
    if (checks == Checks::off) return;
    check_message(whole(response.id), Kind::response);
    check_response(response);
  }
  void on_request(const jsonrpc::Request& request) override {
    tell(request.method, request.message);
    if (checks == Checks::off) return;
    check_message(request.message, Kind::request);
    const auto id = json::compact(request.id);
    check_answer(jsonrpc::result_line(id, json::compact(request.message)), id);
    check_answer(jsonrpc::error_line(id, jsonrpc::code::internal_error, request.method), id);
    check_round_trip(request.method, request.params);
  }
  void on_notification(const jsonrpc::Notification& notification) override {
    tell(notification.method, notification.message);
    if (checks == Checks::off) return;
    check_message(notification.message, Kind::notification);
    check_round_trip(notification.method, notification.params);
  }
  void on_unread_line(const worker::UnreadLine& line) override {
    const bool is_long = line.limit == worker::UnreadLine::Limit::bytes;
    if (is_long) ++too_long;
    heard.append(is_long ? "long " : "deep ").append(line.text);
    if (line.answered) heard.append(" answers ").append(std::to_string(*line.answered));
    heard.append("\n");
    if (checks == Checks::off || is_long || !line.answered) return;
    if (const auto value = parser_.parse(line.text)) check_id(*value, *line.answered);
  }
  void on_noise(std::string_view line, std::string_view reason) override {
    fuzz::require(!reason.empty(), "noise has a reason");
    heard.append("noise ").append(line).append("\n");
    if (checks == Checks::off) return;
    if (const auto value = strict_parser_.parse(line)) {
      ++parsed;
      fuzz::require(!value->is_object() || expected_kind(*value) == Kind::invalid,
                    "a message is no noise");
    }
  }
  void on_stderr_line(std::string_view) override {}
  void on_long_stderr_line() override {}
  void on_hangup(std::string_view) override {}
  void on_exit(process::ExitStatus) override {}

 private:
  void tell(std::string_view what, json::Value value) {
    heard.append(what).append(" ").append(value.raw()).append("\n");
  }

  static json::Value whole(json::Value part) { return {part.tape(), 0}; }

  void check_message(json::Value message, Kind kind) {
    ++parsed;
    ++messages;
    fuzz::require(message.is_object() && expected_kind(message) == kind,
                  "a message is of the kind that its members say");
    const auto text = message.raw();
    fuzz::require(json::compact(message) == without_spaces(text), "every token keeps its bytes");
    const auto head = text.substr(0, std::hash<std::string_view>{}(text) % text.size());
    if (const auto id = jsonrpc::answered_by(head)) check_id(message, *id);
  }

  static void check_id(json::Value message, std::int64_t id) {
    bool has_it = false;
    for (const auto [key, value] : message.members()) {
      has_it = has_it || (key.equals("id") && value.as_int64() == id);
    }
    fuzz::require(has_it, "what begins as an answer has that id");
  }

  void check_answer(std::string_view line, std::string_view id) {
    fuzz::require(line.ends_with('\n') && line.find_first_of("\r\n") == line.size() - 1,
                  "an answer is one line");
    const auto value = parser_.parse(line);
    fuzz::require(value.has_value(), "an answer is JSON");
    const auto answer = jsonrpc::classify(*value);
    const auto* const response = std::get_if<jsonrpc::Response>(&answer);
    fuzz::require(response && response->id.raw() == id, "an answer has the id of its request");
  }

  void check_round_trip(const std::string& method, const std::optional<json::Value>& params) {
    const auto text = params ? json::compact(*params) : "{}";
    const auto line = jsonrpc::request_line(7, method, text);
    const auto value = parser_.parse(line);
    fuzz::require(value.has_value(), "what we ask is JSON");
    const auto message = jsonrpc::classify(*value);
    const auto* const request = std::get_if<jsonrpc::Request>(&message);
    fuzz::require(request && request->id.as_int64() == 7 && request->method == method &&
                      request->params->raw() == text,
                  "method and parameters are read as they were written");
  }

  static void check_response(const jsonrpc::Response& response) {
    const auto outcome = worker::paperclip::read_response(response);
    fuzz::require(outcome.has_value() == (response.result && !response.error),
                  "a result counts where there is no error");
    if (outcome) {
      fuzz::require(*outcome == json::compact(*response.result), "a result is passed on as it is");
      check_initialize(*response.result);
    } else if (response.result) {
      fuzz::require(outcome.error().code == ErrorCode::invalid_result,
                    "a result and an error are no answer");
    } else {
      fuzz::require(
          outcome.error().code == ErrorCode::tool_error && outcome.error().rpc_code.has_value(),
          "an error has a code");
    }
  }

  static void check_initialize(json::Value result) {
    const auto methods = worker::paperclip::read_initialize_result(result);
    const auto ok = result.find("ok");
    fuzz::require(methods.has_value() == (ok && ok->raw() == "true"), "ok is true, or it is not");
    if (!methods) return;
    const auto list = result.find("supportedMethods");
    fuzz::require(methods->size() <= (list ? list->size() : 0), "a method is named by the worker");
    for (const auto& method : *methods) {
      bool named = false;
      for (const auto element : list->elements()) named = named || element.equals(method);
      fuzz::require(named, "a method is named by the worker");
    }
  }

  json::Parser parser_;
  json::Parser strict_parser_{{.depth_max = k_limits.depth_max}};
};

/// One channel for all inputs, as one serves a worker for days.
class Worker {
 public:
  Worker() {
    auto channel = worker::Channel::open(spawner_, {}, k_limits, listener_);
    fuzz::require(channel.has_value(), "a channel opens");
    channel_ = std::move(*channel);
  }

  struct Heard {
    std::string text;
    std::size_t too_long = 0;
    bool operator==(const Heard&) const = default;
  };

  Heard write(const std::vector<std::string_view>& pieces, Listener::Checks checks) {
    listener_.checks = checks;
    for (const auto piece : pieces) spawner_.last().emit_stdout(piece);
    spawner_.last().emit_stdout("\n");
    if (std::exchange(listener_.parsed, 0) > 0) fuzz::reached(fuzz::Stage::parsed);
    if (std::exchange(listener_.messages, 0) > 0) fuzz::reached(fuzz::Stage::accepted);
    return {std::exchange(listener_.heard, {}), std::exchange(listener_.too_long, 0)};
  }

 private:
  Listener listener_;
  process::FakeSpawner spawner_;
  std::unique_ptr<worker::Channel> channel_;
};

/// How many lines of `stream` are over the limit.
std::size_t count_too_long(std::string_view stream) {
  std::size_t count = 0;
  while (!stream.empty()) {
    const auto line = stream.substr(0, stream.find('\n'));
    stream.remove_prefix(std::min(line.size() + 1, stream.size()));
    if (line.size() > k_limits.line_bytes_max) ++count;
  }
  return count;
}

}  // namespace

namespace fuzz {
namespace {

constexpr std::string_view k_members[] = {
    R"("jsonrpc":"2.0")",
    R"("jsonrpc":"1.0")",
    R"("id":1)",
    R"("id":null)",
    R"("id":"a\u0041")",
    R"("id":-0.0)",
    R"("id":12345678901234567890)",
    R"("id":{"a":[1.0]})",
    R"("method":"log")",
    R"("method":"\ud800")",
    R"("method":7)",
    R"("params":{"level":"info","message":"m"})",
    R"("params":[1,"\u0000"])",
    R"("params":null)",
    R"("result":null)",
    R"("result":{"ok":true,"supportedMethods":["health","shutdown"]})",
    R"("result":{"ok":false})",
    R"("result":{"content":"c","data":{"a":1e400}})",
    R"("error":{"code":-32601,"message":"no"})",
    R"("error":null)",
    R"("error":"text")",
    R"("code":99999999999)",
    R"("code":1.5)",
    R"("message":{})",
    R"("ok":true)",
    R"("supportedMethods":["a",1,"a"])",
    R"("supportedMethods":{"a":1})",
    R"("paperclipInvocation":{"id":"x"})",
    R"("\u0069d":2)",
    R"("a":[[],{}])",
};
constexpr std::string_view k_values[] = {"null",
                                         "true",
                                         "false",
                                         "0",
                                         "-0",
                                         "1.0",
                                         "1e400",
                                         "12345678901234567890",
                                         R"("2.0")",
                                         R"("2.\u0030")",
                                         R"("")",
                                         R"("\ud834\udd1e")",
                                         R"("\ud800")",
                                         "[]",
                                         "{}",
                                         "[[[[[[1]]]]]]",
                                         R"({"a":1,"a":2})"};

}  // namespace

const JsonWords& json_words() {
  static constexpr JsonWords words{k_members, k_values, {}};
  return words;
}

}  // namespace fuzz
}  // namespace collet

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace collet;
  const fuzz::OneSecond limit;
  if (size > fuzz::k_stream_bytes_max) return fuzz::k_not_kept;
  static Worker worker;
  fuzz::reached(fuzz::Stage::started);
  const std::string stream(data, data + size);
  const std::size_t choice = std::hash<std::string>{}(stream);
  const auto whole = worker.write({stream}, Listener::Checks::on);
  fuzz::require(worker.write(fuzz::cut(stream, choice), Listener::Checks::off) == whole,
                "the pieces that a stream comes in do not matter");
  fuzz::require(whole.too_long == count_too_long(stream), "each line over the limit is told once");
  return 0;
}
