#include "schema/sources.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "json/pointer.hpp"
#include "schema/explain/wording.hpp"
#include "schema/metaschemas.hpp"
#include "schema/uri.hpp"
#include "schema/value/equality.hpp"
#include "schema/value/number.hpp"

namespace collet::schema {
namespace {

using json::Kind;
using json::Value;

/// Values are quoted in messages up to this length.
constexpr std::size_t k_quoted_bytes_max = 60;

std::string quoted(Value value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  std::string text(value.raw());
  return text.size() <= k_quoted_bytes_max
             ? text
             : "a longer " + std::string(value.is_string() ? "string" : "number");
}

bool is_count(Value value) {
  if (!value.is_number()) return false;
  const Number number(value.raw());
  return number.is_integer() && (!number.is_negative() || number.is_zero());
}

bool all_strings(Value list) {
  return list.is_array() &&
         std::ranges::all_of(list.elements(), [](Value element) { return element.is_string(); });
}

constexpr std::string_view k_type_names[] = {"null",   "boolean", "integer", "number",
                                             "string", "array",   "object"};
constexpr std::string_view k_type_wanted =
    "must be one of null, boolean, integer, number, string, array, object, or a list of them";

bool is_type_name(Value value) {
  return std::ranges::any_of(k_type_names,
                             [&](std::string_view name) { return value.equals(name); });
}

/// What is wrong with `value` as far as it is no subschema itself; empty where nothing is.
std::string_view shape_fault(Shape shape, Value value) {
  const auto each_member = [&](auto&& fits) {
    return value.is_object() && std::ranges::all_of(value.members(), [&](const json::Member& m) {
             return fits(m.value);
           });
  };
  switch (shape) {
    case Shape::anything:
    case Shape::subschema:
      return {};
    case Shape::boolean:
      return value.kind() == Kind::boolean ? "" : "must be true or false";
    case Shape::text:
      return value.is_string() ? "" : "must be a string";
    case Shape::count:
      return is_count(value) ? "" : "must be a non-negative integer";
    case Shape::number:
      return value.is_number() ? "" : "must be a number";
    case Shape::positive_number: {
      const bool fits =
          value.is_number() && !Number(value.raw()).is_zero() && !Number(value.raw()).is_negative();
      return fits ? "" : "must be a number greater than 0";
    }
    case Shape::list:
      return value.is_array() ? "" : "must be an array";
    case Shape::names:
      return all_strings(value) ? "" : "must be an array of property names";
    case Shape::name_lists:
      return each_member(all_strings) ? "" : "must be an object of arrays of property names";
    case Shape::type:
      if (is_type_name(value)) return {};
      return value.is_array() && value.size() > 0 &&
                     std::ranges::all_of(value.elements(), is_type_name)
                 ? ""
                 : k_type_wanted;
    case Shape::vocabularies:
      return each_member([](Value v) { return v.kind() == Kind::boolean; })
                 ? ""
                 : "must be an object of true and false";
    case Shape::subschemas:
      return value.is_array() && value.size() > 0 ? "" : "must be a non-empty array of schemas";
    case Shape::subschema_map:
    case Shape::dependencies:
      return value.is_object() ? "" : "must be an object of schemas";
    case Shape::subschema_or_list:
      return {};
  }
  return {};
}

const KeywordRow* keyword_row(Value key, const Dialect& dialect) {
  const std::string_view token = key.raw();
  if (token.find('\\') != std::string_view::npos) return find_keyword(*key.as_string(), dialect);
  return find_keyword(token.substr(1, token.size() - 2), dialect);
}

std::string type_of(Value value) {
  switch (value.kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "a boolean";
    case Kind::number:
      return "a number";
    case Kind::string:
      return "a string";
    case Kind::array:
      return "an array";
    case Kind::object:
      return "an object";
  }
  return "nothing";
}

}  // namespace

// ---- Walking a document

/// Walks the subschemas of one document: checks shapes, notes resources and anchors.
class Sources::Indexer {
 public:
  /// Whether identifiers and anchors count. A place that no keyword makes a schema becomes one by
  /// being referred to; what it names is found by nobody, whatever is met first.
  enum class Names : std::uint8_t { counted, ignored };

  Indexer(Sources& sources, std::uint32_t document, Names names)
      : sources_(sources), document_(document), names_(names) {}

