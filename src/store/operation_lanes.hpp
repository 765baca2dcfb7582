// Whose turn it is at the disk: what one plugin asks of the store holds up no other.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/group_commit.hpp"
#include "store/limits.hpp"

namespace collet {

/// What waits for the disk, in a lane for each plugin, and one for the host's own. A lane keeps its
/// order; between lanes there is none, but that the host's goes first. Not thread safe.
class OperationLanes {
 public:
  /// A plugin's share of a round. Small, so that a plugin with few waits for a moment's work of
  /// each of the others.
  static constexpr std::size_t turn_operations_max = 16;
  static constexpr std::size_t turn_bytes_max = std::size_t{1} << 20;
  /// Of a group: a thousand share the cost of a commit as well as ten thousand, and whoever comes
  /// next waits for a tenth of them.
  static constexpr std::size_t group_operations_max = 1'024;

  explicit OperationLanes(const StoreLimits& limits) : limits_(limits) {}

  /// Whether `operation` may wait in the lane of `plugin_id`: `store_unavailable` beyond the limits
  /// of that lane. Empty is the host.
  [[nodiscard]] Result<Done> check_room(std::string_view plugin_id,
                                        const Operation& operation) const;
  void add(std::string_view plugin_id, std::unique_ptr<Operation> operation);
  [[nodiscard]] bool empty() const { return lanes_.empty(); }
  /// Takes what runs next, at least one operation where any waits: some of each lane in turn.
  [[nodiscard]] std::vector<std::unique_ptr<Operation>> take_group();

 private:
  struct Lane {
    std::deque<std::unique_ptr<Operation>> waiting;
    std::size_t bytes = 0;
  };
  using Lanes = std::map<std::string, Lane, std::less<>>;  // those in which something waits

  Lanes::iterator take_turn(Lanes::iterator lane, std::vector<std::unique_ptr<Operation>>& group);

  const StoreLimits limits_;
  Lanes lanes_;
  std::string last_;  // whose turn was the last
};

}  // namespace collet
