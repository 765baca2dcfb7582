// Work that may block (files, mostly), off the loop: the loop goes on, the answer comes back to it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/loop.hpp"
#include "collet/reply.hpp"

namespace collet {

/// Runs work off the loop, one piece after the other in the order asked for.
class Background {
 public:
  virtual ~Background() = default;
  /// Runs `work` off the loop, then `done` on it; a pool that ends runs `done` alone where `work`
  /// has not begun. Any thread.
  virtual void run(Task work, Task done) = 0;
};

/// One thread. Its destructor finishes the work that waits, so it may take as long as that; the
/// loop outlives it.
[[nodiscard]] std::unique_ptr<Background> make_background(Loop& loop);

/// For tests in virtual time: runs both on the loop.
class InlineBackground final : public Background {
 public:
  explicit InlineBackground(Loop& loop) : loop_(loop) {}
  void run(Task work, Task done) override {
    loop_.post([work = std::move(work), done = std::move(done)]() mutable {
      work();
      done();
    });
  }

 private:
  Loop& loop_;
};

/// Runs `work` off the loop and answers `reply` on it with what it returns; with `shutting_down`
/// where it did not run any more.
template <class T>
void off_loop(Background& background, std::move_only_function<Result<T>()> work, Reply<T> reply) {
  // Written off the loop before `done` is posted, read after: the queue between them orders the
  // two.
  auto outcome = std::make_shared<std::optional<Result<T>>>();
  background.run([outcome, work = std::move(work)]() mutable { outcome->emplace(work()); },
                 [outcome, reply = std::move(reply)]() mutable {
                   if (*outcome) return reply(std::move(**outcome));
                   reply(fail(ErrorCode::shutting_down, "the host stops"));
                 });
}

}  // namespace collet
