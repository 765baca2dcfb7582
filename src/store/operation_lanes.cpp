#include "store/operation_lanes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace collet {
namespace {

constexpr std::string_view k_host;

std::unexpected<Error> behind(std::string message) {
  return std::unexpected(
      Error{.code = ErrorCode::store_unavailable,
            .message = "the store is behind: " + std::move(message),
            .remedy = "try again in a moment; if it lasts, see what makes the disk slow",
            .retry_after = std::chrono::seconds(1)});
}

}  // namespace

Result<Done> OperationLanes::check_room(std::string_view plugin_id,
                                        const Operation& operation) const {
  const auto lane = lanes_.find(plugin_id);
  const auto waiting = lane == lanes_.end() ? 0 : lane->second.waiting.size();
  const auto bytes = lane == lanes_.end() ? 0 : lane->second.bytes;
  const std::string_view whose = plugin_id == k_host ? "the host" : "this plugin";
  if (waiting >= limits_.queued_operations_max) {
    return behind(fmt::format("{} operations of {} wait for the disk, the limit is {}", waiting,
                              whose, limits_.queued_operations_max));
  }
  if (bytes + operation.bytes() > limits_.queued_bytes_max) {
    return behind(
        fmt::format("{} bytes of {} wait for the disk and {} more would pass the limit of {}",
                    bytes, whose, operation.bytes(), limits_.queued_bytes_max));
  }
  if (waiting > 0 && bytes_ + operation.bytes() > limits_.queued_total_bytes_max) {
    return behind(fmt::format(
        "{} bytes of all plugins wait for the disk and {} more would pass the limit of {}", bytes_,
        operation.bytes(), limits_.queued_total_bytes_max));
  }
  return Done{};
}

void OperationLanes::add(std::string_view plugin_id, std::unique_ptr<Operation> operation) {
  auto lane = lanes_.find(plugin_id);
  if (lane == lanes_.end()) lane = lanes_.emplace(std::string(plugin_id), Lane()).first;
  bytes_ += operation->bytes();
  lane->second.bytes += operation->bytes();
  lane->second.waiting.push_back(std::move(operation));
}

std::vector<std::unique_ptr<Operation>> OperationLanes::take_group() {
  Group group;
  if (const auto own = lanes_.find(k_host); own != lanes_.end()) take_turn(own, group);
  auto lane = lanes_.upper_bound(served_);
  while (!lanes_.empty() && group.operations.size() < group_operations_max &&
         group.bytes < group_bytes_max) {
    if (lane == lanes_.end()) lane = lanes_.begin();
    served_ = lane->first;
    lane = take_turn(lane, group);
  }
  if (lanes_.empty())
    std::ranges::move(std::exchange(last_, {}), std::back_inserter(group.operations));
  return std::move(group.operations);
}

OperationLanes::Lanes::iterator OperationLanes::take_turn(Lanes::iterator lane, Group& group) {
  auto& [waiting, bytes] = lane->second;
  auto left = std::min(turn_operations_max, group_operations_max - group.operations.size());
  std::size_t taken_bytes = 0;
  for (; left > 0 && taken_bytes < turn_bytes_max && !waiting.empty(); --left) {
    taken_bytes += waiting.front()->bytes();
    group.operations.push_back(std::move(waiting.front()));
    waiting.pop_front();
  }
  bytes -= taken_bytes;
  bytes_ -= taken_bytes;
  group.bytes += taken_bytes;
  return waiting.empty() ? lanes_.erase(lane) : std::next(lane);
}

}  // namespace collet
