// The documents of a schema: where its resources begin, what its identifiers and references mean.
// Everything here is about text and names; nothing of it is needed to judge an instance.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collet/schema.hpp"
#include "json/document.hpp"
#include "schema/dialect.hpp"
#include "schema/keywords.hpp"

namespace collet::schema {

/// A value in one of the documents: a subschema, or a keyword's value.
struct Place {
  std::uint32_t document = 0;
  std::uint32_t node = 0;  ///< tape index
  auto operator<=>(const Place&) const = default;
};

/// A schema resource (2020-12 core, section 4.3.5): a document's root, or what has an `$id` of its
/// own.
struct Resource {
  std::string uri;  ///< without fragment; empty where nothing says where the schema is from
  Place root;
  std::uint32_t outer = 0;  ///< the resource around it; itself for a document's
  const Dialect* dialect = nullptr;
  std::map<std::string, Place, std::less<>> anchors;
  /// Those of them that `$dynamicRef` looks for. `$recursiveAnchor: true` is the one named "".
  std::map<std::string, Place, std::less<>> dynamic_anchors;
};

/// Loads documents, checks the shape of every keyword, and resolves references. One thread.
class Sources {
 public:
  /// `options` outlives it.
  explicit Sources(const SchemaOptions& options);
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;

  /// Reads the schema itself: document 0, whose root is Place{0, 0}.
  [[nodiscard]] std::expected<Place, SchemaError> load_root(std::string text);
  /// What `reference` means at `from`. Loads the document where it is not known yet: the
  /// metaschemas by themselves, others from the resolver.
  [[nodiscard]] std::expected<Place, SchemaError> resolve(Place from, std::string_view reference);

  [[nodiscard]] json::Value value(Place place) const;
  /// The resource that `place` belongs to: an index into `resources()`.
  [[nodiscard]] std::uint32_t resource_at(Place place) const;
  [[nodiscard]] const std::deque<Resource>& resources() const { return resources_; }
  [[nodiscard]] const Dialect& dialect_at(Place place) const {
    return *resources_[resource_at(place)].dialect;
  }
  /// The name by which `reference`, a `$dynamicRef` or `$recursiveRef` that leads to `to`, asks for
  /// the outermost dynamic anchor of that name; nothing where it is a reference like any other
  /// (2020-12 core, section 8.2.3.2; 2019-09 core, section 8.2.4.2.1).
  [[nodiscard]] std::optional<std::string> dynamic_name(Keyword keyword, std::string_view reference,
                                                        Place to) const;
  /// Whether `format` is an assertion at `place`.
  [[nodiscard]] bool asserts_format(Place place) const;

  /// RFC 6901 pointer to `place` from its document's root.
  [[nodiscard]] std::string pointer(Place place) const;
  /// URI of the resource with the pointer inside it as fragment.
  [[nodiscard]] std::string absolute_location(Place place) const;
  [[nodiscard]] SchemaError error(Place place, std::string message) const;

  /// The texts that the resolver gave, by URI: with them the same sources can be read again.
  [[nodiscard]] std::map<std::string, std::string, std::less<>> resolved_texts() const;

 private:
  using DocumentPtr = std::shared_ptr<const json::Document>;

  struct Source {
    std::string uri;  ///< where it was retrieved from
    DocumentPtr document;
    std::vector<std::uint32_t> resources;  ///< in document order; the root's is the first
    /// By tape index: the resource of each subschema that was checked, decided once; k_unchecked
    /// for all other values.
    std::vector<std::uint32_t> resource_of;
  };
  /// A document that somebody asked for by URI: to apply it, or for what its `$vocabulary` says.
  struct Retrieved {
    DocumentPtr document;
    enum class From : std::uint8_t { collet, resolver } from;
  };
  static constexpr std::uint32_t k_unchecked = 0xFFFFFFFF;
  class Indexer;

  // Errors that are strings are sentences without a place.
  [[nodiscard]] std::expected<DocumentPtr, std::string> read(std::string text) const;
  [[nodiscard]] std::expected<DocumentPtr, std::string> retrieve(std::string_view uri);
  [[nodiscard]] std::expected<std::optional<std::string>, std::string> ask_resolver(
      std::string_view uri);
  [[nodiscard]] std::expected<Place, SchemaError> add(std::string uri, DocumentPtr document,
                                                      const Dialect& dialect);
  [[nodiscard]] std::expected<std::uint32_t, std::string> find_resource(std::string_view uri,
                                                                        const Dialect& dialect);
  [[nodiscard]] std::expected<const Dialect*, std::string> find_dialect(std::string_view uri);
  [[nodiscard]] std::string too_long(std::size_t bytes) const;
  /// The place that `pointer` names, and the resource of the last subschema on the way.
  struct Step {
    Place place;
    std::uint32_t resource;
  };
  [[nodiscard]] std::optional<Step> follow(std::uint32_t resource, std::string_view pointer);
  [[nodiscard]] std::optional<json::Value> child(Place container, const std::string& token);

  const SchemaOptions* options_;
  std::deque<Source> sources_;
  std::deque<Resource> resources_;
  std::unordered_map<std::string, std::uint32_t> by_uri_;
  /// The children of containers that have many, by pointer token: `$defs` of generated schemas.
  std::map<Place, std::unordered_map<std::string, std::uint32_t>> wide_containers_;
  std::map<std::string, Dialect, std::less<>> custom_dialects_;
  std::map<std::string, Retrieved, std::less<>> retrieved_;
  std::size_t resolved_bytes_ = 0;  ///< of the documents that the resolver gave
};

}  // namespace collet::schema
