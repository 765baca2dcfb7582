#include <string>

#include "schema/explain/rules.hpp"
#include "schema/explain/walk.hpp"
#include "schema/keyword_rules.hpp"
#include "schema/kinds.hpp"
#include "schema/value/format.hpp"
#include "schema/value/number.hpp"
#include "schema/value/text.hpp"

namespace collet::schema::explaining {
namespace {

/// A digit takes as long as eight bytes of a string.
constexpr std::size_t k_bytes_of_a_digit = 8;

/// Where the steps end, any answer will do.
std::strong_ordering order(Walk& walk, const Application& app) {
  if (!walk.spend((app.instance.raw().size() + app.value.raw().size()) * k_bytes_of_a_digit)) {
    return std::strong_ordering::equal;
  }
  return Number(app.instance.raw()) <=> Number(app.value.raw());
}

std::strong_ordering length_order(const Application& app) {
  return compare(code_points(app.instance), app.value);
}

}  // namespace

bool judge_type(Walk&, Application& app) {
  return (kinds_of_value(app.instance) & kinds_of_type(app.value)) != 0;
}

bool judge_enum(Walk& walk, Application& app) {
  return walk.equals_one_of(app.instance, app.value);
}

bool judge_const(Walk& walk, Application& app) {
  return walk.equals(app.instance, app.value);
}

bool judge_multiple_of(Walk& walk, Application& app) {
  if (!walk.spend(app.instance.raw().size() * app.value.raw().size() / 16)) return false;
  return Number(app.instance.raw()).is_multiple_of(Number(app.value.raw()));
}

bool judge_minimum(Walk& walk, Application& app) {
  return excludes_limit_beside(app.keyword(Keyword::exclusive_minimum)) ? order(walk, app) > 0
                                                                        : order(walk, app) >= 0;
}

bool judge_maximum(Walk& walk, Application& app) {
  return excludes_limit_beside(app.keyword(Keyword::exclusive_maximum)) ? order(walk, app) < 0
                                                                        : order(walk, app) <= 0;
}

bool judge_exclusive_minimum(Walk& walk, Application& app) {
  return !app.value.is_number() || order(walk, app) > 0;
}

bool judge_exclusive_maximum(Walk& walk, Application& app) {
  return !app.value.is_number() || order(walk, app) < 0;
}

bool judge_min_length(Walk& walk, Application& app) {
  return walk.spend(app.instance.raw().size()) && length_order(app) >= 0;
}

bool judge_max_length(Walk& walk, Application& app) {
  return walk.spend(app.instance.raw().size()) && length_order(app) <= 0;
}

bool judge_pattern(Walk& walk, Application& app) {
  const Text source(app.value);
  return walk.matches(app, walk.pattern(source.view()), source.view(), Text(app.instance).view());
}

bool judge_format(Walk& walk, Application& app) {
  if (walk.annotates()) walk.annotate(app, std::string(app.value.raw()));
  if (!app.instance.is_string() || !walk.sources().asserts_format(app.schema.place)) return true;
  const auto format = format_named(Text(app.value).view());
  if (!format) return true;
  if (!walk.spend(app.instance.raw().size())) return false;
  const Text text(app.instance);
  return walk.spend_fine(steps_of(*format, text.view())) && conforms(*format, text.view());
}

bool judge_annotation(Walk& walk, Application& app) {
  walk.annotate(app, json::compact(app.value));
  return true;
}

}  // namespace collet::schema::explaining
