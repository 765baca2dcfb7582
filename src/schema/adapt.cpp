#include "schema/adapt.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "json/writer.hpp"
#include "schema/keyword_rules.hpp"
#include "schema/kinds.hpp"
#include "schema/value/equality.hpp"
#include "schema/value/number.hpp"
#include "schema/value/text.hpp"

namespace collet::schema {
namespace {

using json::Kind;
using json::Value;

/// Branches inside each other, and references behind each other, that are looked behind for types
/// and for defaults: each takes a frame or two of the stack.
constexpr int k_looked_behind_max = 200;

constexpr Kinds k_boolean = kind_bit(Kind::boolean);
constexpr Kinds k_array = kind_bit(Kind::array);

Kinds kind_of_number(std::string_view token) {
  return is_integer_token(token) ? k_integer : k_fraction;
}

/// Whether `text` is a number as JSON writes it (RFC 8259, section 6).
bool is_number_token(std::string_view text) {
  const auto skip_digits = [&] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count > 0;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (!skip_digits()) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!skip_digits()) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!skip_digits()) return false;
  }
  return text.empty();
}

/// The token that a string stands for where `kinds`, which do not include strings, are allowed.
std::optional<std::string> other_reading(Value value, Kinds kinds) {
  if (!value.is_string() || (kinds & (k_boolean | k_integer | k_fraction)) == 0)
    return std::nullopt;
  const Text text(value);
  const bool is_boolean = text.view() == "true" || text.view() == "false";
  const Kinds type = is_boolean                     ? k_boolean
                     : is_number_token(text.view()) ? kind_of_number(text.view())
                                                    : Kinds{0};
  if ((kinds & type) == 0) return std::nullopt;
  return std::string(text.view());
}

bool may_stand_alone(Value value) {
  if (value.is_null()) return false;
  return !value.is_string() || (value.raw() != "\"\"" && !Text(value).view().starts_with('['));
}

/// The deepest nesting of a JSON text.
std::size_t nesting_of(std::string_view json) {
  std::size_t deepest = 0;
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (in_string && json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      in_string = !in_string;
    } else if (!in_string && (json[i] == '{' || json[i] == '[')) {
      deepest = std::max(deepest, ++depth);
    } else if (!in_string && (json[i] == '}' || json[i] == ']')) {
      --depth;
    }
  }
  return deepest;
}

using Places = std::vector<Place>;

class Adapter {
 public:
  Adapter(Sources& sources, SchemaAdaptation adaptation, const AdaptLimits& limits)
      : sources_(sources), adaptation_(adaptation), limits_(limits) {}

  std::optional<std::string> run(Place root, Value instance) {
    write(instance, closure(root), Wrapping::allowed);
    if (!changed_ || nesting_of(out_) > limits_.depth_max) return std::nullopt;
    return std::move(out_);
  }

 private:
  /// An array of one is not made inside of another: which of the two was meant is not known.
  enum class Wrapping : std::uint8_t { allowed, done };

  /// What an array's items are judged by.
  struct Items {
    Places listed;              ///< each for the item at its index
    std::optional<Place> rest;  ///< for all others
  };

  /// A subschema that was read. The optional parts are filled when they are first needed.
  struct View {
    explicit View(Place where, Value value, const Dialect& dialect)
        : place(where), keywords(value, dialect) {}
    Place place;
    Keywords keywords;
    std::optional<Places> closure;
    std::optional<std::map<std::string, Place, std::less<>>> properties;
    std::optional<std::vector<std::string>> defaults;  ///< names of properties that have one
    std::optional<Items> items;
    std::optional<Kinds> kinds;
    std::optional<std::optional<Place>> default_value;
    [[nodiscard]] Place part(Value value) const { return {place.document, value.index()}; }
  };

  /// Null where the subschema is a boolean.
  View* view(Place place) {
    const auto [slot, is_new] = views_.try_emplace(place);
    const Value value = sources_.value(place);
    if (is_new && value.is_object()) slot->second.emplace(place, value, sources_.dialect_at(place));
    return slot->second ? &*slot->second : nullptr;
  }

  /// `place` and all that is applied with it: through `$ref` and `allOf`.
  const Places& closure(Place place) {
    View* whole = view(place);
    if (whole == nullptr) return nothing_;
    if (whole->closure) return *whole->closure;
    Places found{place};
    std::set<Place> seen{place};
    for (std::size_t next = 0; next < found.size(); ++next) {
      const View* one = view(found[next]);
      if (one == nullptr) continue;
      for (const Place part : applied_by(*one)) {
        if (seen.insert(part).second) found.push_back(part);
      }
    }
    std::erase_if(found, [&](Place part) { return view(part) == nullptr; });
    return whole->closure.emplace(std::move(found));
  }

