// Coroutines on the loop: a flow of several steps reads from top to bottom.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "collet/reply.hpp"

namespace collet {

/// A lazily started coroutine that yields one `T`. Awaited at most once, by its owner; errors
/// travel inside `T` (a `Result`). It runs on whichever thread resumes it: all steps of a flow
/// answer on the loop, so the flow stays there.
template <class T>
class Async {
 public:
  struct promise_type {
    std::optional<T> value;
    std::coroutine_handle<> continuation = std::noop_coroutine();

    Async get_return_object() {
      return Async(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Resume {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept {
          return self.promise().continuation;
        }
        void await_resume() noexcept {}
      };
      return Resume{};
    }
    template <class U>
    void return_value(U&& result) {
      value.emplace(std::forward<U>(result));
    }
    void unhandled_exception() { std::terminate(); }  // no exception crosses a room
  };

  Async(Async&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Async& operator=(Async&&) = delete;
  ~Async() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
    handle_.promise().continuation = caller;
    return handle_;
  }
  T await_resume() { return std::move(*handle_.promise().value); }

 private:
  explicit Async(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

/// Awaits a call that answers through a `Reply<T>`: `auto rows = co_await reply_of<Rows>([&](auto
/// reply) { store.list(std::move(reply)); });` The call may answer at once or later; the coroutine
/// goes on where it is answered.
template <class T, class Start>
class ReplyOf {
 public:
  explicit ReplyOf(Start start) : start_(std::move(start)) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> caller) {
    // An answer inside `start` must not resume a coroutine that is not yet suspended: whoever comes
    // second goes on.
    start_(Reply<T>([this, caller](Result<T> outcome) {
      outcome_.emplace(std::move(outcome));
      if (std::exchange(met_, true)) caller.resume();
    }));
    return !std::exchange(met_, true);
  }
  Result<T> await_resume() { return std::move(*outcome_); }

 private:
  Start start_;
  std::optional<Result<T>> outcome_;
  bool met_ = false;
};

template <class T, class Start>
[[nodiscard]] ReplyOf<T, Start> reply_of(Start start) {
  return ReplyOf<T, Start>(std::move(start));
}

namespace detail {
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};
template <class T>
Detached run_detached(Async<Result<T>> flow, Reply<T> reply) {
  auto outcome = co_await std::move(flow);
  reply(std::move(outcome));
}
}  // namespace detail

/// Starts `flow` now, on this thread, and answers `reply` with what it yields.
template <class T>
void start(Async<Result<T>> flow, Reply<T> reply) {
  detail::run_detached(std::move(flow), std::move(reply));
}

}  // namespace collet
