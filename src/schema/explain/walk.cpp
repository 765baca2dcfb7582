#include "schema/explain/walk.hpp"

#include <algorithm>
#include <utility>

#include "schema/value/number.hpp"

namespace collet::schema::explaining {
namespace {

constexpr std::size_t k_bytes_per_step = 256;
/// What a pattern's search counts by is this much smaller.
constexpr std::uint64_t k_search_steps_per_step = 25;

std::uint64_t key_of(Place place) {
  return std::uint64_t{place.document} << 32U | place.node;
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
  ++depth_;
  const std::uint32_t finding = open(schema, std::nullopt, instance);
  const bool valid = schema.value.is_object() && judge_keywords(schema, instance, marking);
  close(finding, valid);
  --depth_;
  return valid;
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
    if ((rule->kinds >> static_cast<unsigned>(instance.kind()) & 1U) == 0) continue;
    if (!spend()) break;
    app.value = *schema.keywords[rule->keyword];
    app.finding = open(schema, rule->keyword, instance);
    const bool fits = rule->judge(*this, app);
    close(app.finding, fits);
    valid = valid && fits;
  }
  leave(schema.resource);
  if (marking == Marking::off) take_back_marks(marks_begin);
  return valid && !stopped();
}

bool Walk::spend(std::size_t bytes) {
  steps_ += 1 + bytes / k_bytes_per_step;
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

std::optional<std::vector<std::uint32_t>> Walk::evaluated(const Application& app) const {
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
  if (findings.size() >= options_.findings_max) {
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
  const bool tells =
      valid ? options_.annotations && (has_parts || findings[at].annotation != Finding::none)
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

void Walk::annotate(const Application& app, std::string json) {
  Finding* finding = this->finding(app);
  if (!options_.annotations || finding == nullptr) return;
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
  steps_ += cost / k_search_steps_per_step;
  if (outcome == Pattern::Outcome::gave_up) {
    if (explanation_.gave_up_pattern.empty()) explanation_.gave_up_pattern = source;
    stop(Ending::pattern_gave_up, app.instance);
    if (Finding* here = finding(app)) here->gave_up = true;
  }
  return outcome == Pattern::Outcome::matches;
}

void Walk::enter(std::uint32_t resource) {
  if (entered_.size() <= resource) entered_.resize(sources_.resources().size());
  if (entered_[resource]++ == 0) scope_.push_back(resource);
}

void Walk::leave(std::uint32_t resource) {
  if (--entered_[resource] == 0) scope_.pop_back();
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
                          .instance = instance,
                          .limits = options.limits,
                          .steps_max = options.steps_max};
  explaining::Walk walk(sources, patterns, options, explanation);
  const bool valid = walk.apply(root, instance, explaining::Marking::off);
  explanation.valid = valid && explanation.ending == Ending::finished;
  return explanation;
}

}  // namespace collet::schema