  Places applied_by(const View& schema) {
    Places found;
    if (const auto reference = schema.keywords[Keyword::ref]) {
      if (auto target = sources_.resolve(schema.place, *reference->as_string())) {
        found.push_back(*target);
      }
    }
    if (const auto all = schema.keywords[Keyword::all_of]) {
      for (const Value part : all->elements()) found.push_back(schema.part(part));
    }
    return found;
  }

  Places closure_of_all(const Places& places) {
    if (places.size() == 1) return closure(places.front());
    Places found;
    std::set<Place> seen;
    for (const Place place : places) {
      for (const Place part : closure(place)) {
        if (seen.insert(part).second) found.push_back(part);
      }
    }
    return found;
  }

  // ---- What the schemas say

  /// The types that are allowed by every one of `places`.
  Kinds kinds_of(const Places& places) {
    Kinds kinds = k_every_kind;
    for (const Place place : places) kinds &= kinds_of(*view(place));
    return kinds;
  }

  /// The types that the schema's own keywords allow.
  Kinds kinds_of(View& schema) {
    if (schema.kinds) return *schema.kinds;
    if (depth_ >= k_looked_behind_max) return k_every_kind;
    schema.kinds = k_every_kind;  // for a branch that leads here again
    Kinds kinds = k_every_kind;
    if (const auto type = schema.keywords[Keyword::type]) kinds &= kinds_of_type(*type);
    ++depth_;
    for (const Keyword keyword : {Keyword::any_of, Keyword::one_of}) {
      const auto branches = schema.keywords[keyword];
      if (!branches) continue;
      Kinds together = 0;
      for (const Value branch : branches->elements()) {
        if (branch.as_bool() != false) together |= kinds_of(closure(schema.part(branch)));
      }
      kinds &= together;
    }
    --depth_;
    return *(schema.kinds = kinds);
  }

  const Items& items_of(View& schema) {
    if (schema.items) return *schema.items;
    Items& items = schema.items.emplace();
    const auto [prefix, rest] = item_keywords(schema.keywords);
    if (prefix) {
      for (const Value item : prefix->elements()) items.listed.push_back(schema.part(item));
    }
    if (rest) items.rest = schema.part(*rest);
    return items;
  }

  /// The subschemas of the item at `index`.
  Places for_item(const Places& places, std::size_t index) {
    steps_ += places.size();
    if (steps_ > limits_.steps_max) return {};
    Places found;
    for (const Place place : places) {
      const Items& items = items_of(*view(place));
      if (index < items.listed.size()) {
        found.push_back(items.listed[index]);
      } else if (items.rest) {
        found.push_back(*items.rest);
      }
    }
    return closure_of_all(found);
  }

  const std::map<std::string, Place, std::less<>>& properties_of(View& schema) {
    if (schema.properties) return *schema.properties;
    auto& properties = schema.properties.emplace();
    if (const auto value = schema.keywords[Keyword::properties]) {
      for (const auto& [key, property] : value->members()) {
        properties.insert_or_assign(*key.as_string(), schema.part(property));
      }
    }
    return properties;
  }

  /// The subschemas of the member `name`.
  Places for_member(const Places& places, std::string_view name) {
    steps_ += places.size();
    if (steps_ > limits_.steps_max) return {};
    Places found;
    for (const Place place : places) {
      View& schema = *view(place);
      const auto& properties = properties_of(schema);
      if (const auto property = properties.find(name); property != properties.end()) {
        found.push_back(property->second);
      } else if (!schema.keywords.has(Keyword::pattern_properties)) {
        const auto rest = schema.keywords[Keyword::additional_properties];
        if (rest) found.push_back(schema.part(*rest));
      }
    }
    return closure_of_all(found);
  }

  /// The `default` of a property, the nearest first.
  std::optional<Place> default_of(Place property) {
    View* schema = view(property);
    if (schema == nullptr || depth_ >= k_looked_behind_max) return std::nullopt;
    if (schema->default_value) return *schema->default_value;
    schema->default_value.emplace();  // for a reference that leads here again
    ++depth_;
    const auto own = schema->keywords[Keyword::default_];
    const auto found = own ? schema->part(*own) : default_of(applied_by(*schema));
    --depth_;
    schema->default_value = found;
    return found;
  }

  /// Of defaults that stand equally near and differ, none.
  std::optional<Place> default_of(const Places& properties) {
    std::optional<Place> found;
    for (const Place place : properties) {
      const auto one = default_of(place);
      if (!one) continue;
      if (found && !equal(sources_.value(*found), sources_.value(*one))) return std::nullopt;
      if (!found) found = one;
    }
    return found;
  }

  // ---- Writing

  void write(Value value, const Places& places, Wrapping wrapping) {
    steps_ += 1 + places.size();
    if (places.empty() || steps_ > limits_.steps_max) return json::append_compact(out_, value);
    if (adaptation_.coerce && write_coerced(value, places, wrapping)) return;
    if (value.is_object()) {
      write_object(value, places);
    } else if (value.is_array()) {
      write_array(value, places);
    } else {
      out_ += value.raw();
    }
  }

