#include "schema/pattern/references.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <variant>

namespace collet::schema::pattern {

namespace {

/// A node on the way from the root, and which of its children the way takes.
struct Turn {
  const Node* node;
  std::size_t child;
  bool operator==(const Turn&) const = default;
};
using Way = std::vector<Turn>;

/// Finds the ways to all groups and references.
class Survey {
 public:
  explicit Survey(const Tree& tree) : references(tree.references.size()) { visit(tree.root); }

  std::map<std::uint32_t, Way> groups;
  std::vector<Way> references;

 private:
  void visit(const Node& node) {
    way_.push_back({&node, 0});
    std::visit([this](const auto& form) { visit(form); }, node.form);
    way_.pop_back();
  }
  void visit(const std::vector<Node>& children) {
    for (const Node& child : children) {
      visit(child);
      ++way_.back().child;
    }
  }
  void visit(const Sequence& sequence) { visit(sequence.items); }
  void visit(const Alternatives& alternatives) { visit(alternatives.choices); }
  void visit(const Repeat& repeat) { visit(*repeat.body); }
  void visit(const Look& look) { visit(*look.body); }
  void visit(const Group& group) {
    groups[group.number] = way_;
    visit(*group.body);
  }
  void visit(const BackReference& reference) { references[reference.index] = way_; }
  void visit(const auto&) {}

  Way way_;
};

template <typename Form>
const Form* as(const Turn& turn) {
  return std::get_if<Form>(&turn.node->form);
}

bool repeats(const Turn& turn) {
  const auto* repeat = as<Repeat>(turn);
  return repeat != nullptr && repeat->max > 1;
}

/// Whether the text may be matched without what the way goes on to.
bool may_skip(const Turn& turn) {
  const auto* repeat = as<Repeat>(turn);
  return as<Alternatives>(turn) != nullptr || (repeat != nullptr && repeat->min == 0);
}

bool forgets(const Turn& turn) {
  const auto* look = as<Look>(turn);
  return look != nullptr && look->sense == Look::Sense::negative;
}

ReferenceKind kind_of(const Way& group, const Way& reference) {
  const auto [fork, other] = std::ranges::mismatch(group, reference);
  const bool reads_itself = fork == group.end();
  if (reads_itself || as<Alternatives>(*fork) || other->child < fork->child) {
    return ReferenceKind::always_empty;
  }
  if (std::any_of(fork + 1, group.end(), forgets)) return ReferenceKind::always_empty;
  // Stale where one iteration may skip what another one captured.
  const auto first_repeat = std::ranges::find_if(group, repeats);
  if (first_repeat == group.end()) return ReferenceKind::plain;
  const bool skips = std::any_of(std::max(fork, first_repeat) + 1, group.end(), may_skip);
  return skips ? ReferenceKind::may_be_stale : ReferenceKind::plain;
}

}  // namespace

std::vector<ReferenceKind> kinds_of_references(const Tree& tree) {
  if (tree.references.empty()) return {};
  const Survey survey(tree);
  std::vector<ReferenceKind> kinds;
  for (std::size_t i = 0; i < tree.references.size(); ++i) {
    kinds.push_back(kind_of(survey.groups.at(tree.references[i].group), survey.references[i]));
  }
  return kinds;
}

}  // namespace collet::schema::pattern
