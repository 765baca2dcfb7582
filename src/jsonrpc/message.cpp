#include "jsonrpc/message.hpp"

#include <limits>

#include "json/writer.hpp"

namespace collet::jsonrpc {
namespace {

constexpr std::string_view k_head = R"({"jsonrpc":"2.0")";

}  // namespace

Message classify(json::Value line) {
  if (!line.is_object()) return Invalid{"not a JSON object"};
  std::optional<json::Value> version, id, method, params, result, error;
  for (const auto [key, value] : line.members()) {
    if (key.equals("jsonrpc")) {
      version = value;
    } else if (key.equals("id")) {
      id = value;
    } else if (key.equals("method")) {
      method = value;
    } else if (key.equals("params")) {
      params = value;
    } else if (key.equals("result")) {
      result = value;
    } else if (key.equals("error")) {
      error = value;
    }
  }
  if (!version || !version->equals("2.0")) return Invalid{"\"jsonrpc\" is not \"2.0\""};
  if (id && (result || error)) return Response{*id, result, error};
  if (!method || !method->is_string()) return Invalid{"neither a response nor a method"};
  if (!id) return Notification{*method->as_string(), params, line};
  if (id->is_null()) return Invalid{"a request whose id is null"};
  return Request{*id, *method->as_string(), params, line};
}

ResponseError read_error(json::Value error) {
  ResponseError read;
  if (const auto error_code = error.find("code")) {
    const auto number = error_code->as_int64();
    if (number && *number >= std::numeric_limits<int>::min() &&
        *number <= std::numeric_limits<int>::max()) {
      read.code = static_cast<int>(*number);
    }
  }
  const auto message = error.find("message");
  const auto text = message ? message->as_string() : std::nullopt;
  read.message = text ? *text : json::compact(error);
  return read;
}

std::string request_line(std::uint64_t id, std::string_view method, std::string_view params,
                         std::string_view extra) {
  std::string line;
  line.reserve(64 + method.size() + params.size() + extra.size());
  line.append(k_head).append(",\"id\":").append(std::to_string(id)).append(",\"method\":");
  json::append_string(line, method);
  line.append(",\"params\":").append(params).append(extra).append("}\n");
  return line;
}

std::string result_line(std::string_view id, std::string_view result) {
  std::string line(k_head);
  line.append(",\"id\":").append(id);
  line.append(",\"result\":").append(result).append("}\n");
  return line;
}

std::string error_line(std::string_view id, int error_code, std::string_view message) {
  std::string line(k_head);
  line.append(",\"id\":").append(id);
  line.append(",\"error\":{\"code\":").append(std::to_string(error_code)).append(",\"message\":");
  json::append_string(line, message);
  line.append("}}\n");
  return line;
}

}  // namespace collet::jsonrpc
