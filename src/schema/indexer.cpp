#include "schema/indexer.hpp"

#include <algorithm>
#include <utility>

#include "schema/keywords.hpp"
#include "schema/uri.hpp"
#include "schema/value/equality.hpp"
#include "schema/wording.hpp"

namespace collet::schema {
namespace {

using json::Kind;
using json::Value;

bool is_text(const std::optional<Value>& value) {
  return value && value->is_string();
}

/// Whether an identifier, an anchor or a reference may be among its keys: few subschemas have any,
/// and need not be searched for each of them.
bool may_have_names(Value subschema) {
  return std::ranges::any_of(subschema.members(), [](const json::Member& member) {
    const char first = member.key.raw()[1];  // behind the quotation mark
    return first == '$' || first == 'i' || first == '\\';
  });
}

/// Whether `subschema` is a `$ref` beside which nothing else counts.
bool is_lone_reference(Value subschema, const Dialect& dialect) {
  return dialect.ref_stands_alone() && is_text(subschema.find("$ref"));
}

/// The value of `$id` (`id` in draft-04), where it counts.
std::optional<Value> identifier(Value subschema, const Dialect& dialect) {
  const auto id = subschema.find(dialect.draft == SchemaDraft::draft4 ? "id" : "$id");
  if (!is_text(id) || !dialect.has(Vocabulary::core)) return std::nullopt;
  if (is_lone_reference(subschema, dialect)) return std::nullopt;
  return id;
}

}  // namespace

Sources::Indexer::Indexer(Sources& sources, std::uint32_t document, Way way)
    : sources_(sources),
      document_(document),
      strictness_(way == Way::keywords ? Strictness::metaschema : Strictness::evaluation),
      way_(way) {}

std::unexpected<SchemaError> Sources::Indexer::fault(Value where, std::string message) const {
  return std::unexpected(sources_.error({document_, where.index()}, std::move(message)));
}

std::expected<void, SchemaError> Sources::Indexer::walk(Value subschema, std::uint32_t resource) {
  auto& resource_of = sources_.sources_[document_].resource_of;
  if (resource_of[subschema.index()] != k_unchecked) return {};
  resource_of[subschema.index()] = resource;
  auto done = walk_unknown(subschema, resource);
  // Another reference to it has to meet the fault again.
  if (!done) sources_.sources_[document_].resource_of[subschema.index()] = k_unchecked;
  return done;
}

std::expected<void, SchemaError> Sources::Indexer::walk_unknown(Value subschema,
                                                                std::uint32_t resource) {
  const bool has_names = subschema.is_object() && may_have_names(subschema);
  if (has_names && way_ == Way::keywords) {
    auto entered = enter(subschema, resource);
    if (!entered) return std::unexpected(std::move(entered.error()));
    resource = *entered;
    sources_.sources_[document_].resource_of[subschema.index()] = resource;
  }
  const Dialect& dialect = *sources_.resources_[resource].dialect;
  if (auto wrong = schema_fault(subschema, dialect.draft, strictness_)) {
    return fault(subschema, std::move(*wrong));
  }
  const bool alone = has_names && is_lone_reference(subschema, dialect);
  for (const auto& [key, value] : subschema.members()) {
    const KeywordRow* row = find_keyword(key, dialect);
    if (row == nullptr || (alone && !holds_subschemas(row->shape))) continue;
    if (auto fits = check(*row, subschema, value, dialect.draft); !fits) {
      if (alone) continue;  // what it holds can still be referred to, where it is a schema
      return fits;
    }
    if (auto done = walk_keyword(*row, value, resource); !done) return done;
  }
  return {};
}

std::expected<void, SchemaError> Sources::Indexer::check(const KeywordRow& row, Value subschema,
                                                         Value value, SchemaDraft draft) const {
  if (auto wrong = shape_fault(row, value, draft, strictness_)) {
    return fault(wrong->where, std::move(wrong->message));
  }
  if (row.shape == Shape::exclusive_flag && strictness_ == Strictness::metaschema) {
    const std::string limit = row.keyword == Keyword::exclusive_maximum ? "maximum" : "minimum";
    if (!subschema.find(limit)) {
      return fault(value, std::string(row.name) + " needs " + limit + " beside it");
    }
  }
  return {};
}

/// Walks the subschemas that `value` holds, which has the shape of `row`.
std::expected<void, SchemaError> Sources::Indexer::walk_keyword(const KeywordRow& row, Value value,
                                                                std::uint32_t resource) {
  switch (row.shape) {
    case Shape::subschema_or_boolean:
      if (value.kind() != Kind::boolean) return walk(value, resource);
      sources_.sources_[document_].resource_of[value.index()] = resource;
      return {};
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
    case Shape::dependencies:
      for (const auto& [key, element] : value.members()) {
        if (row.shape == Shape::dependencies && element.is_array()) continue;
        if (auto done = walk(element, resource); !done) return done;
      }
      return {};
    default:
      return {};
  }
}

/// The resource that `subschema` belongs to: the one around it, or the one that begins here.
std::expected<std::uint32_t, SchemaError> Sources::Indexer::enter(Value subschema,
                                                                  std::uint32_t outer) {
  const bool is_root = subschema.index() == 0;
  const Dialect* dialect = sources_.resources_[outer].dialect;
  const auto declared = subschema.find("$schema");
  auto id = identifier(subschema, *dialect);
  if (is_text(declared) && (is_root || id)) {
    auto found = sources_.find_dialect(*declared->as_string());
    if (!found) return fault(*declared, std::move(found.error()));
    dialect = *found;
    id = identifier(subschema, *dialect);
  }
  std::uint32_t inside = outer;
  if (is_root) sources_.resources_[outer].dialect = dialect;
  if (id) {
    auto named = name(subschema, *id, outer, *dialect);
    if (!named) return named;
    inside = *named;
  }
  if (auto noted = note_anchors(subschema, inside); !noted) {
    return std::unexpected(std::move(noted.error()));
  }
  return inside;
}

/// Does what `id` says, and returns the resource that `subschema` belongs to.
std::expected<std::uint32_t, SchemaError> Sources::Indexer::name(Value subschema, Value id,
                                                                 std::uint32_t outer,
                                                                 const Dialect& dialect) {
  const std::string reference = *id.as_string();
  const std::string full = resolve_uri(sources_.resources_[outer].uri, reference);
  if (full.size() > sources_.options_->limits.uri_bytes_max) {
    return fault(id, sources_.too_long(full.size()));
  }
  const SplitUri split = split_fragment(full);
  if (!split.fragment.empty()) {
    // Up to draft-07 an $id that is a fragment is what $anchor is later.
    if (!dialect.ref_stands_alone()) {
      return fault(id, "$id must not have a fragment; use $anchor; got " + shown_value(id));
    }
    if (split.fragment.front() != '/') {
      auto noted = note_anchor(subschema, id, split.fragment, outer);
      if (!noted) return std::unexpected(std::move(noted.error()));
    }
    if (reference.starts_with('#')) return outer;
  }
  std::string uri(split.without_fragment);
  if (subschema.index() != 0) return begin_resource(subschema, id, std::move(uri), outer, dialect);
  sources_.by_uri_.try_emplace(uri, outer);
  sources_.resources_[outer].uri = std::move(uri);
  return outer;
}

std::expected<std::uint32_t, SchemaError> Sources::Indexer::begin_resource(
    Value subschema, Value id, std::string uri, std::uint32_t outer, const Dialect& dialect) {
  const auto number = static_cast<std::uint32_t>(sources_.resources_.size());
  const auto [known, is_new] = sources_.by_uri_.try_emplace(uri, number);
  // The same schema twice does no harm.
  if (!is_new && !equal(sources_.value(sources_.resources_[known->second].root), subschema)) {
    return fault(id, "the identifier " + shown_value(id) + " names two different schemas");
  }
  const Place place{document_, subschema.index()};
  sources_.resources_.push_back({std::move(uri), place, outer, &dialect, {}, {}});
  auto& here = sources_.sources_[document_].resources;
  const auto root_of = [&](std::uint32_t r) { return sources_.resources_[r].root.node; };
  here.insert(std::ranges::upper_bound(here, place.node, {}, root_of), number);
  return number;
}

std::expected<void, SchemaError> Sources::Indexer::note_anchors(Value subschema,
                                                                std::uint32_t resource) {
  Resource& inside = sources_.resources_[resource];
  const Dialect& dialect = *inside.dialect;
  if (dialect.ref_stands_alone()) return {};
  const Place place{document_, subschema.index()};
  for (const char* const keyword : {"$anchor", "$dynamicAnchor"}) {
    const KeywordRow* const row = find_keyword(keyword, dialect);
    const auto value = row != nullptr ? subschema.find(keyword) : std::nullopt;
    if (!is_text(value)) continue;
    std::string anchor = *value->as_string();
    if (row->keyword == Keyword::dynamic_anchor) inside.dynamic_anchors.try_emplace(anchor, place);
    if (auto noted = note_anchor(subschema, *value, std::move(anchor), resource); !noted) {
      return noted;
    }
  }
  if (dialect.draft == SchemaDraft::draft2019_09 && inside.root == place) {
    const auto recursive = subschema.find("$recursiveAnchor");
    if (recursive && recursive->as_bool() == true) inside.dynamic_anchors.try_emplace("", place);
  }
  return {};
}

std::expected<void, SchemaError> Sources::Indexer::note_anchor(Value subschema, Value spelt,
                                                               std::string name,
                                                               std::uint32_t resource) {
  const Place place{document_, subschema.index()};
  const auto [known, is_new] = sources_.resources_[resource].anchors.try_emplace(name, place);
  if (is_new || known->second == place) return {};
  return fault(spelt, "the anchor " + wording::quoted(std::string_view(name)) +
                          " names two subschemas of one resource");
}

}  // namespace collet::schema
