#include "base/asio_loop.hpp"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <thread>

#include "base/descriptors.hpp"
#include "base/timer_queue.hpp"

namespace collet {
namespace asio = boost::asio;

struct AsioLoop::Impl {
  TimerQueue timers;            // outlives the context: a task that never ran may hold a Timer
  asio::io_context context{1};  // one thread: Asio leaves out most of its locking
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  asio::steady_timer wakeup{context};
  TimePoint armed_for = TimePoint::max();
  std::atomic<std::thread::id> thread{};
};

AsioLoop::AsioLoop() : impl_(std::make_unique<Impl>()) {}
AsioLoop::~AsioLoop() = default;

Result<std::unique_ptr<AsioLoop>> AsioLoop::open() {
  try {
    return std::make_unique<AsioLoop>();
  } catch (const boost::system::system_error& error) {
    return fail_by_system(ErrorCode::internal_error, "cannot make an event loop",
                          error.code().value());
  }
}

TimePoint AsioLoop::now() const {
  return Clock::now();
}

void AsioLoop::post(Task task) {
  asio::post(impl_->context, std::move(task));
}

bool AsioLoop::on_loop() const {
  return impl_->thread.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

Timer AsioLoop::call_at(TimePoint when, Task task) {
  if (when == TimePoint::max()) return {};
  const auto id = impl_->timers.add(when, std::move(task));
  if (when < impl_->armed_for) arm();
  return {*this, id};
}

void AsioLoop::cancel_timer(std::uint64_t id) {
  impl_->timers.cancel(id);
}

// Asio's timer is armed for the earliest of ours only, and stays armed when that one is cancelled:
// waking up once for nothing costs less than re-arming at every answer.
void AsioLoop::arm() {
  const auto next = impl_->timers.next();
  impl_->armed_for = next.value_or(TimePoint::max());
  if (!next) return;
  impl_->wakeup.expires_at(*next);
  impl_->wakeup.async_wait([this](boost::system::error_code error) {
    if (!error) fire();
  });
}

void AsioLoop::fire() {
  impl_->armed_for = TimePoint::max();
  const auto due_by = now();
  while (auto task = impl_->timers.take_due(due_by)) (*task)();
  arm();
}

void AsioLoop::run() {
  impl_->thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
  impl_->context.run();
  impl_->thread.store({}, std::memory_order_relaxed);
}

void AsioLoop::stop() {
  impl_->context.stop();
}

asio::io_context& AsioLoop::context() {
  return impl_->context;
}

}  // namespace collet
