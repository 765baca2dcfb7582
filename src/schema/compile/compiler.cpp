#include "schema/compile/compiler.hpp"

#include <utility>
#include <vector>

#include "schema/compile/emit.hpp"
#include "schema/kinds.hpp"
#include "schema/wording.hpp"

namespace collet::schema::compiling {

using json::Value;

std::expected<Program, SchemaError> Compiler::compile(Place root) {
  builder_.tables().root_resource = sources_.resource_at(root);
  builder_.tables().root = target_of(root);
  do {
    while (!error_) {
      const auto block = builder_.take_waiting();
      if (!block) break;
      emit_block(*block);
    }
  } while (!error_ && find_dynamic_meanings());
  if (!error_) {
    const auto endless = builder_.find_endless();
    if (endless) refuse(*endless, "the schema applies itself to the same value for ever");
  }
  if (error_) return std::unexpected(std::move(*error_));
  return builder_.finish();
}

void Compiler::refuse(Place place, std::string message) {
  if (!error_) error_ = sources_.error(place, std::move(message));
}

// ---- What leads to a subschema

Target Compiler::applied(Place from, Place to) {
  const Target target = target_of(to);
  if (!target.has_block() || sources_.resource_at(from) == sources_.resource_at(to)) return target;
  const auto known = entered_.find(to);
  if (known != entered_.end()) return known->second;
  return entered_.emplace(to, builder_.add_block(to, Part::entry)).first->second;
}

Target Compiler::target_of(Place place) {
  if (const auto known = targets_.find(place); known != targets_.end()) return known->second;
  return targets_.emplace(place, new_target(place)).first->second;
}

Target Compiler::new_target(Place place) {
  const std::uint32_t resource = sources_.resource_at(place);
  std::vector<Place> chain;  // bare references, each to the next: the schema at its end is meant
  Target target = Target::nothing();
  for (;;) {
    if (const auto literal = sources_.value(place).as_bool()) {
      target = *literal ? Target::everything() : Target::nothing();
      break;
    }
    const Subschema schema(sources_, place);
    const auto next =
        schema.asserts_only(Keyword::ref) ? referred(place, *schema[Keyword::ref]) : std::nullopt;
    if (!next || sources_.resource_at(*next) != resource) {
      target = target_of_keywords(schema);
      break;
    }
    chain.push_back(place);
    if (chain.size() > limits_.nesting_max) {
      refuse(place, "the schema refers to itself for ever, or through more than " +
                        std::to_string(limits_.nesting_max) + " references");
      break;
    }
    place = *next;
    if (const auto known = targets_.find(place); known != targets_.end()) {
      target = known->second;
      break;
    }
  }
  targets_.try_emplace(place, target);
  for (const Place passed : chain) targets_.try_emplace(passed, target);
  return target;
}

Target Compiler::target_of_keywords(const Subschema& schema) {
  if (schema.asserting == 0) return Target::everything();
  const auto type = schema[Keyword::type];
  const Kinds kinds = type ? kinds_of_type(*type) : k_every_kind;
  return schema.asserts_only(Keyword::type) ? Target::kinds(kinds)
                                            : builder_.add_block(schema.place, Part::whole, kinds);
}

std::optional<Place> Compiler::referred(Place place, Value reference) {
  if (error_) return std::nullopt;
  auto target = sources_.resolve(place, *reference.as_string());
  if (target) return *target;
  if (!error_) {
    error_ = std::move(target.error());
    if (error_->pointer == sources_.pointer(place)) {
      error_->pointer = sources_.pointer({place.document, reference.index()});
    }
  }
  return std::nullopt;
}

// ---- What subschemas share

std::uint32_t Compiler::add_pattern(Place place, const std::string& source) {
  const auto index = patterns_.add(source, limits_.patterns_max);
  if (index) return *index;
  refuse(place, "the pattern " + wording::quoted(source) +
                    " cannot be used: " + index.error().message + " (at byte " +
                    std::to_string(index.error().offset) + ")");
  return 0;
}

std::uint32_t Compiler::dynamic_anchor(const std::string& name) {
  const auto [known, is_new] = dynamic_names_.try_emplace(
      name, DynamicName{static_cast<std::uint32_t>(dynamic_names_.size())});
  if (is_new) builder_.tables().rare->dynamic_anchors.emplace_back();
  return known->second.anchor;
}

/// Compiles what dynamic anchors of the names in use mean in resources that came to light since.
bool Compiler::find_dynamic_meanings() {
  bool found = false;
  const auto& resources = sources_.resources();
  for (auto& [name, known] : dynamic_names_) {
    for (; known.resources_seen < resources.size(); ++known.resources_seen) {
      const auto& anchors = resources[known.resources_seen].dynamic_anchors;
      const auto anchor = anchors.find(name);
      if (anchor == anchors.end()) continue;
      builder_.tables().rare->dynamic_anchors[known.anchor].meanings.push_back(
          {known.resources_seen, target_of(anchor->second)});
      found = true;
    }
  }
  return found;
}

// ---- Subschemas

void Compiler::emit_block(std::uint32_t number) {
  builder_.begin_block(number);
  const auto [place, part] = std::pair(builder_.block(number).place, builder_.block(number).part);
  switch (part) {
    case Part::requirement:
      emit_requirement(*this, names_in(sources_.value(place)));
      break;
    case Part::entry:
      builder_.emit(Op::enter, k_every_kind, sources_.resource_at(place),
                    builder_.keep_in_place(target_of(place)));
      break;
    default:
      emit_subschema(place, part);
      break;
  }
  builder_.end_block();
  if (builder_.size() > Target::block_max) refuse(place, "the schema is too large");
}

void Compiler::emit_subschema(Place place, Part part) {
  if (++subschemas_ > limits_.subschemas_max) {
    return refuse(place, "the schema has more than " + std::to_string(limits_.subschemas_max) +
                             " subschemas");
  }
  if (const auto literal = sources_.value(place).as_bool()) {
    if (!*literal) builder_.emit(Op::never, k_every_kind);
    return;
  }
  const Subschema schema(sources_, place);
  // The type of a block's own subschema stands in the targets that lead to it.
  if (part == Part::inlined) emit_type(*this, schema);
  if (schema.tracks && part != Part::tracked) {
    const Target tracked = builder_.add_block(place, Part::tracked);
    return builder_.emit(Op::track, k_every_kind, builder_.keep_in_place(tracked));
  }
  emit_scalars(*this, schema);
  emit_objects(*this, schema);
  emit_arrays(*this, schema);
  emit_references(*this, schema);
  emit_combinations(*this, schema);
  if (schema.tracks) emit_unevaluated(*this, schema);
}

}  // namespace collet::schema::compiling
