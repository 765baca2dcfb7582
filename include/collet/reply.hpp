// "Answer exactly once" as a type.
#pragma once

#include <cassert>
#include <functional>
#include <utility>

#include "collet/error.hpp"

namespace collet {

/// The one answer that is owed to somebody. Move-only; whoever holds it owes the answer, and a
/// `Reply` that is destroyed unanswered answers `internal_error` by itself, so no path can forget.
///
/// Threads: a `Reply` may be handed to and answered on any thread; the callback runs on the thread
/// that answers. Whoever makes a `Reply` decides whether its callback has to hop elsewhere.
template <class T>
class Reply {
 public:
  using Outcome = Result<T>;
  using Callback = std::move_only_function<void(Outcome)>;

  /// An empty reply: nobody waits. Answering it is a bug.
  Reply() = default;
  explicit Reply(Callback callback) : callback_(std::move(callback)) {}
  Reply(Reply&& other) noexcept : callback_(std::exchange(other.callback_, nullptr)) {}
  Reply& operator=(Reply&& other) noexcept {
    if (this != &other) {
      abandon();
      callback_ = std::exchange(other.callback_, nullptr);
    }
    return *this;
  }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  ~Reply() { abandon(); }

  /// Whether an answer is still owed.
  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(callback_); }

  /// Gives the answer. Afterwards the reply is empty; a second answer is a bug of ours and is
  /// dropped.
  void operator()(Outcome outcome) {
    assert(callback_ && "a Reply is answered once");
    if (auto callback = std::exchange(callback_, nullptr)) callback(std::move(outcome));
  }

 private:
  void abandon() noexcept {
    if (callback_) {
      (*this)(fail(ErrorCode::internal_error, "a request was dropped without an answer",
                   "this is a bug of the host; its log has more"));
    }
  }

  Callback callback_;
};

}  // namespace collet
