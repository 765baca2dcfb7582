// Work of plugins that may block, each plugin's in order.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
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
  struct Lane {
    std::unique_ptr<Background> background;
    std::size_t waiting = 0;  // and running
    std::size_t bytes = 0;    // of these
  };

 public:
  /// What one operation takes of its lane; given back where this goes, on the loop.
  class Place {
   public:
    Place(std::shared_ptr<Lane> lane, std::size_t bytes) : lane_(std::move(lane)), bytes_(bytes) {
      ++lane_->waiting;
      lane_->bytes += bytes_;
    }
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (!lane_) return;
      --lane_->waiting;
      lane_->bytes -= bytes_;
    }

   private:
    friend class PluginLanes;
    std::shared_ptr<Lane> lane_;
    std::size_t bytes_;
  };

  PluginLanes(BackgroundPool& pool, LaneLimits limits) : pool_(pool), limits_(limits) {}

  /// A place for an operation that holds `bytes`, where there is one.
  Result<Place> place(std::string_view plugin_id, std::size_t bytes) {
    auto lane = lane_of(plugin_id);
    if (lane->waiting >= limits_.waiting_max) {
      return full(fmt::format("{} operations of the plugin wait already", lane->waiting));
    }
    if (bytes > limits_.waiting_bytes_max - lane->bytes) {
      return full(
          fmt::format("operations of the plugin with {} bytes wait already, and this one has {}; "
                      "the limit is {}",
                      lane->bytes, bytes, limits_.waiting_bytes_max));
    }
    return Place(std::move(lane), bytes);
  }

  /// Runs `work` off the loop after everything else of its plugin, and answers on the loop.
  template <class T>
  void run(Place place, std::move_only_function<Result<T>()> work, Reply<T> reply) {
    auto& background = *place.lane_->background;
    off_loop<T>(background, std::move(work),
                Reply<T>([place = std::optional(std::move(place)),
                          reply = std::move(reply)](Result<T> outcome) mutable {
                  place.reset();
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
