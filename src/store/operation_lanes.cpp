#include "store/operation_lanes.hpp"

#include <fmt/format.h>

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
  return Done{};
}

void OperationLanes::add(std::string_view plugin_id, std::unique_ptr<Operation> operation) {
  auto lane = lanes_.find(plugin_id);
  if (lane == lanes_.end()) lane = lanes_.emplace(std::string(plugin_id), Lane()).first;
  lane->second.bytes += operation->bytes();
  lane->second.waiting.push_back(std::move(operation));
}

std::vector<std::unique_ptr<Operation>> OperationLanes::take_group() {
  std::vector<std::unique_ptr<Operation>> group;
  if (const auto own = lanes_.find(k_host); own != lanes_.end()) take_turn(own, group);
  auto lane = lanes_.upper_bound(last_);
  while (!lanes_.empty() && group.size() < group_operations_max) {
    if (lane == lanes_.end()) lane = lanes_.begin();
    last_ = lane->first;
    lane = take_turn(lane, group);
  }
  return group;
}

OperationLanes::Lanes::iterator OperationLanes::take_turn(
    Lanes::iterator lane, std::vector<std::unique_ptr<Operation>>& group) {
  auto& [waiting, bytes] = lane->second;
  std::size_t taken_bytes = 0;
  for (std::size_t taken = 0;
       taken < turn_operations_max && taken_bytes < turn_bytes_max && !waiting.empty(); ++taken) {
    taken_bytes += waiting.front()->bytes();
    group.push_back(std::move(waiting.front()));
    waiting.pop_front();
  }
  bytes -= taken_bytes;
  return waiting.empty() ? lanes_.erase(lane) : std::next(lane);
}

}  // namespace collet
