#include "collet/worker_manager.hpp"

namespace collet {

std::string_view to_string(WorkerStatus status) {
  switch (status) {
    case WorkerStatus::stopped:
      return "stopped";
    case WorkerStatus::starting:
      return "starting";
    case WorkerStatus::running:
      return "running";
    case WorkerStatus::stopping:
      return "stopping";
    case WorkerStatus::crashed:
      return "crashed";
    case WorkerStatus::backoff:
      return "backoff";
    case WorkerStatus::failed:
      return "failed";
  }
  return "stopped";
}

}  // namespace collet
