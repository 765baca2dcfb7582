// The real loop: one io_context, run by one thread.
#pragma once

#include <memory>

#include "base/loop.hpp"
#include "collet/error.hpp"

namespace boost::asio {
class io_context;
}

namespace collet {

/// `run` belongs to one thread, the loop's; everything else is as `Loop` says.
class AsioLoop final : public Loop {
 public:
  /// Throws std::system_error where the kernel gives it no descriptors; see `open`.
  AsioLoop();
  /// One loop, or why the kernel gives it no descriptors: `overloaded`, or `internal_error`.
  [[nodiscard]] static Result<std::unique_ptr<AsioLoop>> open();
  ~AsioLoop() override;

  [[nodiscard]] TimePoint now() const override;
  void post(Task task) override;
  [[nodiscard]] bool on_loop() const override;
  [[nodiscard]] Timer call_at(TimePoint when, Task task) override;

  /// Runs until `stop`. The calling thread is the loop's from now on.
  void run();
  /// Lets `run` return after the task it is in. Any thread.
  void stop();
  /// For the adapters to the OS (process, http), which live on this loop.
  [[nodiscard]] boost::asio::io_context& context();

 private:
  void cancel_timer(std::uint64_t id) override;
  void arm();
  void fire();

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace collet
