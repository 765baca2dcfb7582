// The compiler at work: it goes from subschema to subschema, and the functions of emit.hpp
// write what each asks. Internal to compile/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "collet/schema.hpp"
#include "json/document.hpp"
#include "schema/compile/builder.hpp"
#include "schema/compile/subschema.hpp"
#include "schema/pattern/patterns.hpp"
#include "schema/program.hpp"
#include "schema/sources.hpp"

namespace collet::schema::compiling {

/// One compilation. The first error counts; what is written behind it is thrown away.
class Compiler {
 public:
  /// All three outlive it.
  Compiler(Sources& sources, const SchemaLimits& limits, Patterns& patterns)
      : sources_(sources), limits_(limits), patterns_(patterns) {}

  /// To be called once.
  [[nodiscard]] std::expected<Program, SchemaError> compile(Place root);

  // ---- For the functions of keywords
  [[nodiscard]] Sources& sources() { return sources_; }
  [[nodiscard]] Builder& builder() { return builder_; }
  void refuse(Place place, std::string message);
  /// What `to` becomes as it is applied from `from`: where another resource begins between them, it
  /// has to be entered.
  [[nodiscard]] Target applied(Place from, Place to);
  [[nodiscard]] Target applied(const Subschema& from, json::Value to) {
    return applied(from.place, from.at(to));
  }
  /// Where `reference` in the subschema at `place` leads; nothing where it was refused.
  [[nodiscard]] std::optional<Place> referred(Place place, json::Value reference);
  /// The index of a pattern; of one that was refused, any.
  [[nodiscard]] std::uint32_t add_pattern(Place place, const std::string& source);
  /// The index of what dynamic references look for by `name`.
  [[nodiscard]] std::uint32_t dynamic_anchor(const std::string& name);
  /// Emits what the subschema at `place` asks into the current block.
  void emit_subschema(Place place, Part part);

 private:
  /// A name that dynamic references look for.
  struct DynamicName {
    std::uint32_t anchor = 0;  ///< into dynamic_anchors
    std::uint32_t resources_seen = 0;
  };
  struct PlaceHash {
    std::size_t operator()(Place place) const {
      return std::hash<std::uint64_t>()(std::uint64_t{place.document} << 32U | place.node);
    }
  };
  using Targets = std::unordered_map<Place, Target, PlaceHash>;

  [[nodiscard]] Target target_of(Place place);
  [[nodiscard]] Target new_target(Place place);
  [[nodiscard]] Target target_of_keywords(const Subschema& schema);
  void emit_block(std::uint32_t number);
  [[nodiscard]] bool find_dynamic_meanings();

  Sources& sources_;
  const SchemaLimits& limits_;
  Patterns& patterns_;
  Builder builder_;
  Targets targets_;  ///< what subschemas become
  Targets entered_;  ///< the same for those whose resource is entered on the way
  std::unordered_map<std::string, DynamicName> dynamic_names_;
  std::uint32_t subschemas_ = 0;
  std::optional<SchemaError> error_;
};

}  // namespace collet::schema::compiling
