// What PostgreSQL does with jsonb and with arrays, on JSON text whose tokens keep their bytes.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "json/document.hpp"
#include "json/writer.hpp"
#include "sql/array_literal.hpp"
#include "store/plugin_database/call.hpp"

namespace collet::plugin_database {
namespace {

using json::Document;
using json::Value;

std::optional<Document> parse(Call& call, int i) {
  auto document = Document::parse(std::string(call.text(i)));
  if (!document) {
    call.fail("invalid input syntax for type json: " + document.error().message);
    return std::nullopt;
  }
  return std::move(*document);
}

// A step into a value: a member's name, or an element's place, from the end where it is negative.
std::optional<Value> step(Value value, std::string_view key) {
  if (value.is_object()) return value.find(key);
  if (!value.is_array()) return std::nullopt;
  std::int64_t place = 0;
  const auto [end, failure] = std::from_chars(key.data(), key.data() + key.size(), place);
  if (failure != std::errc{} || end != key.data() + key.size()) return std::nullopt;
  const auto size = static_cast<std::int64_t>(value.size());
  if (place < 0) place += size;
  if (place < 0 || place >= size) return std::nullopt;
  auto element = value.elements().begin();
  for (; place > 0; --place) ++element;
  return *element;
}

// A list of texts: an array literal, a JSON array, or one text.
std::vector<std::string> texts_of(std::string_view text) {
  const auto array = sql::array_literal_to_json(text);
  const auto document = Document::parse(array.value_or(std::string(text)));
  if (!document || !document->root().is_array()) return {std::string(text)};
  std::vector<std::string> texts;
  for (const auto element : document->root().elements()) {
    texts.push_back(element.as_string().value_or(json::compact(element)));
  }
  return texts;
}

void give_value(Call& call, std::optional<Value> value) {
  if (!value) return call.give_null();
  call.give_json(json::compact(*value));
}

// A string as it is, null as NULL, all else as JSON.
void give_as_text(Call& call, std::optional<Value> value) {
  if (!value || value->is_null()) return call.give_null();
  call.give(value->as_string().value_or(json::compact(*value)));
}

// In PostgreSQL a number steps into arrays only, and a text into objects only.
std::optional<Value> get(const Document& document, const Call& call) {
  const auto root = document.root();
  if (call.is_integer(1) != root.is_array()) return std::nullopt;
  return step(root, call.text(1));
}

std::optional<Value> follow(const Document& document, std::string_view path) {
  std::optional<Value> value = document.root();
  for (const auto& key : texts_of(path)) {
    if (value) value = step(*value, key);
  }
  return value;
}

/// Comparisons whose number is the product of two sizes: they stop when the time is over.
class Comparison {
 public:
  explicit Comparison(FunctionContext& context) : context_(context) {}

  /// What is found once this is so means nothing.
  [[nodiscard]] bool is_over() const { return is_over_; }

  bool contains(Value whole, Value part) {
    if (whole.is_object() && part.is_object()) {
      return std::ranges::all_of(part.members(), [&](const json::Member& member) {
        const auto found = find(whole, *member.key.as_string());
        return found && contains(*found, member.value);
      });
    }
    if (whole.is_array() && part.is_array()) {
      return std::ranges::all_of(part.elements(), [&](Value wanted) {
        return any_element(whole, [&](Value element) { return contains(element, wanted); });
      });
    }
    // A list contains a plain value as if that stood in a list.
    if (whole.is_array() && !part.is_object())
      return any_element(whole, [&](Value element) { return equal(element, part); });
    return equal(whole, part);
  }

  bool has(Value value, std::string_view key) {
    if (value.is_object()) return find(value, key).has_value();
    if (value.is_array()) return any_element(value, [&](Value each) { return each.equals(key); });
    return value.equals(key);
  }

 private:
  bool equal(Value a, Value b) {
    if (a.kind() != b.kind()) return false;
    switch (a.kind()) {
      case json::Kind::string:
        return *a.as_string() == *b.as_string();
      case json::Kind::number:
        return a.raw() == b.raw() || *a.as_double() == *b.as_double();
      case json::Kind::boolean:
        return a.as_bool() == b.as_bool();
      case json::Kind::null:
        return true;
      case json::Kind::array:
      case json::Kind::object:
        return contains(a, b) && contains(b, a);
    }
    return false;
  }

