// Branches of `oneOf` and `anyOf` that a property tells apart: {"type": "circle", …} fits one only.
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "schema/compile/emit.hpp"
#include "schema/keyword_rules.hpp"
#include "schema/kinds.hpp"

namespace collet::schema::compiling {
namespace {

using json::Value;

/// Required properties of a branch that are looked at; the first mostly tells it from the others.
constexpr std::size_t k_properties_max = 4;
/// References between a branch and its schema.
constexpr std::uint32_t k_references_max = 8;

/// A property that has to be there with one of these strings.
struct Discriminator {
  std::string property;
  std::vector<std::string> values;
};

/// The strings that `const` or `enum` allow; none where they allow other values, too.
std::vector<std::string> strings_of(const Keywords& property) {
  std::vector<std::string> strings;
  if (const auto only = property[Keyword::const_]) {
    if (only->is_string()) strings.push_back(*only->as_string());
  } else if (const auto list = property[Keyword::enum_]) {
    for (const Value value : list->elements()) {
      if (!value.is_string()) return {};
      strings.push_back(*value.as_string());
    }
  }
  return each_once(std::move(strings));
}

/// The discriminators of a branch, which has to want an object.
std::vector<Discriminator> discriminators_of(Sources& sources, Place branch) {
  std::vector<Discriminator> found;
  branch = behind_bare_references(sources, branch, k_references_max);
  if (!sources.value(branch).is_object()) return found;
  const Keywords keywords(sources.value(branch), sources.dialect_at(branch));
  const auto type = keywords[Keyword::type];
  const auto properties = keywords[Keyword::properties];
  const auto required = keywords[Keyword::required];
  if (!type || kinds_of_type(*type) != k_objects || !properties || !required) return found;
  std::size_t looked_at = 0;
  for (const Value name : required->elements()) {
    if (++looked_at > k_properties_max) break;
    std::string text = *name.as_string();
    const auto property = properties->find(text);
    if (!property || !property->is_object()) continue;
    const Place place{branch.document, property->index()};
    auto values = strings_of(Keywords(*property, sources.dialect_at(place)));
    if (!values.empty()) found.push_back({std::move(text), std::move(values)});
  }
  return found;
}

/// The selection by `property`, which the first branch has: nothing where another has it not, or
/// two have a string in common.
std::optional<Selection> selection_by(const std::string& property, Builder& builder,
                                      const std::vector<std::vector<Discriminator>>& branches,
                                      const std::vector<Target>& targets) {
  std::vector<std::string> values;
  std::vector<Name> what;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const auto same = std::ranges::find(branches[i], property, &Discriminator::property);
    if (same == branches[i].end()) return std::nullopt;
    values.insert(values.end(), same->values.begin(), same->values.end());
    what.resize(values.size(), {.target = targets[i]});
  }
  if (each_once(values).size() != values.size()) return std::nullopt;
  return Selection{.property = property, .values = builder.name_table(values, what)};
}

}  // namespace

bool emit_selection(Compiler& compiler, const Subschema& schema, Value branches,
                    const std::vector<Target>& targets) {
  if (targets.size() < 2) return false;
  std::vector<std::vector<Discriminator>> all;
  for (const Value branch : branches.elements()) {
    all.push_back(discriminators_of(compiler.sources(), schema.at(branch)));
    if (all.back().empty()) return false;
  }
  Builder& builder = compiler.builder();
  for (const Discriminator& candidate : all.front()) {
    auto selection = selection_by(candidate.property, builder, all, targets);
    if (!selection) continue;
    builder.emit_entry(Op::select, k_every_kind, builder.tables().rare->selections,
                       std::move(*selection));
    return true;
  }
  return false;
}

}  // namespace collet::schema::compiling
