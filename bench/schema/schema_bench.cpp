// What judging costs, over the cases of bench/schema/cases (README.md there says what they hold):
//   schema_bench [FOLDER] [any --benchmark_… option]
// Every verdict is checked before it is timed. Times are per pass over the case's instances; the
// counter `instances` says how many those are. ajv_bench.mjs does the same with ajv.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collet/schema.hpp"
#include "json/document.hpp"

namespace collet {
namespace {

namespace fs = std::filesystem;

/// One case file, ready to run.
struct Case {
  std::string name;
  Json schema_text;
  SchemaOptions options;
  Schema schema;
  std::vector<Json> valid;
  std::vector<Json> invalid;
  std::vector<std::string> valid_texts;
};

[[noreturn]] void fail(const fs::path& file, const std::string& why) {
  std::cerr << "error: " << file.string() << ": " << why << '\n';
  std::exit(1);
}

SchemaDraft draft_named(std::string_view name) {
  if (name == "4") return SchemaDraft::draft4;
  if (name == "6") return SchemaDraft::draft6;
  if (name == "7") return SchemaDraft::draft7;
  return name == "2019-09" ? SchemaDraft::draft2019_09 : SchemaDraft::draft2020_12;
}

/// The instance as the case means it: an array's elements as often as `repeat` says.
Json instance_of(json::Value value, std::int64_t repeat) {
  std::string text = json::compact(value);
  if (repeat > 1 && value.is_array() && value.size() > 0) {
    const std::string elements = text.substr(1, text.size() - 2);
    std::string many = "[" + elements;
    for (std::int64_t i = 1; i < repeat; ++i) many += "," + elements;
    text = std::move(many) + "]";
  }
  return *Json::parse(std::move(text));
}

Case read_case(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const auto document = json::Document::parse(std::string(std::istreambuf_iterator<char>(in), {}));
  if (!document) fail(file, document.error().message);
  const json::Value root = document->root();
  const Json schema_text = *Json::parse(json::compact(*root.find("schema")));
  SchemaOptions options{.draft = draft_named(*root.find("draft")->as_string()),
                        .formats = SchemaFormats::annotate};
  auto schema = Schema::compile(schema_text, options);
  if (!schema) fail(file, schema.error().pointer + ": " + schema.error().message);

  Case made{.name = *root.find("name")->as_string(),
            .schema_text = schema_text,
            .options = options,
            .schema = std::move(*schema),
            .valid = {},
            .invalid = {},
            .valid_texts = {}};
  const auto repeat_times = root.find("repeat");
  const std::int64_t repeat = repeat_times ? *repeat_times->as_int64() : 1;
  for (const json::Value value : root.find("valid")->elements()) {
    made.valid.push_back(instance_of(value, repeat));
    made.valid_texts.push_back(made.valid.back().text());
  }
  for (const json::Value value : root.find("invalid")->elements()) {
    made.invalid.push_back(instance_of(value, repeat));
  }
  for (const Json& instance : made.valid) {
    if (!made.schema.accepts(instance)) fail(file, "refuses " + instance.text().substr(0, 200));
  }
  for (const Json& instance : made.invalid) {
    if (made.schema.accepts(instance)) fail(file, "accepts " + instance.text().substr(0, 200));
  }
  return made;
}

void count_instances(benchmark::State& state, std::size_t count) {
  state.counters["instances"] = static_cast<double>(count);
}

void judge(benchmark::State& state, const Schema& schema, const std::vector<Json>& instances) {
  std::vector<json::Value> values;
  for (const Json& instance : instances) values.push_back(instance.value());
  for (auto _ : state) {
    for (const json::Value& value : values) benchmark::DoNotOptimize(schema.accepts(value));
  }
  count_instances(state, values.size());
}

void parse_and_judge(benchmark::State& state, const Case& one) {
  json::Parser parser;
  for (auto _ : state) {
    for (const std::string& text : one.valid_texts) {
      const auto value = parser.parse(text);
      benchmark::DoNotOptimize(one.schema.accepts(*value));
    }
  }
  count_instances(state, one.valid_texts.size());
}

void compile(benchmark::State& state, const Case& one) {
  for (auto _ : state) {
    auto schema = Schema::compile(one.schema_text, one.options);
    benchmark::DoNotOptimize(schema);
  }
  count_instances(state, 1);
  state.counters["text_bytes"] = static_cast<double>(one.schema_text.text().size());
  state.counters["memory_bytes"] = static_cast<double>(one.schema.memory());
}

int run(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const fs::path folder = argc > 1 ? argv[1] : COLLET_SCHEMA_CASES;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::ranges::sort(files);

  std::vector<std::unique_ptr<const Case>> cases;  // benchmarks hold on to them
  for (const fs::path& file : files) {
    cases.push_back(std::make_unique<const Case>(read_case(file)));
    const Case& one = *cases.back();
    const auto add = [&](const char* what, auto measure) {
      benchmark::RegisterBenchmark((one.name + "/" + what).c_str(), measure);
    };
    add("valid", [&one](benchmark::State& s) { judge(s, one.schema, one.valid); });
    add("invalid", [&one](benchmark::State& s) { judge(s, one.schema, one.invalid); });
    add("parse", [&one](benchmark::State& s) { parse_and_judge(s, one); });
    add("compile", [&one](benchmark::State& s) { compile(s, one); });
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace collet

int main(int argc, char** argv) {
  return collet::run(argc, argv);
}
