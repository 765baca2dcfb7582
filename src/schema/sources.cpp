#include "schema/sources.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "json/pointer.hpp"
#include "schema/indexer.hpp"
#include "schema/metaschemas.hpp"
#include "schema/uri.hpp"
#include "schema/wording.hpp"

namespace collet::schema {

using json::Value;

Sources::Sources(const SchemaOptions& options) : options_(&options) {}

std::string Sources::too_long(std::size_t bytes) const {
  return "the URI has " + std::to_string(bytes) + " bytes; the limit is " +
         std::to_string(options_->limits.uri_bytes_max);
}

// ---- Loading

std::expected<Place, SchemaError> Sources::load_root(std::string text) {
  auto document = read(std::move(text));
  if (!document) return std::unexpected(SchemaError{{}, std::move(document.error())});
  return add(options_->base_uri, std::move(*document), dialect_of(options_->draft));
}

std::expected<Sources::DocumentPtr, std::string> Sources::read(std::string text) const {
  const SchemaLimits& limits = options_->limits;
  if (text.size() > limits.bytes_max) {
    return std::unexpected("the schema has " + std::to_string(text.size()) +
                           " bytes; the limit is " + std::to_string(limits.bytes_max));
  }
  auto document = json::Document::parse(std::move(text), {.depth_max = limits.depth_max});
  if (!document) {
    return std::unexpected(document.error().message + " at byte " +
                           std::to_string(document.error().offset));
  }
  return std::make_shared<const json::Document>(std::move(*document));
}

/// Takes `document` among the sources and walks it.
std::expected<Place, SchemaError> Sources::add(std::string uri, DocumentPtr document,
                                               const Dialect& dialect) {
  if (sources_.size() >= options_->limits.documents_max) {
    return std::unexpected(SchemaError{{},
                                       "the schema refers to more than " +
                                           std::to_string(options_->limits.documents_max) +
                                           " documents",
                                       sources_.empty() ? "" : uri});
  }
  const auto number = static_cast<std::uint32_t>(sources_.size());
  const auto resource = static_cast<std::uint32_t>(resources_.size());
  const Place root{number, 0};
  const std::string base(split_fragment(uri).without_fragment);
  const std::size_t nodes = document->root().tape().size;
  sources_.push_back({std::move(uri),
                      std::move(document),
                      {resource},
                      std::vector<std::uint32_t>(nodes, k_unchecked)});
  resources_.push_back({base, root, resource, &dialect, {}, {}});
  by_uri_.try_emplace(base, resource);
  Indexer indexer(*this, number, Indexer::Way::keywords);
  if (auto done = indexer.walk(value(root), resource); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return root;
}

/// The document with that URI, read once; null where nobody knows it.
std::expected<Sources::DocumentPtr, std::string> Sources::retrieve(std::string_view uri) {
  if (const auto known = retrieved_.find(uri); known != retrieved_.end()) {
    return known->second.document;
  }
  auto from = Retrieved::From::collet;
  std::optional<std::string> text;
  if (const auto known = metaschema_text(uri)) {
    text = *known;
  } else {
    auto given = ask_resolver(uri);
    if (!given) return std::unexpected(std::move(given.error()));
    from = Retrieved::From::resolver;
    text = std::move(*given);
  }
  if (!text) return nullptr;
  auto document = read(std::move(*text));
  if (!document) {
    return std::unexpected(wording::quoted(uri) + " is not usable: " + document.error());
  }
  retrieved_.emplace(uri, Retrieved{*document, from});
  return document;
}

/// The edge to code that is not Collet's: exceptions end here.
std::expected<std::optional<std::string>, std::string> Sources::ask_resolver(std::string_view uri) {
  if (!options_->resolver) return std::nullopt;
  constexpr std::size_t reason_code_points_max = 200;
  const auto failed = [&](std::string_view why) {
    return std::unexpected("the resolver failed for " + wording::quoted(uri) + ": " +
                           wording::one_line(why, reason_code_points_max));
  };
  std::expected<std::optional<std::string>, std::string> text;
  try {
    text = options_->resolver(uri);
  } catch (const std::exception& exception) {
    return failed(exception.what());
  } catch (...) {
    return failed("it threw something that is no std::exception");
  }
  if (!text || !*text) return text;
  resolved_bytes_ += (*text)->size();
  if (resolved_bytes_ > options_->limits.resolved_bytes_max) {
    return std::unexpected("the documents that the schema refers to have more than " +
                           std::to_string(options_->limits.resolved_bytes_max) + " bytes together");
  }
  return text;
}

std::map<std::string, std::string, std::less<>> Sources::resolved_texts() const {
  std::map<std::string, std::string, std::less<>> texts;
  for (const auto& [uri, retrieved] : retrieved_) {
    if (retrieved.from == Retrieved::From::resolver) {
      texts.emplace(uri, retrieved.document->text());
    }
  }
  return texts;
}

std::expected<const Dialect*, std::string> Sources::find_dialect(std::string_view uri) {
  if (const auto draft = draft_named(uri)) return &dialect_of(*draft);
  const std::string name(split_fragment(uri).without_fragment);
  if (const auto known = custom_dialects_.find(name); known != custom_dialects_.end()) {
    return &known->second;
  }
  if (custom_dialects_.size() >= options_->limits.documents_max) {
    return std::unexpected("the schema names more than " +
                           std::to_string(options_->limits.documents_max) + " metaschemas");
  }
  auto metaschema = retrieve(name);
  if (!metaschema) {
    return std::unexpected("$schema names a dialect that cannot be read: " + metaschema.error());
  }
  if (*metaschema == nullptr) {
    return std::unexpected("$schema names a dialect that is not known: " + wording::quoted(name) +
                           "; the drafts 4, 6, 7, 2019-09 and 2020-12 are");
  }
  const Value text = (*metaschema)->root();
  // Entered before its own metaschema is looked up, so that a circle ends.
  Dialect& dialect = custom_dialects_[name];
  dialect = dialect_of(options_->draft);
  if (const auto above = text.find("$schema"); above && above->is_string()) {
    auto base = find_dialect(*above->as_string());
    if (!base) return base;
    dialect = **base;
  }
  const auto vocabularies = text.find("$vocabulary");
  if (dialect.ref_stands_alone() || !vocabularies || !vocabularies->is_object()) return &dialect;
  auto narrowed = with_vocabularies(dialect, *vocabularies);
  if (!narrowed) {
    return std::unexpected("the dialect " + wording::quoted(name) + " needs the vocabulary " +
                           wording::quoted(narrowed.error()) + ", which is not known");
  }
  dialect = *narrowed;
  return &dialect;
}

// ---- References

std::expected<std::uint32_t, std::string> Sources::find_resource(std::string_view uri,
                                                                 const Dialect& dialect) {
  if (const auto known = by_uri_.find(std::string(uri)); known != by_uri_.end()) {
    return known->second;
  }
  auto document = retrieve(uri);
  if (!document) return std::unexpected(std::move(document.error()));
  if (*document == nullptr) {
    return std::unexpected("nothing is known of " + wording::quoted(uri) +
                           "; schemas are never fetched from the network: put the definition "
                           "into the schema itself");
  }
  auto added = add(std::string(uri), std::move(*document), dialect);
  if (!added) {
    const SchemaError& error = added.error();
    return std::unexpected(wording::quoted(uri) + " is not usable: " +
                           (error.pointer.empty() ? "" : error.pointer + ": ") + error.message);
  }
  return resource_at(*added);
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
  Indexer indexer(*this, target->place.document, Indexer::Way::reference);
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

// ---- Places

Value Sources::value(Place place) const {
  return {sources_[place.document].document->root().tape(), place.node};
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

}  // namespace collet::schema