  std::expected<void, SchemaError> walk(Value subschema, std::uint32_t resource) {
    std::uint32_t& known = sources_.sources_[document_].resource_of[subschema.index()];
    if (known != k_unchecked) return {};
    known = resource;
    if (subschema.kind() == Kind::boolean) return {};
    if (!subschema.is_object()) {
      return fault(subschema, "a schema must be an object or a boolean, not " + type_of(subschema));
    }
    std::uint32_t inside = resource;
    if (names_ == Names::counted) {
      auto entered = enter(subschema, resource);
      if (!entered) return std::unexpected(std::move(entered.error()));
      inside = known = *entered;
    }
    const Dialect& dialect = *sources_.resources_[inside].dialect;
    const bool ref_alone = dialect.ref_stands_alone() && is_text(subschema.find("$ref"));
    for (const auto& [key, value] : subschema.members()) {
      const KeywordRow* row = keyword_row(key, dialect);
      if (row == nullptr || (ref_alone && !holds_subschemas(row->shape))) continue;
      if (auto done = visit(*row, value, inside, ref_alone); !done) return done;
    }
    return {};
  }

 private:
  std::expected<void, SchemaError> fault(Value where, std::string message) const {
    return std::unexpected(sources_.error({document_, where.index()}, std::move(message)));
  }

  static bool is_text(const std::optional<Value>& value) { return value && value->is_string(); }

  static bool holds_subschemas(Shape shape) { return shape >= Shape::subschema; }

  std::expected<void, SchemaError> visit(const KeywordRow& row, Value value, std::uint32_t resource,
                                         bool ref_alone) {
    if (const auto wanted = shape_fault(row.shape, value); !wanted.empty()) {
      if (ref_alone) return {};
      return fault(value,
                   std::string(row.name) + " " + std::string(wanted) + "; got " + quoted(value));
    }
    switch (row.shape) {
      case Shape::subschema:
        return walk(value, resource);
      case Shape::subschema_or_list:
        if (!value.is_array()) return walk(value, resource);
        [[fallthrough]];
      case Shape::subschemas:
        for (const Value element : value.elements()) {
          if (auto done = walk(element, resource); !done) return done;
        }
        return {};
      case Shape::subschema_map:
        for (const auto& [key, element] : value.members()) {
          if (auto done = walk(element, resource); !done) return done;
        }
        return {};
      case Shape::dependencies:
        for (const auto& [key, element] : value.members()) {
          if (element.is_array()) {
            if (all_strings(element)) continue;
            return fault(element, "a dependency must be a schema or an array of property names");
          }
          if (auto done = walk(element, resource); !done) return done;
        }
        return {};
      default:
        return {};
    }
  }

  /// The resource that `subschema` belongs to: the one around it, or the one that begins here.
  std::expected<std::uint32_t, SchemaError> enter(Value subschema, std::uint32_t outer) {
    const bool is_root = subschema.index() == 0;
    const Dialect* dialect = sources_.resources_[outer].dialect;
    const auto declared = subschema.find("$schema");
    auto id = identifier(subschema, *dialect);
    if (is_text(declared) && (is_root || id)) {
      auto found = sources_.find_dialect(*declared->as_string());
      if (!found) {
        return std::unexpected(sources_.error({document_, declared->index()}, found.error()));
      }
      dialect = *found;
      id = identifier(subschema, *dialect);
    }
    std::uint32_t inside = outer;
    if (is_root) sources_.resources_[outer].dialect = dialect;
    if (id) {
      auto named = name(subschema, *id, outer, *dialect);
      if (!named) return std::unexpected(std::move(named.error()));
      inside = *named;
    }
    note_anchors(subschema, inside);
    return inside;
  }

  /// The value of `$id` (`id` in draft-04), where it counts.
  static std::optional<Value> identifier(Value subschema, const Dialect& dialect) {
    const auto id = subschema.find(dialect.draft == SchemaDraft::draft4 ? "id" : "$id");
    if (!is_text(id) || !dialect.has(Vocabulary::core)) return std::nullopt;
    if (dialect.ref_stands_alone() && is_text(subschema.find("$ref"))) return std::nullopt;
    return id;
  }

