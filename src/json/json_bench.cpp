// How fast texts are read, and simdjson's DOM on the same texts as the yardstick (it converts
// numbers and copies strings, but refuses what must be kept). Bytes per second; items are texts.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <cstdint>
#include <string>

#include "json/document.hpp"
#include "json/writer.hpp"

namespace collet::json {
namespace {

/// One tools/call as it goes to a worker, about 300 bytes.
std::string tool_call() {
  return R"({"jsonrpc":"2.0","id":"4711","method":"executeTool","params":{"toolName":"search-issues",)"
         R"("parameters":{"query":"is:open label:\"bug\" crash","limit":25,"sort":"updated"},)"
         R"("runContext":{"agentId":"a6c1d7de-52c3-4f4b-9a55-0c59b1a4e6f1","runId":"run-0042","companyId":"default",)"
         R"("projectId":"default"}}})";
}

/// An array of 2,000 records, about 600 KB, in the style of a REST answer.
std::string records() {
  Writer w;
  w.begin_array();
  for (int i = 0; i < 2000; ++i) {
    const std::string number = std::to_string(i);
    w.begin_object()
        .member("id", 1'000'000 + i)
        .member("title", "Record number " + number + " of a long list")
        .member("body", "First line\nsecond line with \"quotes\" and an \xC3\xA9 in it")
        .member("open", i % 3 == 0)
        .key("score")
        .number(i * 0.37)
        .key("labels")
        .begin_array()
        .string("bug")
        .string("needs-triage")
        .string("area/" + number)
        .end_array()
        .key("author")
        .begin_object()
        .member("login", "user" + number)
        .member("admin", false)
        .key("avatar")
        .null()
        .end_object()
        .member("updatedAt", "2026-02-14T12:34:56.789Z")
        .end_object();
  }
  w.end_array();
  return std::move(w).take();
}

/// A result that is one string of 9 MB with a line break every 80 bytes.
std::string long_string() {
  std::string text;
  while (text.size() < std::size_t{9} << 20) text += std::string(79, 'x') + "\n";
  return std::move(Writer().begin_object().member("content", text).end_object()).take();
}

/// `records()` with two spaces a level, as people and models write it.
std::string pretty() {
  std::string out;
  std::size_t level = 0;
  const auto new_line = [&] { out.append(1, '\n').append(2 * level, ' '); };
  bool in_string = false;
  const std::string text = records();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && text[i - 1] != '\\') in_string = !in_string;
    if (!in_string && (c == '}' || c == ']')) {
      --level;
      new_line();
    }
    out += c;
    if (in_string) continue;
    if (c == '{' || c == '[') ++level;
    if (c == '{' || c == '[' || c == ',') new_line();
    if (c == ':') out += ' ';
  }
  return out;
}

void count(benchmark::State& state, const std::string& text) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

void parse(benchmark::State& state, std::string (*make)()) {
  const std::string text = make();
  Parser parser;
  for (auto _ : state) {
    auto value = parser.parse(text);
    if (!value) return state.SkipWithError(value.error().message.c_str());
    benchmark::DoNotOptimize(value);
  }
  count(state, text);
}

void parse_document(benchmark::State& state, std::string (*make)()) {
  const std::string text = make();
  for (auto _ : state) {
    auto document = Document::parse(text);
    if (!document) return state.SkipWithError(document.error().message.c_str());
    benchmark::DoNotOptimize(document);
  }
  count(state, text);
}

void simdjson_dom(benchmark::State& state, std::string (*make)()) {
  const simdjson::padded_string text(make());
  simdjson::dom::parser parser;
  for (auto _ : state) {
    simdjson::dom::element root;
    if (const auto code = parser.parse(text).get(root)) {
      return state.SkipWithError(simdjson::error_message(code));
    }
    benchmark::DoNotOptimize(root);
  }
  count(state, std::string(text.data(), text.size()));
}

void write_compact(benchmark::State& state, std::string (*make)()) {
  const std::string text = make();
  Parser parser;
  const auto value = parser.parse(text);
  if (!value) return state.SkipWithError(value.error().message.c_str());
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_compact(out, *value);
    benchmark::DoNotOptimize(out.data());
  }
  count(state, text);
}

void write_string(benchmark::State& state) {
  const std::string text = long_string();
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_string(out, text);
    benchmark::DoNotOptimize(out.data());
  }
  count(state, text);
}

BENCHMARK_CAPTURE(parse, tool_call, tool_call);
BENCHMARK_CAPTURE(simdjson_dom, tool_call, tool_call);
BENCHMARK_CAPTURE(parse_document, tool_call, tool_call);
BENCHMARK_CAPTURE(parse, records, records);
BENCHMARK_CAPTURE(simdjson_dom, records, records);
BENCHMARK_CAPTURE(parse, long_string, long_string);
BENCHMARK_CAPTURE(simdjson_dom, long_string, long_string);
BENCHMARK_CAPTURE(parse, pretty, pretty);
BENCHMARK_CAPTURE(simdjson_dom, pretty, pretty);
BENCHMARK_CAPTURE(write_compact, records, records);
BENCHMARK_CAPTURE(write_compact, pretty, pretty);
BENCHMARK(write_string);

}  // namespace
}  // namespace collet::json
