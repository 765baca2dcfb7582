// Mutations that mostly keep JSON being JSON: libFuzzer's own ones, which know bytes, break nearly
// every text they touch, and what does not parse tests the parser alone.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace {

/// What a part of a text is, which decides what may stand there.
enum class Kind {
  root,    ///< a whole text
  item,    ///< of an array
  member,  ///< key and value, of an object whose keys are keywords or properties of an instance
  named,   ///< key and value, of an object whose keys are names of subschemas
  value,   ///< of a member
};

struct Part {
  std::size_t begin;
  std::size_t end;
  Kind kind;
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

constexpr std::string_view k_name_keepers[] = {"properties", "patternProperties", "$defs",
                                               "definitions", "dependentSchemas"};

/// Finds the parts of JSON texts that are divided by line breaks, by brackets and quotes alone.
class Parts {
 public:
  explicit Parts(std::string_view text) : text_(text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      switch (text[i]) {
        case '"':
          for (++i; i < text.size() && text[i] != '"'; ++i) {
            if (text[i] == '\\') ++i;
          }
          break;
        case '{':
          open_.push_back({begin_, keeps_names(i) ? Kind::named : Kind::member});
          begin_ = i + 1;
          break;
        case '[':
          open_.push_back({begin_, Kind::item});
          begin_ = i + 1;
          break;
        case '\n':
          if (!open_.empty()) break;
          [[fallthrough]];
        case ',':
          close(i);
          begin_ = i + 1;
          break;
        case '}':
        case ']':
          close(i);
          if (open_.empty()) break;
          begin_ = open_.back().begin;
          open_.pop_back();
          break;
        default:
          break;
      }
    }
    close(text.size());
  }

  [[nodiscard]] const std::vector<Part>& found() const { return found_; }

 private:
  struct Container {
    std::size_t begin;  ///< of the part that it is in
    Kind parts;
  };

  /// One past the key that begins at begin_, or begin_ where there is none.
  [[nodiscard]] std::size_t key_end(std::size_t end) const {
    if (begin_ >= end || text_[begin_] != '"') return begin_;
    std::size_t at = begin_ + 1;
    while (at < end && text_[at] != '"') at += text_[at] == '\\' ? 2 : 1;
    return at + 1 < end && text_[at + 1] == ':' ? at + 1 : begin_;
  }

  [[nodiscard]] bool keeps_names(std::size_t brace) const {
    if (!open_.empty() && open_.back().parts == Kind::named) return false;
    const std::size_t end = key_end(brace);
    if (end < begin_ + 2) return false;
    const auto key = text_.substr(begin_ + 1, end - begin_ - 2);
    return std::ranges::find(k_name_keepers, key) != std::end(k_name_keepers);
  }

  void close(std::size_t end) {
    if (end <= begin_) return;
    const Kind kind = open_.empty() ? Kind::root : open_.back().parts;
    found_.push_back({begin_, end, kind});
    if (kind != Kind::member && kind != Kind::named) return;
    const std::size_t value = key_end(end) + 1;
    if (value < end) found_.push_back({value, end, Kind::value});
  }

  std::string_view text_;
  std::vector<Container> open_;
  std::size_t begin_ = 0;
  std::vector<Part> found_;
};

template <class Range>
auto any_of(const Range& range, std::minstd_rand& random) {
  return range[random() % std::size(range)];
}

std::string_view part_text(std::string_view text, const Part& part) {
  return text.substr(part.begin, part.end - part.begin);
}

/// What a value begins with, digits being one.
char type_of(std::string_view value) {
  const char first = value.empty() ? ' ' : value[0];
  if (first == '-' || (first >= '0' && first <= '9')) return '0';
  return first == 'f' ? 't' : first;
}