  std::expected<std::uint32_t, SchemaError> name(Value subschema, Value id, std::uint32_t outer,
                                                 const Dialect& dialect) {
    const std::string reference = *id.as_string();
    const std::string full = resolve_uri(sources_.resources_[outer].uri, reference);
    if (full.size() > sources_.options_->limits.uri_bytes_max) {
      return std::unexpected(
          sources_.error({document_, id.index()}, sources_.too_long(full.size())));
    }
    const SplitUri split = split_fragment(full);
    const Place place{document_, subschema.index()};
    if (!split.fragment.empty()) {
      // Up to draft-07 an $id that is a fragment is what $anchor is later.
      if (!dialect.ref_stands_alone()) {
        return std::unexpected(
            sources_.error({document_, id.index()},
                           "$id must not have a fragment; use $anchor; got " + quoted(id)));
      }
      if (split.fragment.front() != '/') {
        sources_.resources_[outer].anchors.try_emplace(split.fragment, place);
      }
      if (reference.starts_with('#')) return outer;
    }
    if (subschema.index() == 0) {
      Resource& root = sources_.resources_[outer];
      root.uri = split.without_fragment;
      sources_.by_uri_.try_emplace(root.uri, outer);
      return outer;
    }
    const auto number = static_cast<std::uint32_t>(sources_.resources_.size());
    const auto [known, is_new] =
        sources_.by_uri_.try_emplace(std::string(split.without_fragment), number);
    if (!is_new) {
      const Place first = sources_.resources_[known->second].root;
      if (!equal(sources_.value(first), subschema)) {
        return std::unexpected(
            sources_.error({document_, id.index()},
                           "the identifier " + quoted(id) + " names two different schemas"));
      }
    }
    sources_.resources_.push_back(
        {std::string(split.without_fragment), place, outer, &dialect, {}, {}});
    auto& here = sources_.sources_[document_].resources;
    const auto root_of = [&](std::uint32_t r) { return sources_.resources_[r].root.node; };
    here.insert(std::ranges::upper_bound(here, place.node, {}, root_of), number);
    return number;
  }

  void note_anchors(Value subschema, std::uint32_t resource) {
    Resource& inside = sources_.resources_[resource];
    const Dialect& dialect = *inside.dialect;
    if (dialect.ref_stands_alone()) return;
    const Place place{document_, subschema.index()};
    const auto note = [&](std::string_view keyword) -> std::optional<std::string> {
      if (find_keyword(keyword, dialect) == nullptr) return std::nullopt;
      const auto value = subschema.find(keyword);
      return value ? value->as_string() : std::nullopt;
    };
    if (auto anchor = note("$anchor")) inside.anchors.try_emplace(std::move(*anchor), place);
    if (auto anchor = note("$dynamicAnchor")) {
      inside.anchors.try_emplace(*anchor, place);
      inside.dynamic_anchors.try_emplace(std::move(*anchor), place);
    }
    if (dialect.draft == SchemaDraft::draft2019_09 && inside.root == place) {
      const auto recursive = subschema.find("$recursiveAnchor");
      if (recursive && recursive->as_bool() == true) inside.dynamic_anchors.try_emplace("", place);
    }
  }

