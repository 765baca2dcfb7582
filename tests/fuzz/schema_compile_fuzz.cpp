// The input is a schema. Whatever it is, compiling ends with a schema or with an error that names a
// place; a schema judges values.
#include <array>
#include <functional>
#include <string>

#include "json/document.hpp"
#include "schema_target.hpp"

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
  const fuzz::OneSecond limit;
  fuzz::reached(fuzz::Stage::started);
  const std::string text(data, data + size);
  const auto document = Json::parse(text);
  if (!document) return fuzz::k_not_kept;
  fuzz::reached(fuzz::Stage::parsed);
  const auto schema = Schema::compile(*document, fuzz::options(size));
  if (!schema) {
    fuzz::require(!schema.error().message.empty(), "an error has a message");
    fuzz::require(schema.error().pointer.empty() || schema.error().pointer[0] == '/',
                  "an error has a JSON pointer");
    return 0;
  }
  fuzz::reached(fuzz::Stage::accepted);
  // Explanations are the other target's matter: here one of the instances gets one, chosen by the
  // input's bytes.
  const std::size_t explained = std::hash<std::string>{}(text) % instances().size();
  for (std::size_t i = 0; i < instances().size(); ++i) {
    const bool fits = schema->accepts(instances()[i]);
    if (i != explained) continue;
    const auto violations = schema->evaluate(instances()[i]);
    fuzz::require(fits == violations.empty(),
                  "violations are there exactly where the value does not fit");
    fuzz::require_sound(violations);
  }
  return 0;
}
