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

namespace collet::services {

/// A lane of a pool for each plugin. What a plugin asks for beyond what may wait is refused with
/// `overloaded`, so that one which never waits for answers fills no memory. The pool outlives it.
/// Loop thread only.
class PluginLanes {
 public:
  PluginLanes(BackgroundPool& pool, std::size_t waiting_max)
      : pool_(pool), waiting_max_(waiting_max) {}

  /// Runs `work` off the loop after everything else of this plugin, and answers on the loop.
  template <class T>
  void run(std::string_view plugin_id, std::move_only_function<Result<T>()> work, Reply<T> reply) {
    auto lane = lane_of(plugin_id);
    if (lane->waiting >= waiting_max_) {
      auto error =
          Error{.code = ErrorCode::overloaded,
                .message = fmt::format("{} operations of the plugin wait already", waiting_max_),
                .remedy = "await answers before you ask for more"};
      return reply(std::unexpected(std::move(error)));
    }
    ++lane->waiting;
    off_loop<T>(*lane->background, std::move(work),
                Reply<T>([lane, reply = std::move(reply)](Result<T> outcome) mutable {
                  --lane->waiting;
                  reply(std::move(outcome));
                }));
  }

 private:
  struct Lane {
    std::unique_ptr<Background> background;
    std::size_t waiting = 0;  // and running
  };

  std::shared_ptr<Lane> lane_of(std::string_view plugin_id) {
    if (const auto found = lanes_.find(plugin_id); found != lanes_.end()) return found->second;
    auto lane = std::make_shared<Lane>(pool_.lane());
    return lanes_.emplace(std::string(plugin_id), std::move(lane)).first->second;
  }

  BackgroundPool& pool_;
  const std::size_t waiting_max_;
  // One a plugin that ever asked.
  std::map<std::string, std::shared_ptr<Lane>, std::less<>> lanes_;
};

}  // namespace collet::services