  bool write_coerced(Value value, const Places& places, Wrapping wrapping) {
    const Kinds kinds = kinds_of(places);
    if ((kinds & kinds_of_value(value)) != 0) return false;
    if (const auto token = other_reading(value, kinds)) {
      out_ += *token;
      changed_ = true;
      return true;
    }
    if (kinds != k_array || wrapping == Wrapping::done || !may_stand_alone(value)) return false;
    const Places item = for_item(places, 0);
    const Kinds item_kinds = kinds_of(item);
    if ((item_kinds & kinds_of_value(value)) == 0 && !other_reading(value, item_kinds))
      return false;
    out_ += '[';
    write(value, item, Wrapping::done);
    out_ += ']';
    changed_ = true;
    return true;
  }

  void write_array(Value array, const Places& places) {
    std::size_t listed = 0;
    for (const Place place : places) {
      listed = std::max(listed, items_of(*view(place)).listed.size());
    }
    const Places rest = for_item(places, listed);
    out_ += '[';
    std::size_t index = 0;
    for (const Value item : array.elements()) {
      if (index > 0) out_ += ',';
      write(item, index < listed ? for_item(places, index) : rest, Wrapping::allowed);
      ++index;
    }
    out_ += ']';
  }

  void write_object(Value object, const Places& places) {
    out_ += '{';
    bool is_first = true;
    for (const auto& [key, value] : object.members()) {
      if (!std::exchange(is_first, false)) out_ += ',';
      out_ += key.raw();
      out_ += ':';
      write(value, for_member(places, Text(key).view()), Wrapping::allowed);
    }
    if (adaptation_.fill_defaults) write_defaults(object, places, is_first);
    out_ += '}';
  }

  /// Names of the properties for which default_of() may have an answer, in the schema's order.
  const std::vector<std::string>& names_with_default(View& schema) {
    if (schema.defaults) return *schema.defaults;
    auto& names = schema.defaults.emplace();
    if (const auto properties = schema.keywords[Keyword::properties]) {
      for (const auto& [key, property] : properties->members()) {
        if (default_of(schema.part(property))) names.push_back(*key.as_string());
      }
    }
    return names;
  }

  void write_defaults(Value object, const Places& places, bool is_first) {
    if (nested_defaults_ >= limits_.nested_defaults_max) return;
    const auto have_one = [&](Place place) { return !names_with_default(*view(place)).empty(); };
    if (std::ranges::none_of(places, have_one)) return;
    std::set<std::string> known;  // names that are there, and those that were decided on
    for (const auto& [key, value] : object.members()) known.insert(*key.as_string());
    for (const Place place : places) {
      for (const std::string& name : names_with_default(*view(place))) {
        if (++steps_ > limits_.steps_max) return;
        if (known.insert(name).second) write_default(name, places, is_first);
      }
    }
  }

  void write_default(const std::string& name, const Places& places, bool& is_first) {
    Places properties;
    for (const Place place : places) {
      const auto& named = properties_of(*view(place));
      if (const auto property = named.find(name); property != named.end()) {
        properties.push_back(property->second);
      }
    }
    const auto place = default_of(properties);
    if (!place) return;
    const Value value = sources_.value(*place);
    const std::size_t bytes = name.size() + value.raw().size();
    if (added_bytes_ + bytes > limits_.added_bytes_max) return;
    added_bytes_ += bytes;
    changed_ = true;
    if (!std::exchange(is_first, false)) out_ += ',';
    json::append_string(out_, name);
    out_ += ':';
    ++nested_defaults_;
    write(value, for_member(places, name), Wrapping::allowed);
    --nested_defaults_;
  }

  Sources& sources_;
  SchemaAdaptation adaptation_;
  const AdaptLimits& limits_;
  const Places nothing_;
  std::map<Place, std::optional<View>> views_;
  std::string out_;
  bool changed_ = false;
  int depth_ = 0;  // of what kinds_of() and default_of() look behind
  int nested_defaults_ = 0;
  std::size_t added_bytes_ = 0;
  std::size_t steps_ = 0;
};

}  // namespace

bool may_have_defaults(const Sources& sources) {
  return std::ranges::any_of(sources.resources(), [&](const Resource& resource) {
    if (resource.root.node != 0) return false;  // it is inside of another
    const std::string_view text = sources.value(resource.root).raw();
    // The key may be spelt with escape sequences.
    return text.contains("\"default\"") || text.contains("\\u");
  });
}

std::optional<std::string> adapt(Sources& sources, Place root, Value instance,
                                 SchemaAdaptation adaptation, const AdaptLimits& limits) {
  if (!adaptation.fill_defaults && !adaptation.coerce) return std::nullopt;
  return Adapter(sources, adaptation, limits).run(root, instance);
}

}  // namespace collet::schema
