// The workers of one plugin: as many as its `instances`, each a process of its own.
#pragma once

#include <memory>
#include <vector>

#include "worker/worker.hpp"

namespace collet::worker {

/// Starts and stops its workers together and gives each call to the one with the fewest. Each
/// restarts by itself: while one is in back-off the others go on. Loop thread only.
class Pool {
 public:
  Pool(const WorkerContext& context, WorkerIdentity identity);

  void expect();
  /// Answers when all have answered `initialize`. Where one does not start none is left running;
  /// but where it is the host that lacks something, those that run are enough, and the others
  /// follow.
  void start(WorkerStart start, Reply<Done> reply);
  void stop(ErrorCode why, AfterStop after, Reply<Done> reply);
  void kill_now();

  /// The worker for the next call: of those that run the one with the fewest calls in flight, else
  /// the one that will run first. Valid until the next start.
  [[nodiscard]] Worker& choose();

  /// One of them; null where there are fewer.
  [[nodiscard]] Worker* instance(std::uint32_t number);

  /// As well as it gets: `running` where one runs.
  [[nodiscard]] WorkerStatus status() const;
  [[nodiscard]] WorkerDiagnostics diagnostics() const;
  [[nodiscard]] const WorkerIdentity& identity() const { return identity_; }

 private:
  void resize(std::size_t count);

  const WorkerContext& context_;
  const WorkerIdentity identity_;
  std::vector<std::unique_ptr<Worker>> workers_;            // never empty
  bool is_stopping_ = false;                                // inside `stop`
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // last: it goes before they do
};

}  // namespace collet::worker
