// Whose turn it is at the disk: what one plugin asks of the store holds up no other.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/group_commit.hpp"
#include "store/limits.hpp"

namespace collet {

/// What waits for the disk, in a lane for each plugin, and one for the host's own. A lane keeps its
/// order; between lanes there is none. Not thread safe.
class OperationLanes {
 public:
  /// A plugin's share of a round. Small, so that a plugin with few waits for a moment's work of
  /// each of the others.
  static constexpr std::size_t turn_operations_max = 16;
  static constexpr std::size_t turn_bytes_max = std::size_t{1} << 20;
  /// Of a group, which whoever comes next waits for. A thousand share the cost of a commit as well
  /// as ten thousand do. The operation that passes the bytes is the last.
  static constexpr std::size_t group_operations_max = 1'024;
  static constexpr std::size_t group_bytes_max = std::size_t{8} << 20;

  explicit OperationLanes(const StoreLimits& limits) : limits_(limits) {}

  /// Whether `operation` may wait in the lane of `plugin_id`: `store_unavailable` beyond the limits
  /// of that lane, and beyond that of all lanes, where it is not the first of its own. Empty is the
  /// host.
  [[nodiscard]] Result<Done> check_room(std::string_view plugin_id,
                                        const Operation& operation) const;
  void add(std::string_view plugin_id, std::unique_ptr<Operation> operation);
  /// Adds what runs when no lane has anything left.
  void add_last(std::unique_ptr<Operation> operation) { last_.push_back(std::move(operation)); }
  [[nodiscard]] bool empty() const { return lanes_.empty() && last_.empty(); }
  /// Takes what runs next, at least one operation where any waits: a turn of the host's, then turns
  /// of all.
  [[nodiscard]] std::vector<std::unique_ptr<Operation>> take_group();

 private:
  struct Lane {
    std::deque<std::unique_ptr<Operation>> waiting;
    std::size_t bytes = 0;
  };
  using Lanes = std::map<std::string, Lane, std::less<>>;  // those in which something waits

  struct Group {
    std::vector<std::unique_ptr<Operation>> operations;
    std::size_t bytes = 0;
  };
  Lanes::iterator take_turn(Lanes::iterator lane, Group& group);

  const StoreLimits limits_;
  Lanes lanes_;
  std::size_t bytes_ = 0;  // of all lanes
  std::string served_;     // whose turn was the last
  std::vector<std::unique_ptr<Operation>> last_;
};

}  // namespace collet
