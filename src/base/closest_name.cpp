#include "base/closest_name.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"

namespace collet {
namespace {

/// Edits between `a` and `b` (Levenshtein, and neighbours that changed places), or anything above
/// `edits_max` where there are more. `b` has at most `name_bytes_max` bytes.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t edits_max) {
  using Row = std::array<std::size_t, ClosestName::name_bytes_max + 1>;
  const auto same = [&](std::size_t i, std::size_t j) {
    return ascii_lower(a[i]) == ascii_lower(b[j]);
  };
  std::array<Row, 3> rows{};  // of i - 2, i - 1 and i letters of `a`, in turns
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    const Row& before_last = rows[(i + 1) % 3];
    const Row& last = rows[(i - 1) % 3];
    Row& row = rows[i % 3];
    row[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (same(i - 1, j - 1) ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1)) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
      least = std::min(least, row[j]);
    }
    if (least > edits_max) return least;
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

ClosestName::ClosestName(std::string_view wanted)
    : wanted_(wanted),
      edits_max_(wanted.size() == 1 ? 0 : std::clamp<std::size_t>(wanted.size() / 3, 1, 5)) {}

void ClosestName::offer(std::string_view candidate, std::string_view value) {
  const std::size_t longer = std::max(wanted_.size(), candidate.size());
  const std::size_t shorter = std::min(wanted_.size(), candidate.size());
  if (shorter == 0 || longer > name_bytes_max || longer - shorter > edits_max_) return;
  const std::size_t cells = longer * shorter;
  if (cells_ + cells > cells_max) return;
  cells_ += cells;

  const std::size_t edits = edit_distance(wanted_, candidate, edits_max_);
  if (edits > edits_max_) return;
  if (!best_.empty() && edits == edits_max_) return;  // as good as the best: the first one stays
  best_ = value;
  edits_max_ = edits;
}

}  // namespace collet
