#include "schema/explain/walk.hpp"

#include <algorithm>
#include <utility>

#include "schema/explain/choice.hpp"
#include "schema/value/equality.hpp"
#include "schema/value/number.hpp"

namespace collet::schema::explaining {
namespace {

constexpr std::size_t k_bytes_per_step = 256;
/// Steps of Pattern::search and of formats (10 ns) in one of these (250 ns).
constexpr std::uint64_t k_fine_steps_per_step = 25;

/// Verdicts that are remembered: 4 MB.
constexpr std::size_t k_verdicts_max = 65'536;
/// Branches that were ruled out and are likened to the instance all the same, in one choice; those
/// beyond are told apart by their violations alone.
constexpr std::size_t k_likened_max = 64;
/// Branches that were ruled out and are judged whole all the same, in one choice.
constexpr int k_completed_max = 2;

std::uint64_t key_of(Place place) {
  return std::uint64_t{place.document} << 32U | place.node;
}

bool is_container(json::Value value) {
  return value.is_object() || value.is_array();
}

bool is_judged(Keyword keyword, Look look) {
  switch (keyword) {
    case Keyword::const_:
    case Keyword::enum_:
    case Keyword::ref:
    case Keyword::dynamic_ref:
    case Keyword::recursive_ref:
      return true;
    case Keyword::type:
    case Keyword::all_of:
    case Keyword::properties:
      return look != Look::values;
    default:
      return look == Look::whole;
  }
}

}  // namespace

std::strong_ordering compare(std::size_t count, json::Value limit) {
  const std::string token = std::to_string(count);
  return Number(token) <=> Number(limit.raw());
}

Walk::Walk(Sources& sources, const Patterns& patterns, const ExplainOptions& options,
           Explanation& explanation)
    : sources_(sources), patterns_(patterns), options_(options), explanation_(explanation) {}

// ---- Judging

bool Walk::apply(Place place, json::Value instance, Marking marking) {
  if (stopped() || !spend()) return false;
  if (depth_ >= options_.limits.nesting_max) {
    stop(Ending::too_deep, instance);
    return false;
  }
  Subschema& schema = read(place);
  if (schema.value.as_bool() == true) return true;
  const std::uint64_t key = key_of(place);
  const bool may_repeat = look_ == Look::whole && marking == Marking::off && is_container(instance);
  if (may_repeat) {
    if (const auto known = remembered(key, instance)) return *known;
  }
  ++depth_;
  const std::uint32_t finding = open(schema, std::nullopt, instance);
  const bool valid = schema.value.is_object() && judge_keywords(schema, instance, marking);
  close(finding, valid);
  --depth_;
  if (may_repeat && !stopped()) remember(key, instance, valid);
  return valid;
}

bool Walk::apply_branch(Application& app, Place place) {
  // What is inside of other values is no tree.
  if (look_ != Look::whole || !is_container(app.instance)) return apply_in_place(app, place);
  const std::size_t findings_before = findings();
  const std::size_t marks_before = marks();
  look_ = Look::telltales;
  const bool is_possible = apply_in_place(app, place);
  look_ = Look::whole;
  if (stopped()) return false;
  if (!is_possible) {
    if (findings() > findings_before) explanation_.findings[findings_before].ruled_out = true;
    return false;
  }
  forget_findings(findings_before);
  take_back_marks(marks_before);
  return apply_in_place(app, place);
}

void Walk::complete_closest(Application& app, std::size_t first) {
  if (app.finding == Finding::none) return;
  liken(app, first);
  auto& found = explanation_.findings;
  for (int completed = 0; completed < k_completed_max && !stopped(); ++completed) {
    bool any_ruled_out = false;
    for (std::size_t at = first; at < found.size(); at = found[at].end) {
      any_ruled_out = any_ruled_out || found[at].ruled_out;
    }
    if (!any_ruled_out || !has_room() || !spend_on(found.size() - first)) return;
    const Choice choice = choose(explanation_, app.finding,
                                 static_cast<std::uint32_t>(found.size()), Absences::left_out);
    const bool is_one =
        choice.kind == Choice::Kind::obvious || choice.kind == Choice::Kind::closest;
    if (!is_one || !found[choice.finding].ruled_out) return;
    const Finding ruled_out = found[choice.finding];
    take_out(choice.finding);
    const std::size_t whole = findings();
    apply_in_place(app, ruled_out.schema);
    if (whole < findings()) found[whole].likeness = ruled_out.likeness;
  }
}

void Walk::liken(const Application& app, std::size_t first) {
  auto& found = explanation_.findings;
  std::size_t branches = 0;
  for (std::size_t at = first; at < found.size() && !stopped(); at = found[at].end) {
    if (++branches > k_likened_max && found[at].ruled_out) continue;
    found[at].likeness = likeness_of(*this, found[at].schema, app.instance);
  }
}

bool Walk::apply_to_member(Place place, json::Value value) {
  if (look_ == Look::whole) return apply(place, value, Marking::off);
  look_ = Look::values;
  const bool valid = apply(place, value, Marking::off);
  look_ = Look::telltales;
  return valid;
}

/// Where there is still room for findings, only what has none is known without judging it again.
std::optional<bool> Walk::remembered(std::uint64_t schema, json::Value instance) {
  const auto known = verdicts_.find({schema, instance.index(), scope_number()});
  if (known == verdicts_.end()) return std::nullopt;
  if (has_room() && (!known->second || options_.annotations)) return std::nullopt;
  if (!known->second && open_finding_ != Finding::none) {
    explanation_.findings[open_finding_].cut = true;
  }
  return known->second;
}

void Walk::remember(std::uint64_t schema, json::Value instance, bool valid) {
  if (verdicts_.size() >= k_verdicts_max) return;
  verdicts_.try_emplace({schema, instance.index(), scope_number()}, valid);
}

bool Walk::judge_keywords(Subschema& schema, json::Value instance, Marking marking) {
  const std::size_t marks_begin = marks_.size();
  Application app{.schema = schema,
                  .instance = instance,
                  .marking = schema.has_unevaluated ? Marking::on : marking,
                  .marks_begin = marks_begin,
                  .value = schema.value};
  enter(schema.resource);
  bool valid = true;
  for (const Rule* rule : schema.rules) {
    if ((rule->kinds & kind_bit(instance.kind())) == 0) continue;
    if (!is_judged(rule->keyword, look_)) continue;
    if (!spend()) break;
    app.value = *schema.keywords[rule->keyword];
    app.finding = open(schema, rule->keyword, instance);
    const bool fits = rule->judge(*this, app);
    close(app.finding, fits);
    valid = valid && fits;
    if (!fits && look_ != Look::whole) break;
  }
  leave(schema.resource);
  if (marking == Marking::off) take_back_marks(marks_begin);
  return valid && !stopped();
}

bool Walk::spend(std::size_t bytes) {
  return take_steps(1 + bytes / k_bytes_per_step);
}

bool Walk::spend_fine(std::uint64_t steps) {
  return take_steps(steps / k_fine_steps_per_step);
}

bool Walk::equals(json::Value value, json::Value other) {
  return spend(std::min(value.raw().size(), other.raw().size())) && equal(value, other);
}

bool Walk::equals_one_of(json::Value value, json::Value list) {
  if (!spend(list.raw().size())) return false;
  return std::ranges::any_of(list.elements(), [&](json::Value one) {
    return one.kind() == value.kind() && equals(value, one);
  });
}

bool Walk::take_steps(std::uint64_t count) {
  steps_ += count;
  if (steps_ <= options_.steps_max) return true;
  if (!stopped()) stop(Ending::out_of_steps, explanation_.instance);
  return false;
}

void Walk::stop(Ending ending, json::Value at) {
  if (explanation_.ending >= ending) return;
  explanation_.ending = ending;
  explanation_.ended_at = at.index();
}

// ---- Marks

void Walk::erase_marks(std::size_t first, std::size_t last) {
  marks_.erase(marks_.begin() + static_cast<std::ptrdiff_t>(first),
               marks_.begin() + static_cast<std::ptrdiff_t>(last));
}

std::optional<std::vector<std::uint32_t>> Walk::evaluated(const Application& app) {
  if (!spend_on(marks_.size() - app.marks_begin)) return std::nullopt;
  std::vector<std::uint32_t> own(marks_.begin() + static_cast<std::ptrdiff_t>(app.marks_begin),
                                 marks_.end());
  std::ranges::sort(own);
  if (!own.empty() && own.front() == everything) return std::nullopt;
  return own;
}

// ---- Findings

std::uint32_t Walk::open(const Subschema& schema, std::optional<Keyword> keyword,
                         json::Value instance) {
  auto& findings = explanation_.findings;
  if (!has_room()) {
    if (open_finding_ != Finding::none) findings[open_finding_].cut = true;
    return Finding::none;
  }
  findings.push_back({.schema = schema.place,
                      .keyword = keyword,
                      .instance = instance.index(),
                      .parent = open_finding_});
  open_finding_ = static_cast<std::uint32_t>(findings.size() - 1);
  return open_finding_;
}

void Walk::close(std::uint32_t at, bool valid) {
  if (at == Finding::none) return;
  auto& findings = explanation_.findings;
  open_finding_ = findings[at].parent;
  const bool has_parts = findings.size() > at + 1;
  const bool tells = valid ? annotates() && (has_parts || findings[at].annotation != Finding::none)
                           : has_parts || !stopped();
  // What was interrupted has not failed, and of a choice not all branches were judged.
  const auto keyword = findings[at].keyword;
  const bool is_choice = keyword == Keyword::any_of || keyword == Keyword::one_of;
  if (!tells || (is_choice && stopped())) return findings.resize(at);
  findings[at].valid = valid;
  findings[at].end = static_cast<std::uint32_t>(findings.size());
}

Finding* Walk::finding(const Application& app) {
  return app.finding == Finding::none ? nullptr : &explanation_.findings[app.finding];
}

void Walk::forget_violations(std::size_t first) {
  auto& findings = explanation_.findings;
  std::size_t kept = first;
  for (std::size_t at = first; at < findings.size();) {
    const std::size_t end = findings[at].end;
    if (!findings[at].valid) {
      at = end;
      continue;
    }
    const auto shift = static_cast<std::uint32_t>(at - kept);
    for (std::size_t part = at; part < end; ++part) {
      findings[kept] = findings[part];
      if (part != at) findings[kept].parent -= shift;
      findings[kept].end -= shift;
      ++kept;
    }
    at = end;
  }
  findings.resize(kept);
}

void Walk::take_out(std::uint32_t finding) {
  auto& findings = explanation_.findings;
  const std::uint32_t end = findings[finding].end;
  const std::uint32_t size = end - finding;
  findings.erase(findings.begin() + finding, findings.begin() + end);
  for (std::size_t at = finding; at < findings.size(); ++at) {
    findings[at].end -= size;
    if (findings[at].parent != Finding::none && findings[at].parent >= end) {
      findings[at].parent -= size;
    }
  }
}

void Walk::annotate(const Application& app, std::string json) {
  Finding* finding = this->finding(app);
  if (!annotates() || finding == nullptr) return;
  if (annotation_bytes_ + json.size() > options_.annotation_bytes_max) return;
  annotation_bytes_ += json.size();
  finding->annotation = static_cast<std::uint32_t>(explanation_.annotations.size());
  explanation_.annotations.push_back(std::move(json));
}

// ---- The schema

Subschema& Walk::read(Place place) {
  auto& slot = subschemas_[key_of(place)];
  if (slot) return *slot;
  const std::uint32_t resource = sources_.resource_at(place);
  slot = std::make_unique<Subschema>(place, sources_.value(place), resource,
                                     *sources_.resources()[resource].dialect);
  for (const Rule& rule : rules()) {
    if (!slot->keywords.has(rule.keyword)) continue;
    if (rule.asserts || options_.annotations) slot->rules.push_back(&rule);
  }
  slot->has_unevaluated = slot->keywords.has(Keyword::unevaluated_items) ||
                          slot->keywords.has(Keyword::unevaluated_properties);
  return *slot;
}

Subschema& Walk::read_behind_references(Place place) {
  Subschema& schema = read(place);
  if (!schema.behind) schema.behind = behind_references(sources_, place);
  return *schema.behind == place ? schema : read(*schema.behind);
}

const Pattern* Walk::pattern(std::string_view source) {
  if (const Pattern* known = patterns_.find(source)) return known;
  const auto [own, is_new] = own_patterns_.try_emplace(std::string(source));
  if (is_new) {
    if (auto compiled = Pattern::compile(source)) own->second = std::move(*compiled);
  }
  return own->second ? &*own->second : nullptr;
}

bool Walk::matches(const Application& app, const Pattern* pattern, std::string_view source,
                   std::string_view text) {
  if (pattern == nullptr) return false;
  if (!spend(text.size())) return false;
  std::uint64_t cost = 0;
  const Pattern::Outcome outcome = pattern->search(text, cost);
  steps_ += cost / k_fine_steps_per_step;
  if (outcome == Pattern::Outcome::gave_up) {
    if (explanation_.gave_up_pattern.empty()) explanation_.gave_up_pattern = source;
    stop(Ending::pattern_gave_up, app.instance);
    if (Finding* here = finding(app)) here->gave_up = true;
  }
  return outcome == Pattern::Outcome::matches;
}

void Walk::enter(std::uint32_t resource) {
  if (entered_.size() <= resource) entered_.resize(sources_.resources().size());
  if (entered_[resource]++ > 0) return;
  const auto number = static_cast<std::uint32_t>(scopes_.size() + 1);
  const auto known = scopes_.try_emplace({scope_number(), resource}, number).first;
  scope_.push_back(resource);
  scope_numbers_.push_back(known->second);
}

void Walk::leave(std::uint32_t resource) {
  if (--entered_[resource] > 0) return;
  scope_.pop_back();
  scope_numbers_.pop_back();
}

std::optional<Place> Walk::outermost(std::string_view anchor) {
  for (const std::uint32_t resource : scope_) {
    if (!spend()) break;
    const auto& anchors = sources_.resources()[resource].dynamic_anchors;
    if (const auto found = anchors.find(anchor); found != anchors.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace collet::schema::explaining

namespace collet::schema {

Explanation explain(Sources& sources, Place root, const Patterns& patterns, json::Value instance,
                    const ExplainOptions& options) {
  Explanation explanation{.sources = &sources,
                          .patterns = &patterns,
                          .instance = instance,
                          .instance_pointer = options.instance_pointer,
                          .limits = options.limits,
                          .steps_max = options.steps_max};
  explaining::Walk walk(sources, patterns, options, explanation);
  const bool valid = walk.apply(root, instance, explaining::Marking::off);
  explanation.valid = valid && explanation.ending == Ending::finished;
  return explanation;
}

}  // namespace collet::schema