  Sources& sources_;
  std::uint32_t document_;
  Names names_;
};

// ---- Sources

std::string Sources::too_long(std::size_t bytes) const {
  return "the URI has " + std::to_string(bytes) + " bytes; the limit is " +
         std::to_string(options_->limits.uri_bytes_max);
}

Sources::Sources(const SchemaOptions& options) : options_(&options) {}

std::expected<Place, SchemaError> Sources::load_root(std::string text) {
  return load(options_->base_uri, std::move(text), dialect_of(options_->draft));
}

std::expected<Place, SchemaError> Sources::load(std::string uri, std::string text,
                                                const Dialect& dialect) {
  const SchemaLimits& limits = options_->limits;
  const std::string shown_uri = sources_.empty() ? "" : uri;
  if (sources_.size() >= limits.documents_max) {
    return std::unexpected(SchemaError{
        {},
        "the schema refers to more than " + std::to_string(limits.documents_max) + " documents",
        shown_uri});
  }
  if (text.size() > limits.bytes_max) {
    return std::unexpected(SchemaError{{},
                                       "the schema has " + std::to_string(text.size()) +
                                           " bytes; the limit is " +
                                           std::to_string(limits.bytes_max),
                                       shown_uri});
  }
  auto parsed = json::Document::parse(std::move(text), {.depth_max = limits.depth_max});
  if (!parsed) {
    return std::unexpected(
        SchemaError{{},
                    parsed.error().message + " at byte " + std::to_string(parsed.error().offset),
                    shown_uri});
  }
  const auto number = static_cast<std::uint32_t>(sources_.size());
  const auto resource = static_cast<std::uint32_t>(resources_.size());
  const Place root{number, 0};
  const std::string base(split_fragment(uri).without_fragment);
  const std::size_t nodes = parsed->root().tape().size;
  sources_.push_back({std::move(uri),
                      std::move(*parsed),
                      {resource},
                      std::vector<std::uint32_t>(nodes, k_unchecked)});
  resources_.push_back({base, root, resource, &dialect, {}, {}});
  by_uri_.try_emplace(base, resource);
  if (auto done = Indexer(*this, number, Indexer::Names::counted).walk(value(root), resource);
      !done) {
    return std::unexpected(std::move(done.error()));
  }
  return root;
}

std::optional<std::string> Sources::text_of(std::string_view uri) {
  if (const auto known = metaschema_text(uri)) return std::string(*known);
  if (const auto known = resolved_texts_.find(uri); known != resolved_texts_.end()) {
    return known->second;
  }
  if (!options_->resolver) return std::nullopt;
  auto text = options_->resolver(uri);
  if (text) resolved_texts_.emplace(uri, *text);
  return text;
}

std::expected<const Dialect*, std::string> Sources::find_dialect(std::string_view uri) {
  if (const auto draft = draft_named(uri)) return &dialect_of(*draft);
  const std::string name(split_fragment(uri).without_fragment);
  if (const auto known = custom_dialects_.find(name); known != custom_dialects_.end()) {
    return &known->second;
  }
  if (custom_dialects_.size() >= options_->limits.documents_max)
    return std::unexpected("the schema names more than " +
                           std::to_string(options_->limits.documents_max) + " metaschemas");
  auto text = text_of(name);
  if (!text) {
    return std::unexpected("$schema names a dialect that is not known: " + wording::quoted(name) +
                           "; the drafts 4, 6, 7, 2019-09 and 2020-12 are");
  }
  if (text->size() > options_->limits.bytes_max) {
    return std::unexpected("the metaschema " + wording::quoted(name) + " is too large");
  }
  const auto metaschema =
      json::Document::parse(std::move(*text), {.depth_max = options_->limits.depth_max});
  if (!metaschema)
    return std::unexpected("the metaschema " + wording::quoted(name) + " is not JSON");
  // Entered before its own metaschema is looked up, so that a circle ends.
  Dialect& dialect = custom_dialects_[name];
  dialect = dialect_of(options_->draft);
  if (const auto above = metaschema->root().find("$schema"); above && above->is_string()) {
    auto base = find_dialect(*above->as_string());
    if (!base) return base;
    dialect = **base;
  }
  const auto vocabularies = metaschema->root().find("$vocabulary");
  if (dialect.ref_stands_alone() || !vocabularies || !vocabularies->is_object()) return &dialect;
  dialect.vocabularies = 1U << static_cast<unsigned>(Vocabulary::core);
  dialect.asserts_format = false;
  for (const auto& [key, required] : vocabularies->members()) {
    const std::string vocabulary_uri = *key.as_string();
    const auto vocabulary = vocabulary_named(vocabulary_uri);
    const bool needed = required.as_bool().value_or(true);
    if (!vocabulary) {
      if (!needed) continue;
      return std::unexpected("the dialect " + wording::quoted(name) + " needs the vocabulary " +
                             wording::quoted(vocabulary_uri) + ", which is not known");
    }
    dialect.vocabularies |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(*vocabulary));
    if (vocabulary_uri.ends_with("/format-assertion") ||
        (vocabulary_uri.ends_with("/format") && needed)) {
      dialect.asserts_format = true;
    }
  }
  return &dialect;
}

std::expected<std::uint32_t, std::string> Sources::find_resource(std::string_view uri,
                                                                 const Dialect& dialect) {
  if (const auto known = by_uri_.find(std::string(uri)); known != by_uri_.end()) {
    return known->second;
  }
  auto text = text_of(uri);
  if (!text) {
    return std::unexpected("nothing is known of " + wording::quoted(uri) +
                           "; schemas are never fetched from the network: put the definition "
                           "into the schema itself");
  }
  auto loaded = load(std::string(uri), std::move(*text), dialect);
  if (!loaded) {
    const SchemaError& error = loaded.error();
    return std::unexpected(wording::quoted(uri) + " is not usable: " +
                           (error.pointer.empty() ? "" : error.pointer + ": ") + error.message);
  }
  return resource_at(*loaded);
}

