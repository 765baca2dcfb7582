// A few threads for many lines of work that may block.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "base/background.hpp"
#include "collet/limits.hpp"

namespace collet {

/// Gives out lanes. Each runs its work in the order asked for, and waits for no other lane as long
/// as a thread is free; where none is, lanes take turns, one piece of work each.
class BackgroundPool {
 public:
  virtual ~BackgroundPool() = default;
  /// A lane may go before its work is done: the work is done all the same. What it gets once its
  /// pool is gone does not run. Any thread.
  [[nodiscard]] virtual std::unique_ptr<Background> lane() = 0;
};

struct BackgroundPoolOptions {
  std::size_t threads_max{};
  std::chrono::milliseconds idle_max = limits::services::thread_idle_max;
  std::chrono::milliseconds retry = limits::services::thread_retry;
  /// Starts a thread, or throws std::system_error as std::thread does. For tests.
  std::function<std::thread(Task)> start_thread = [](Task task) {
    return std::thread(std::move(task));
  };
};

/// Threads start when there is work that no other is free for. Where the machine gives none, work
/// waits for those that there are; where there is none at all, it waits until one can be had. The
/// destructor finishes the work that has begun, so it may take as long as that, and drops the rest:
/// at the end of a host nobody waits for it any more. Belongs to the loop's thread; the loop
/// outlives it.
[[nodiscard]] std::unique_ptr<BackgroundPool> make_background_pool(Loop& loop,
                                                                   BackgroundPoolOptions options);

/// For tests in virtual time: all lanes run on the loop.
class InlineBackgroundPool final : public BackgroundPool {
 public:
  explicit InlineBackgroundPool(Loop& loop) : loop_(loop) {}
  [[nodiscard]] std::unique_ptr<Background> lane() override {
    return std::make_unique<InlineBackground>(loop_);
  }

 private:
  Loop& loop_;
};

}  // namespace collet
