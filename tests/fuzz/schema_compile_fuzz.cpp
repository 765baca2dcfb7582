// The input is a schema. Whatever it is, compiling ends with a schema or with an error that names a
// place; a schema judges values.
#include <array>
#include <string>

#include "fuzz_target.hpp"
#include "json/document.hpp"

namespace collet {
namespace {

const std::array<Json, 6>& instances() {
  static const auto k_instances = std::array{
      *Json::parse("null"),
      *Json::parse("12.50"),
      *Json::parse(R"("a\u00e9 2026-11-20")"),
      *Json::parse(R"([1,1.0,"x",[2,{"a":null}],true])"),
      *Json::parse(R"({"a":1,"b":{"a":["x",{}],"c":"long"},"c":[[]],"foo-1":-1e3})"),
      *Json::parse(R"({"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]})")};
  return k_instances;
}

}  // namespace
}  // namespace collet

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace collet;
  const auto document = Json::parse(std::string(data, data + size));
  if (!document) return 0;
  const auto schema = Schema::compile(*document, fuzz::options());
  if (!schema) {
    fuzz::require(!schema.error().message.empty(), "an error has a message");
    fuzz::require(schema.error().pointer.empty() || schema.error().pointer[0] == '/',
                  "an error has a JSON pointer");
    return 0;
  }
  for (const Json& instance : instances()) {
    fuzz::require(schema->accepts(instance) == schema->evaluate(instance).empty(),
                  "violations are there exactly where the value does not fit");
  }
  return 0;
}
