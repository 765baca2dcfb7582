// Work of plugins that may block, each plugin's in order.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/background_pool.hpp"
#include "collet/limits.hpp"

namespace collet::services {

/// Of one plugin: what waits and runs.
struct LaneLimits {
  std::size_t waiting_max{};                                            ///< operations
  std::size_t waiting_bytes_max = limits::services::waiting_bytes_max;  ///< that they hold
};

/// A lane of a pool for each plugin. What a plugin asks for beyond what may wait is refused with
/// `overloaded`, so that one which never waits for answers fills no memory. The pool outlives it.
/// Loop thread only.
class PluginLanes {
 public:
  PluginLanes(BackgroundPool& pool, LaneLimits limits) : pool_(pool), limits_(limits) {}

  /// Runs `work`, which holds `bytes` until then, off the loop after everything else of this
  /// plugin, and answers on the loop.
  template <class T>
  void run(std::string_view plugin_id, std::size_t bytes, std::move_only_function<Result<T>()> work,
           Reply<T> reply) {
    auto lane = lane_of(plugin_id);
    if (lane->waiting >= limits_.waiting_max) {
      return reply(full(fmt::format("{} operations of the plugin wait already", lane->waiting)));
    }
    if (bytes > limits_.waiting_bytes_max - lane->bytes) {
      return reply(full(
          fmt::format("operations of the plugin with {} bytes wait already, and this one has {}; "
                      "the limit is {}",
                      lane->bytes, bytes, limits_.waiting_bytes_max)));
    }
    ++lane->waiting;
    lane->bytes += bytes;
    off_loop<T>(*lane->background, std::move(work),
                Reply<T>([lane, bytes, reply = std::move(reply)](Result<T> outcome) mutable {
                  --lane->waiting;
                  lane->bytes -= bytes;
                  reply(std::move(outcome));
                }));
  }

  /// The same for what the host has to do for the plugin, which is never refused: it is little, and
  /// a lane that is full is no lack of the host's.
  template <class T>
  void run_always(std::string_view plugin_id, std::move_only_function<Result<T>()> work,
                  Reply<T> reply) {
    off_loop<T>(*lane_of(plugin_id)->background, std::move(work), std::move(reply));
  }

 private:
  struct Lane {
    std::unique_ptr<Background> background;
    std::size_t waiting = 0;  // and running
    std::size_t bytes = 0;    // of these
  };

  static std::unexpected<Error> full(std::string message) {
    return fail(ErrorCode::overloaded, std::move(message), "await answers before you ask for more");
  }

  std::shared_ptr<Lane> lane_of(std::string_view plugin_id) {
    if (const auto found = lanes_.find(plugin_id); found != lanes_.end()) return found->second;
    auto lane = std::make_shared<Lane>(pool_.lane());
    return lanes_.emplace(std::string(plugin_id), std::move(lane)).first->second;
  }

  BackgroundPool& pool_;
  const LaneLimits limits_;
  // One a plugin that ever asked.
  std::map<std::string, std::shared_ptr<Lane>, std::less<>> lanes_;
};

}  // namespace collet::services