/// A value, mostly of the type that `old` has: where a keyword wants a number, most others end the
/// compilation.
std::string fresh_value(std::string_view text, const std::vector<Part>& all, std::string_view old,
                        std::minstd_rand& random) {
  std::string fresh;
  const bool same_type = random() % 8 != 0;
  for (int tries = 0; tries < 8; ++tries) {
    const auto choice = random() % 4;
    if (choice == 0) {
      const Part& other = any_of(all, random);
      if (other.kind == Kind::member || other.kind == Kind::named) continue;
      fresh = part_text(text, other);
    } else if (choice == 1) {
      fresh = "{" + std::string(any_of(k_members, random)) + "}";
    } else {
      fresh = any_of(k_values, random);
    }
    if (!same_type || type_of(fresh) == type_of(old)) return fresh;
  }
  return fresh.empty() ? std::string(old) : fresh;
}

std::string fresh_part(std::string_view text, const std::vector<Part>& all, const Part& part,
                       std::minstd_rand& random) {
  if (part.kind != Kind::member && part.kind != Kind::named) {
    return fresh_value(text, all, part_text(text, part), random);
  }
  if (random() % 4 == 0) {  // from the same text
    for (int tries = 0; tries < 4; ++tries) {
      const Part& other = any_of(all, random);
      if (other.kind == part.kind) return std::string(part_text(text, other));
    }
  }
  std::string member(any_of(k_members, random));
  if (part.kind == Kind::member) return member;
  return (random() % 2 == 0 ? R"("a":{)" : R"("b":{)") + member + "}";
}

void mutate_json(std::string& text, std::minstd_rand& random) {
  const Parts parts(text);
  const auto& all = parts.found();
  if (all.empty()) return;
  const Part part = any_of(all, random);
  const bool in_list = part.kind != Kind::root && part.kind != Kind::value;
  const auto action = random() % 8;
  if (in_list && action == 0) {  // away with it, and with a comma beside it
    const bool has_next = part.end < text.size() && text[part.end] == ',';
    const bool has_previous = part.begin > 0 && text[part.begin - 1] == ',';
    const std::size_t begin = !has_next && has_previous ? part.begin - 1 : part.begin;
    text.erase(begin, part.end - begin + (has_next ? 1 : 0));
    return;
  }
  const std::string fresh = fresh_part(text, all, part, random);
  if (in_list && action < 4) {  // beside it rather than instead of it
    text.insert(part.end, "," + fresh);
  } else {
    text.replace(part.begin, part.end - part.begin, fresh);
  }
}

/// libFuzzer's own mutations inside of one string or number: patterns, formats and numbers are
/// languages of their own.
void mutate_bytes(std::string& text, std::minstd_rand& random) {
  constexpr std::size_t k_growth_max = 64;
  const Parts parts(text);
  const auto& all = parts.found();
  for (int tries = 0; tries < 8 && !all.empty(); ++tries) {
    Part part = any_of(all, random);
    const char type = type_of(part_text(text, part));
    if (type == '{' || type == '[' || type == 't' || type == 'n') continue;
    if (type == '"') {  // of a member: its key
      ++part.begin;
      part.end = text.find('"', part.begin);
      if (part.end == std::string::npos) return;
    }
    std::string bytes(part_text(text, part));
    const std::size_t size = bytes.size();
    bytes.resize(size + k_growth_max);
    bytes.resize(
        LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, bytes.size()));
    text.replace(part.begin, part.end - part.begin, bytes);
    return;
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
  std::minstd_rand random(seed);
  if (random() % 32 == 0) return LLVMFuzzerMutate(data, size, size_max);
  std::string text(data, data + size);
  if (random() % 8 == 0) {
    mutate_bytes(text, random);
  } else {
    for (unsigned times = 1 + random() % 3; times > 0; --times) mutate_json(text, random);
  }
  if (text.size() > size_max || text.empty()) return LLVMFuzzerMutate(data, size, size_max);
  text.copy(reinterpret_cast<char*>(data), text.size());
  return text.size();
}