  std::optional<Value> find(Value object, std::string_view key) {
    if (!spend(object.size())) return std::nullopt;
    return object.find(key);
  }
  template <class Test>
  bool any_element(Value array, Test test) {
    return std::ranges::any_of(array.elements(),
                               [&](Value element) { return spend(1) && test(element); });
  }
  bool spend(std::size_t steps) {
    steps_ += steps;
    if (steps_ >= k_steps_between_looks) {
      steps_ = 0;
      is_over_ = is_over_ || context_.is_over();
    }
    return !is_over_;
  }

  static constexpr std::size_t k_steps_between_looks = 1u << 16;
  FunctionContext& context_;
  std::size_t steps_ = 0;
  bool is_over_ = false;
};

using Names = std::set<std::string, std::less<>>;

void write_without(json::Writer& writer, Value object, const Names& keys) {
  for (const auto& [key, value] : object.members()) {
    const auto name = *key.as_string();
    if (!keys.contains(name)) writer.key(name).raw(json::compact(value));
  }
}

// The members of two objects, where the second wins; else the elements of two lists.
void concat(Call& call) {
  const auto left = parse(call, 0);
  const auto right = left ? parse(call, 1) : std::nullopt;
  if (!left || !right) return;
  const auto a = left->root(), b = right->root();
  json::Writer writer;
  if (a.is_object() && b.is_object()) {
    Names replaced;
    for (const auto& member : b.members()) replaced.insert(*member.key.as_string());
    writer.begin_object();
    write_without(writer, a, replaced);
    write_without(writer, b, {});
    writer.end_object();
    return call.give_json(writer.text());
  }
  writer.begin_array();
  for (const auto value : {a, b}) {
    if (!value.is_array()) writer.raw(json::compact(value));
    for (const auto element : value.elements()) writer.raw(json::compact(element));
  }
  writer.end_array();
  call.give_json(writer.text());
}

// Without a member, without the elements that are a text, or without the element at a place.
void without(Call& call) {
  const auto document = parse(call, 0);
  if (!document) return;
  const auto root = document->root();
  const auto texts = texts_of(call.text(1));
  const Names keys(texts.begin(), texts.end());
  json::Writer writer;
  if (root.is_object()) {
    writer.begin_object();
    write_without(writer, root, keys);
    writer.end_object();
    return call.give_json(writer.text());
  }
  if (!root.is_array()) return call.fail("cannot delete from a scalar");
  const auto dropped = call.is_integer(1) ? step(root, call.text(1)) : std::nullopt;
  writer.begin_array();
  for (const auto element : root.elements()) {
    const bool is_dropped = call.is_integer(1)
                                ? dropped && dropped->index() == element.index()
                                : element.is_string() && keys.contains(*element.as_string());
    if (!is_dropped) writer.raw(json::compact(element));
  }
  writer.end_array();
  call.give_json(writer.text());
}

// The value with another one at the end of a path; it grows by one step where `create` is set.
std::string with(std::optional<Value> value, std::span<const std::string> path,
                 std::string_view put, bool create) {
  if (path.empty()) return std::string(put);
  if (!value) return {};
  json::Writer writer;
  const auto place = step(*value, path[0]);
  const bool may_add = !place && create && path.size() == 1;
  const auto inner = [&] { return with(place, path.subspan(1), put, create); };
  if (value->is_object()) {
    writer.begin_object();
    for (const auto& [key, each] : value->members()) {
      const bool is_it = place && place->index() == each.index();
      writer.key(*key.as_string()).raw(is_it ? inner() : json::compact(each));
    }
    if (may_add) writer.key(path[0]).raw(put);
    writer.end_object();
  } else if (value->is_array()) {
    writer.begin_array();
    if (may_add && path[0].starts_with('-')) writer.raw(put);
    for (const auto each : value->elements()) {
      const bool is_it = place && place->index() == each.index();
      writer.raw(is_it ? inner() : json::compact(each));
    }
    if (may_add && !path[0].starts_with('-')) writer.raw(put);
    writer.end_array();
  } else {
    return json::compact(*value);
  }
  return std::move(writer).take();
}

void set(Call& call) {
  const auto document = parse(call, 0);
  const auto put = document ? parse(call, 2) : std::nullopt;
  if (!document || !put) return;
  const bool create = call.count() < 4 || call.integer(3) != 0;
  call.give_json(
      with(document->root(), texts_of(call.text(1)), json::compact(put->root()), create));
}

void type_name(Call& call) {
  const auto document = parse(call, 0);
  if (!document) return;
  constexpr std::array<std::string_view, 6> names{"null",   "boolean", "number",
                                                  "string", "array",   "object"};
  call.give(names[static_cast<std::size_t>(document->root().kind())]);
}

// A JSON array as it is, an array literal as one.
void array(Call& call) {
  const auto text = call.text(0);
  if (text.starts_with('[')) {
    if (parse(call, 0)) call.give_json(text);
    return;
  }
  const auto json = sql::array_literal_to_json(text);
  if (!json) return call.fail("malformed array literal: \"" + std::string(text) + "\"");
  call.give_json(*json);
}

void array_length(Call& call) {
  const auto document = parse(call, 0);
  if (!document) return;
  // PostgreSQL's empty arrays have no length.
  if (!document->root().is_array() || document->root().size() == 0 || call.integer(1) != 1)
    return call.give_null();
  call.give(static_cast<std::int64_t>(document->root().size()));
}

/// Whether the first argument contains the second, or is contained in it.
enum class Whole : std::uint8_t { is_first, is_second };

template <Whole which>
void give_contains(Call& call) {
  const auto a = parse(call, 0);
  const auto b = a ? parse(call, 1) : std::nullopt;
  if (!b) return;
  const auto& [whole, part] = which == Whole::is_first ? std::tie(a, b) : std::tie(b, a);
  Comparison comparison(call.context());
  const bool contains = comparison.contains(whole->root(), part->root());
  if (comparison.is_over()) return call.interrupt();
  call.give(contains);
}

enum class Needed : std::uint8_t { one, any, all };

template <Needed needed>
void give_has(Call& call) {
  const auto document = parse(call, 0);
  if (!document) return;
  Comparison comparison(call.context());
  const auto has = [&](std::string_view key) { return comparison.has(document->root(), key); };
  bool found = false;
  if (needed == Needed::one) {
    found = has(call.text(1));
  } else {
    const auto keys = texts_of(call.text(1));
    found = needed == Needed::any ? std::ranges::any_of(keys, has) : std::ranges::all_of(keys, has);
  }
  if (comparison.is_over()) return call.interrupt();
  call.give(found);
}

constexpr std::array<FunctionRow, 16> k_functions{{
    {"pg_array", 1, array},
    {"pg_array_length", 2, array_length},
    {"pg_json_concat", 2, concat},
    {"pg_json_contained", 2, give_contains<Whole::is_second>},
    {"pg_json_contains", 2, give_contains<Whole::is_first>},
    {"pg_json_get", 2,
     [](Call& call) {
       if (const auto document = parse(call, 0)) give_value(call, get(*document, call));
     }},
    {"pg_json_get_text", 2,
     [](Call& call) {
       if (const auto document = parse(call, 0)) give_as_text(call, get(*document, call));
     }},
    {"pg_json_has", 2, give_has<Needed::one>},
    {"pg_json_has_all", 2, give_has<Needed::all>},
    {"pg_json_has_any", 2, give_has<Needed::any>},
    {"pg_json_path", 2,
     [](Call& call) {
       if (const auto document = parse(call, 0)) give_value(call, follow(*document, call.text(1)));
     }},
    {"pg_json_path_text", 2,
     [](Call& call) {
       if (const auto document = parse(call, 0))
         give_as_text(call, follow(*document, call.text(1)));
     }},
    {"pg_json_set", 3, set},
    {"pg_json_set", 4, set},
    {"pg_json_typeof", 1, type_name},
    {"pg_json_without", 2, without},
}};

}  // namespace

std::span<const FunctionRow> json_functions() {
  return k_functions;
}

}  // namespace collet::plugin_database
