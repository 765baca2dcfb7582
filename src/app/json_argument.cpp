#include "app/json_argument.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "json/document.hpp"

namespace collet::app {
namespace {

/// No daemon takes more, whatever its configuration.
constexpr std::size_t k_json_bytes_max = json::ParseLimits{}.bytes_max;

Outcome<std::string> read_source(const std::string& source, Terminal& terminal) {
  if (source == "-") {
    auto input = terminal.read_input(k_json_bytes_max);
    if (!input) return failed(std::move(input.error()));
    return *std::move(input);
  }
  if (!source.starts_with('@')) return source;
  auto text = read_file(source.substr(1), k_json_bytes_max, FileKind::any_stream);
  if (!text) return wrong_usage("the file " + text.error().message);
  return *std::move(text);
}

}  // namespace

Outcome<std::string> read_json_argument(const std::string& source, Terminal& terminal,
                                        std::string remedy) {
  auto text = read_source(source, terminal);
  if (!text) return text;
  const auto document = json::Document::parse(*text);
  if (document) return text;
  return wrong_usage(fmt::format("the parameters are no JSON: {} at byte {}",
                                 document.error().message, document.error().offset),
                     std::move(remedy));
}

}  // namespace collet::app
