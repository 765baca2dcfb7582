// The real WorkerManager: a pool of workers for each plugin.
#pragma once

#include <memory>

#include "collet/worker_manager.hpp"
#include "worker/worker.hpp"

namespace collet::worker {

/// Loop thread only, but for tool calls, which hop to the loop by themselves.
[[nodiscard]] std::unique_ptr<WorkerManager> make_worker_manager(WorkerContext context);

}  // namespace collet::worker
