#include "schema/explain/rules.hpp"
#include "schema/explain/walk.hpp"

// Marks of a branch that fails are kept where the schema around it fails with it: that no longer
// changes the verdict, and what the branch knew is not reported as unknown a second time.

namespace collet::schema::explaining {
namespace {

/// Branches of `anyOf` and `oneOf` that fit; of those that do not, marks are kept only where none
/// does.
std::uint32_t count_fitting(Walk& walk, Application& app) {
  const std::size_t findings_begin = walk.findings();
  const std::size_t marks_begin = walk.marks();
  std::uint32_t fitting = 0;
  std::uint32_t branch = 0;
  for (const json::Value schema : app.value.elements()) {
    const std::size_t marks_before = walk.marks();
    if (!walk.apply_branch(app, app.place_of(schema))) {
      if (fitting > 0) walk.take_back_marks(marks_before);
    } else {
      if (fitting == 0) walk.erase_marks(marks_begin, marks_before);
      if (Finding* finding = walk.finding(app); finding != nullptr && fitting < 2) {
        (fitting == 0 ? finding->first : finding->second) = branch;
      }
      ++fitting;
    }
    ++branch;
  }
  if (fitting == 0) walk.complete_closest(app, findings_begin);
  return fitting;
}

}  // namespace

bool judge_all_of(Walk& walk, Application& app) {
  bool fits = true;
  for (const json::Value schema : app.value.elements()) {
    if (!walk.apply_in_place(app, schema)) fits = false;
  }
  return fits;
}

bool judge_any_of(Walk& walk, Application& app) {
  const std::size_t findings_before = walk.findings();
  const bool fits = count_fitting(walk, app) > 0;
  if (fits) walk.forget_violations(findings_before);
  return fits;
}

bool judge_one_of(Walk& walk, Application& app) {
  const std::size_t findings_before = walk.findings();
  const std::uint32_t fitting = count_fitting(walk, app);
  if (Finding* finding = walk.finding(app)) finding->count = fitting;
  if (fitting == 1) walk.forget_violations(findings_before);
  if (fitting > 1) walk.forget_findings(findings_before);
  return fitting == 1;
}

bool judge_not(Walk& walk, Application& app) {
  const std::size_t findings_before = walk.findings();
  const std::size_t marks_before = walk.marks();
  const bool fits = walk.apply_in_place(app, app.value);
  walk.forget_findings(findings_before);
  walk.take_back_marks(marks_before);
  return !fits;
}

/// C 10.2.2.1: no assertion of its own; its annotations count where it holds.
bool judge_if(Walk& walk, Application& app) {
  const std::size_t findings_before = walk.findings();
  const std::size_t marks_before = walk.marks();
  app.condition = walk.apply_in_place(app, app.value);
  if (!*app.condition) {
    walk.forget_findings(findings_before);
    walk.take_back_marks(marks_before);
  }
  return true;
}

bool judge_then(Walk& walk, Application& app) {
  return app.condition != true || walk.apply_in_place(app, app.value);
}

bool judge_else(Walk& walk, Application& app) {
  return app.condition != false || walk.apply_in_place(app, app.value);
}

}  // namespace collet::schema::explaining
