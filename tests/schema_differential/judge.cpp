// Judges what generate.mjs wrote, lines of JSON from standard input (verdicts.mjs says what they
// hold). For each test whose verdict is not the expected one, by the program or by the explanation,
// and for each schema that does not compile, prints a line of JSON; the last line counts.
#include <cstdint>
#include <iostream>
#include <string>

#include "collet/schema.hpp"
#include "json/document.hpp"
#include "json/writer.hpp"

namespace collet {
namespace {

struct Counts {
  std::uint64_t schemas = 0;
  std::uint64_t pairs = 0;
  std::uint64_t valid = 0;
  std::uint64_t doubtful = 0;  ///< not ajv's verdict, where that is none
};

bool is_true(json::Value object, std::string_view key) {
  const auto value = object.find(key);
  return value && value->as_bool().value_or(false);
}

SchemaOptions options_of(json::Value line) {
  const json::Value draft = *line.find("draft");
  return {.draft = draft.equals("7")         ? SchemaDraft::draft7
                   : draft.equals("2019-09") ? SchemaDraft::draft2019_09
                                             : SchemaDraft::draft2020_12,
          .formats = is_true(line, "formats") ? SchemaFormats::enforce : SchemaFormats::annotate};
}

bool explained_verdict(const Schema& schema, json::Value instance) {
  const Json whole = *Json::parse(std::string(instance.raw()));
  return is_true(schema.output(whole, SchemaOutput::basic).value(), "valid");
}

void judge(json::Value line, Counts& counts) {
  ++counts.schemas;
  const auto schema =
      Schema::compile(*Json::parse(std::string(line.find("schema")->raw())), options_of(line));
  const bool refused_by_ajv = line.find("error").has_value();
  if (schema.has_value() == refused_by_ajv) {
    json::Writer writer;
    writer.begin_object().member("kind", "compile");
    writer.member("ours", schema ? "" : schema.error().pointer + ": " + schema.error().message);
    writer.raw_member("line", line.raw()).end_object();
    std::cout << std::move(writer).take() << '\n';
  }
  if (!schema || refused_by_ajv) return;
  for (const json::Value test : line.find("tests")->elements()) {
    ++counts.pairs;
    const json::Value instance = *test.find("instance");
    const bool program = schema->accepts(instance);
    const bool explanation = explained_verdict(*schema, instance);
    const bool expected = is_true(test, test.find("mended") ? "mended" : "ajv");
    counts.valid += program;
    if (program == explanation && (program == expected || is_true(test, "doubtful"))) {
      counts.doubtful += program != expected;
      continue;
    }
    std::cout << R"({"kind":"verdict","expected":)" << (expected ? "true" : "false")
              << R"(,"program":)" << (program ? "true" : "false") << R"(,"explanation":)"
              << (explanation ? "true" : "false") << R"(,"draft":)" << line.find("draft")->raw()
              << R"(,"formats":)" << line.find("formats")->raw() << R"(,"schema":)"
              << line.find("schema")->raw() << R"(,"instance":)" << instance.raw() << "}\n";
  }
}

int run() {
  Counts counts;
  for (std::string text; std::getline(std::cin, text);) {
    const auto line = json::Document::parse(text);
    if (!line) {
      std::cerr << "error: not JSON: " << line.error().message << ": " << text << '\n';
      return 1;
    }
    judge(line->root(), counts);
  }
  std::cout << R"({"kind":"counts","schemas":)" << counts.schemas << R"(,"pairs":)" << counts.pairs
            << R"(,"valid":)" << counts.valid << R"(,"doubtful":)" << counts.doubtful << "}\n";
  return 0;
}

}  // namespace
}  // namespace collet

int main() {
  return collet::run();
}