std::expected<Place, SchemaError> Sources::resolve(Place from, std::string_view reference) {
  const auto refuse = [&](const std::string& why) {
    return std::unexpected(error(from, wording::quoted(reference) + " cannot be resolved: " + why));
  };
  const std::uint32_t here = resource_at(from);
  const std::string full = resolve_uri(resources_[here].uri, reference);
  if (full.size() > options_->limits.uri_bytes_max) return refuse(too_long(full.size()));
  const SplitUri split = split_fragment(full);
  auto found = split.without_fragment == resources_[here].uri
                   ? std::expected<std::uint32_t, std::string>(here)
                   : find_resource(split.without_fragment, *resources_[here].dialect);
  if (!found) return refuse(found.error());
  const Resource& resource = resources_[*found];
  if (split.fragment.empty()) return resource.root;
  if (split.fragment.front() != '/') {
    const auto anchor = resource.anchors.find(split.fragment);
    if (anchor == resource.anchors.end()) return refuse("there is no anchor of that name");
    return anchor->second;
  }
  const auto target = follow(*found, split.fragment);
  if (!target) return refuse("the pointer leads nowhere");
  Indexer indexer(*this, target->place.document, Indexer::Names::ignored);
  if (auto done = indexer.walk(value(target->place), target->resource); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return target->place;
}

std::optional<std::string> Sources::dynamic_name(Keyword keyword, std::string_view reference,
                                                 Place to) const {
  const SplitUri split = split_fragment(reference);
  // A fragment that is a pointer, or none, names no anchor; `$recursiveRef` is always "#".
  if (keyword == Keyword::dynamic_ref && split.fragment.empty()) return std::nullopt;
  const auto& anchors = resources_[resource_at(to)].dynamic_anchors;
  const auto anchor = anchors.find(split.fragment);
  if (anchor == anchors.end() || anchor->second != to) return std::nullopt;
  return split.fragment;
}

std::optional<Sources::Step> Sources::follow(std::uint32_t resource, std::string_view pointer) {
  Step step{resources_[resource].root, resource};
  while (!pointer.empty()) {
    if (pointer.front() != '/') return std::nullopt;
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    const auto token = json::unescape_token(pointer.substr(1, end - 1));
    if (!token) return std::nullopt;
    const auto next = child(step.place, *token);
    if (!next) return std::nullopt;
    step.place.node = next->index();
    const std::uint32_t known = sources_[step.place.document].resource_of[step.place.node];
    if (known != k_unchecked) step.resource = known;
    pointer.remove_prefix(end);
  }
  return step;
}

std::optional<Value> Sources::child(Place container, const std::string& token) {
  constexpr std::size_t few = 16;
  const Value whole = value(container);
  if (whole.size() <= few) return json::child(whole, token);
  const auto [known, is_new] = wide_containers_.try_emplace(container);
  auto& children = known->second;
  if (is_new) {
    std::size_t position = 0;
    for (const Value element : whole.elements()) {
      children.emplace(std::to_string(position++), element.index());
    }
    // Of a repeated key the last counts.
    for (const auto& [key, member] : whole.members()) children[*key.as_string()] = member.index();
  }
  const auto found = children.find(token);
  if (found == children.end()) return std::nullopt;
  return value({container.document, found->second});
}

Value Sources::value(Place place) const {
  return {sources_[place.document].document.root().tape(), place.node};
}

std::uint32_t Sources::resource_at(Place place) const {
  const Source& source = sources_[place.document];
  if (const std::uint32_t known = source.resource_of[place.node]; known != k_unchecked)
    return known;
  // A keyword's value: of the resources that begin before it, the innermost that ends after it.
  const auto root_of = [&](std::uint32_t r) { return resources_[r].root.node; };
  const auto next = std::ranges::upper_bound(source.resources, place.node, {}, root_of);
  std::uint32_t resource = next == source.resources.begin() ? *next : *std::prev(next);
  const auto* nodes = value(place).tape().nodes.get();
  while (place.node >= nodes[root_of(resource)].next) resource = resources_[resource].outer;
  return resource;
}

bool Sources::asserts_format(Place place) const {
  switch (options_->formats) {
    case SchemaFormats::enforce:
      return true;
    case SchemaFormats::annotate:
      return false;
    case SchemaFormats::as_dialect_says:
      break;
  }
  return dialect_at(place).asserts_format;
}

std::string Sources::pointer(Place place) const {
  std::string out;
  json::append_path(out, value({place.document, 0}), place.node);
  return out;
}

std::string Sources::absolute_location(Place place) const {
  const Resource& resource = resources_[resource_at(place)];
  std::string path;
  json::append_path(path, value(resource.root), place.node);
  return resource.uri + "#" + encode_fragment(path);
}

SchemaError Sources::error(Place place, std::string message) const {
  return {pointer(place), std::move(message),
          place.document == 0 ? std::string() : sources_[place.document].uri};
}

// ---- Keywords

Keywords::Keywords(Value subschema, const Dialect& dialect) : tape_(&subschema.tape()) {
  for (const auto& [key, value] : subschema.members()) {
    const KeywordRow* row = keyword_row(key, dialect);
    if (row == nullptr) continue;
    present_ |= bit_of(row->keyword);
    nodes_[static_cast<std::size_t>(row->keyword)] = value.index();
  }
  if (has(Keyword::ref) && dialect.ref_stands_alone()) present_ = bit_of(Keyword::ref);
}

}  // namespace collet::schema
