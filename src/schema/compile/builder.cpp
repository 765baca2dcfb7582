#include "schema/compile/builder.hpp"

#include <string_view>
#include <unordered_set>

namespace collet::schema::compiling {

// ---- Blocks

Target Builder::add_block(Place place, Part part, Kinds kinds) {
  const auto number = static_cast<std::uint32_t>(blocks_.size());
  blocks_.push_back({.place = place, .part = part, .in_place = {}});
  waiting_.push_back(number);
  return Target::block(kinds, number);
}

std::optional<std::uint32_t> Builder::take_waiting() {
  if (waiting_.empty()) return std::nullopt;
  const std::uint32_t block = waiting_.back();
  waiting_.pop_back();
  return block;
}

void Builder::begin_block(std::uint32_t block) {
  current_ = block;
  blocks_[block].start = static_cast<std::uint32_t>(program_.code.size());
}

void Builder::end_block() {
  if (blocks_[current_].start == program_.code.size()) emit(Op::nothing, 0);
  program_.code.back().is_last = true;
}

// ---- Instructions

void Builder::emit(Op op, Kinds kinds, std::uint32_t a, std::uint32_t b) {
  program_.code.push_back({.op = op, .kinds = kinds, .a = a, .b = b});
}

void Builder::emit_dynamic_call(std::uint32_t anchor, Target otherwise) {
  dynamic_calls_.push_back({.block = current_, .anchor = anchor});
  emit(Op::dynamic_call, k_every_kind, anchor, keep(otherwise));
}

// ---- Tables

std::uint32_t Builder::keep(Target target) {
  program_.targets.push_back(target);
  return static_cast<std::uint32_t>(program_.targets.size() - 1);
}

std::uint32_t Builder::keep_in_place(Target target) {
  note_in_place(target);
  return keep(target);
}

void Builder::note_in_place(Target target) {
  if (target.has_block()) blocks_[current_].in_place.push_back(target.block());
}

NameTable Builder::name_table(const std::vector<std::string>& names,
                              const std::vector<Name>& what) {
  return {names, what, program_.names};
}

NameTable Builder::name_table(const std::vector<std::string>& names) {
  return name_table(names, std::vector<Name>(names.size()));
}

std::uint32_t keep_token(std::vector<std::string>& tokens, json::Value number) {
  tokens.emplace_back(number.raw());
  return static_cast<std::uint32_t>(tokens.size() - 1);
}

std::vector<std::string> each_once(std::vector<std::string> names) {
  if (names.size() < 2) return names;
  std::unordered_set<std::string_view> seen;
  std::vector<std::string> out;
  out.reserve(names.size());
  for (const std::string& name : names) {
    if (seen.insert(name).second) out.push_back(name);
  }
  return out;
}

// ---- The end

std::optional<Place> Builder::find_endless() {
  // A dynamic reference that can mean one thing only is like any other; where it can mean several,
  // evaluation has to see.
  for (const auto& [block, anchor] : dynamic_calls_) {
    const auto& meanings = program_.rare->dynamic_anchors[anchor].meanings;
    if (meanings.size() != 1 || !meanings.front().target.has_block()) continue;
    blocks_[block].in_place.push_back(meanings.front().target.block());
  }
  enum class State : std::uint8_t { fresh, open, done };
  std::vector<State> states(blocks_.size(), State::fresh);
  struct Step {
    std::uint32_t block;
    std::size_t next;  ///< of its targets
  };
  std::vector<Step> path;
  for (std::uint32_t start = 0; start < blocks_.size(); ++start) {
    if (states[start] != State::fresh) continue;
    path.push_back({.block = start, .next = 0});
    states[start] = State::open;
    while (!path.empty()) {
      auto& [block, next] = path.back();
      if (next == blocks_[block].in_place.size()) {
        states[block] = State::done;
        path.pop_back();
        continue;
      }
      const std::uint32_t target = blocks_[block].in_place[next++];
      if (states[target] == State::open) return blocks_[target].place;
      if (states[target] == State::done) continue;
      states[target] = State::open;
      path.push_back({.block = target, .next = 0});
    }
  }
  return std::nullopt;
}

Program Builder::finish() {
  const auto place_target = [&](Target& target) {
    if (!target.has_block()) return;
    target = Target::block(target.kinds(), blocks_[target.block()].start);
  };
  place_target(program_.root);
  for (Target& target : program_.targets) place_target(target);
  for (PatternTarget& pattern : program_.rare->pattern_targets) place_target(pattern.target);
  for (ObjectPlan& plan : program_.objects) place_target(plan.additional);
  for (Name& name : program_.names.names) place_target(name.target);
  for (ArrayPlan& plan : program_.arrays) place_target(plan.rest);
  for (ContainsPlan& plan : program_.rare->contains) place_target(plan.target);
  for (DynamicAnchor& anchor : program_.rare->dynamic_anchors) {
    for (DynamicAnchor::Meaning& meaning : anchor.meanings) place_target(meaning.target);
  }
  program_.shrink();
  return std::move(program_);
}

}  // namespace collet::schema::compiling
