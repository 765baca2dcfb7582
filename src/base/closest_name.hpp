// "Did you mean": the name that was probably meant, among those that exist.
#pragma once

#include <cstddef>
#include <string_view>

namespace collet {

/// Looks for the candidate with the fewest edits (insert, delete, replace, swap two neighbours;
/// ASCII case ignored). Names further away than a third of their length are not offered, so that
/// nonsense gets no answer; a single letter is only ever the same letter. One search; candidates
/// are only looked at inside `offer` and must outlive the search.
class ClosestName {
 public:
  /// Cells of the edit-distance table that one search may fill: a miss must stay cheap on the event
  /// loop. About 1 ms, or 800 candidates of 25 letters beside a name of 25; candidates beyond
  /// that are skipped.
  static constexpr std::size_t cells_max = 500'000;
  /// Longer names are not compared: nobody mistypes them, and three rows of the table fit the
  /// stack.
  static constexpr std::size_t name_bytes_max = 128;

  explicit ClosestName(std::string_view wanted);

  /// Compares `candidate`; where it is the best so far, `result` answers `value`.
  void offer(std::string_view candidate, std::string_view value);
  void offer(std::string_view candidate) { offer(candidate, candidate); }

  /// The best so far (the first of equals), or an empty view.
  [[nodiscard]] std::string_view result() const { return best_; }

 private:
  std::string_view wanted_;
  std::string_view best_;
  std::size_t edits_max_;  // the edits of `best_`; before the first, how many are close at all
  std::size_t cells_ = 0;
};

}  // namespace collet
