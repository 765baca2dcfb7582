// Walks the subschemas of a document once, when it is loaded. Internal to sources.cpp.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "schema/shape.hpp"
#include "schema/sources.hpp"

namespace collet::schema {

/// Checks the shape of every keyword, and notes which resource each subschema belongs to, where
/// resources begin, and their anchors. Ends at the first fault.
class Sources::Indexer {
 public:
  /// How a subschema was come upon.
  enum class Way : std::uint8_t {
    keywords,  ///< from the document's root: its metaschema judges it, its names can be referred to
    reference,  ///< no keyword makes it a schema: what it names is found by nobody, so that it does
                ///< not matter which reference is met first
  };

  /// All of them outlive it.
  Indexer(Sources& sources, std::uint32_t document, Way way);

  /// `resource` is the one around `subschema`, or its own where it is a document's root.
  [[nodiscard]] std::expected<void, SchemaError> walk(json::Value subschema,
                                                      std::uint32_t resource);

 private:
  [[nodiscard]] std::unexpected<SchemaError> fault(json::Value where, std::string message) const;
  [[nodiscard]] std::expected<void, SchemaError> walk_unknown(json::Value subschema,
                                                              std::uint32_t resource);
  [[nodiscard]] std::expected<void, SchemaError> walk_keyword(const KeywordRow& row,
                                                              json::Value value,
                                                              std::uint32_t resource);
  [[nodiscard]] std::expected<void, SchemaError> check(const KeywordRow& row, json::Value subschema,
                                                       json::Value value, SchemaDraft draft) const;
  [[nodiscard]] std::expected<std::uint32_t, SchemaError> enter(json::Value subschema,
                                                                std::uint32_t outer);
  [[nodiscard]] std::expected<std::uint32_t, SchemaError> name(json::Value subschema,
                                                               json::Value id, std::uint32_t outer,
                                                               const Dialect& dialect);
  [[nodiscard]] std::expected<std::uint32_t, SchemaError> begin_resource(json::Value subschema,
                                                                         json::Value id,
                                                                         std::string uri,
                                                                         std::uint32_t outer,
                                                                         const Dialect& dialect);
  [[nodiscard]] std::expected<void, SchemaError> note_anchors(json::Value subschema,
                                                              std::uint32_t resource);
  [[nodiscard]] std::expected<void, SchemaError> note_anchor(json::Value subschema,
                                                             json::Value spelt, std::string name,
                                                             std::uint32_t resource);

  Sources& sources_;
  std::uint32_t document_;
  Strictness strictness_;
  Way way_;
};

}  // namespace collet::schema
