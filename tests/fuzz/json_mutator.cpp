// Mutations that mostly keep JSON being JSON: libFuzzer's own ones, which know bytes, break nearly
// every text they touch, and what does not parse tests the parser alone.
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace {

struct Span {
  std::size_t begin;
  std::size_t end;
};

/// What a member may be replaced by: every keyword, with a value that it takes.
constexpr std::string_view k_members[] = {
    R"("type":"object")",
    R"("type":["integer","null"])",
    R"("type":"number")",
    R"("type":"array")",
    R"("type":"string")",
    R"("properties":{"a":{"type":"integer"},"b":{}})",
    R"("required":["a","b"])",
    R"("additionalProperties":false)",
    R"("patternProperties":{"^a":{"minimum":2}})",
    R"("propertyNames":{"maxLength":3})",
    R"("minProperties":1)",
    R"("maxProperties":2)",
    R"("dependentRequired":{"a":["b"]})",
    R"("dependentSchemas":{"a":{"required":["c"]}})",
    R"("dependencies":{"a":["b"],"b":{"minProperties":3}})",
    R"("unevaluatedProperties":false)",
    R"("unevaluatedItems":{"type":"null"})",
    R"("items":{"$ref":"#"})",
    R"("items":[{},{"const":1}])",
    R"("additionalItems":false)",
    R"("prefixItems":[{"type":"integer"},true])",
    R"("contains":{"const":1})",
    R"("minContains":0)",
    R"("maxContains":1)",
    R"("minItems":2)",
    R"("maxItems":3)",
    R"("uniqueItems":true)",
    R"("allOf":[{"minimum":1},{"properties":{"a":true}}])",
    R"("anyOf":[{"required":["a"]},{"type":"string"}])",
    R"("oneOf":[{"multipleOf":2},{"multipleOf":0.3}])",
    R"("not":{"type":"boolean"})",
    R"("if":{"required":["a"]})",
    R"("then":{"properties":{"b":false}})",
    R"("else":{"type":"array"})",
    R"("enum":[1,"a",null,{"b":[]}])",
    R"("const":{"a":1.0})",
    R"("multipleOf":0.01)",
    R"("minimum":-1)",
    R"("maximum":1e2)",
    R"("exclusiveMinimum":0)",
    R"("exclusiveMaximum":3)",
    R"("exclusiveMinimum":true)",
    R"("minLength":1)",
    R"("maxLength":4)",
    R"("pattern":"^[a-z]+$")",
    R"("pattern":"(?<=a)\\bb")",
    R"("pattern":"(a+)+$")",
    R"("format":"date-time")",
    R"("format":"uri-reference")",
    R"("format":"idn-hostname")",
    R"("format":"regex")",
    R"("format":"duration")",
    R"("$ref":"#/$defs/a")",
    R"("$ref":"#")",
    R"("$ref":"http://f/a")",
    R"("$ref":"b#/definitions/id")",
    R"("$dynamicRef":"#d")",
    R"("$recursiveRef":"#")",
    R"("$dynamicAnchor":"d")",
    R"("$recursiveAnchor":true)",
    R"("$anchor":"x")",
    R"("$id":"http://f/c")",
    R"("id":"c")",
    R"("$defs":{"a":{"type":"string"}})",
    R"("definitions":{"a":{"$ref":"#"}})",
    R"("$schema":"http://json-schema.org/draft-07/schema#")",
    R"("$schema":"http://json-schema.org/draft-04/schema#")",
    R"("$schema":"https://json-schema.org/draft/2019-09/schema")",
    R"("contentMediaType":"application/json")",
    R"("default":{"a":1})",
    R"("a":1)",
    R"("b":"1")"};
constexpr std::string_view k_values[] = {"null",
                                         "true",
                                         "false",
                                         "0",
                                         "-0",
                                         "1",
                                         "1.0",
                                         "2",
                                         "-1",
                                         "1e400",
                                         "0.1",
                                         "12345678901234567890",
                                         "1E-30",
                                         "9007199254740993",
                                         R"("")",
                                         R"("a")",
                                         R"("1")",
                                         R"("\ud834\udd1e")",
                                         R"("\ud800")",
                                         R"("2026-11-20T10:00:00Z")",
                                         R"("2026-02-30")",
                                         R"("127.0.0.1")",
                                         R"("::1")",
                                         R"("http://a/b?c#d")",
                                         R"("a@b.c")",
                                         R"("P1Y2M")",
                                         R"("^a{2,}")",
                                         "[]",
                                         "{}",
                                         "[1,1.0]",
                                         R"({"a":1,"b":2})",
                                         R"({"a":{"a":{"a":[]}}})",
                                         R"(["a","b",1,null])"};

/// Every value of the text, and every member as one span that begins with its key: by brackets and
/// quotes alone.
std::vector<Span> spans(std::string_view text, bool members) {
  std::vector<Span> found;
  std::vector<std::size_t> open;
  std::size_t begin = 0;
  const auto close = [&](std::size_t from, std::size_t end) {
    if (end <= from) return;
    std::size_t value = from;
    if (text[from] == '"') {  // perhaps a key
      std::size_t at = from + 1;
      while (at < end && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
      if (at + 1 < end && text[at + 1] == ':') value = at + 2;
    }
    if (members ? value != from : value < end) found.push_back({members ? from : value, end});
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '"':
        for (++i; i < text.size() && text[i] != '"'; ++i) {
          if (text[i] == '\\') ++i;
        }
        break;
      case '{':
      case '[':
        open.push_back(begin);
        begin = i + 1;
        break;
      case ',':
      case '\n':
        close(begin, i);
        begin = i + 1;
        break;
      case '}':
      case ']':
        close(begin, i);
        if (open.empty()) break;
        begin = open.back();
        open.pop_back();
        break;
      default:
        break;
    }
  }
  close(begin, text.size());
  return found;
}

template <class Range>
auto any_of(const Range& range, std::minstd_rand& random) {
  return range[random() % std::size(range)];
}

void mutate_json(std::string& text, std::minstd_rand& random) {
  const bool members = random() % 2 == 0;
  const auto all = spans(text, members);
  if (all.empty()) return;
  const Span span = any_of(all, random);
  std::string fresh;
  switch (random() % 4) {
    case 0: {  // a part of the same text
      const Span other = any_of(all, random);
      fresh = text.substr(other.begin, other.end - other.begin);
      break;
    }
    case 1:
      if (!members) {
        fresh = "{" + std::string(any_of(k_members, random)) + "}";
        break;
      }
      [[fallthrough]];
    default:
      fresh = members ? any_of(k_members, random) : any_of(k_values, random);
  }
  if (random() % 3 == 0) {  // beside it rather than instead of it
    text.insert(span.end, "," + fresh);
  } else {
    text.replace(span.begin, span.end - span.begin, fresh);
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
  std::minstd_rand random(seed);
  if (random() % 4 == 0) return LLVMFuzzerMutate(data, size, size_max);
  std::string text(data, data + size);
  for (unsigned times = 1 + random() % 3; times > 0; --times) mutate_json(text, random);
  if (text.size() > size_max || text.empty()) return LLVMFuzzerMutate(data, size, size_max);
  text.copy(reinterpret_cast<char*>(data), text.size());
  return text.size();
}
