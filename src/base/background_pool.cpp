#include "base/background_pool.hpp"

#include <condition_variable>
#include <deque>
#include <thread>
#include <vector>

#include "base/mutex.hpp"

namespace collet {
namespace {

struct Job {
  Task work;
  Task done;
};

/// What lanes and threads share.
class Shared {
 public:
  Shared(Loop& loop, std::size_t threads_max) : loop_(loop), threads_max_(threads_max) {}

  struct Lane {
    std::deque<Job> jobs;
    bool is_taken = false;  // stands in `ready_`, or a thread works at it
  };

  void add(const std::shared_ptr<Lane>& lane, Job job) {
    {
      const Lock lock(mutex_);
      lane->jobs.push_back(std::move(job));
      if (lane->is_taken) return;
      lane->is_taken = true;
      ready_.push_back(lane);
      if (ready_.size() > idle_ && threads_.size() < threads_max_) {
        threads_.emplace_back([this] { serve(); });
      }
    }
    wake_.notify_one();
  }

  void finish() {
    std::vector<std::thread> threads;
    {
      const Lock lock(mutex_);
      ending_ = true;
      threads.swap(threads_);
    }
    wake_.notify_all();
    for (auto& thread : threads) thread.join();
  }

 private:
  void serve() {
    std::shared_ptr<Lane> lane;
    while (auto job = next(lane)) {
      job->work();
      loop_.post(std::move(job->done));
    }
  }

  // Gives `lane` back, and takes the next one with a job of it; nothing at the end.
  std::optional<Job> next(std::shared_ptr<Lane>& lane) {
    const Lock lock(mutex_);
    if (lane && lane->jobs.empty()) {
      lane->is_taken = false;
    } else if (lane) {
      ready_.push_back(lane);
    }
    ++idle_;
    wake_.wait(mutex_, [this] { return ending_ || !ready_.empty(); });
    --idle_;
    if (ready_.empty()) return std::nullopt;
    lane = std::move(ready_.front());
    ready_.pop_front();
    std::optional<Job> job(std::move(lane->jobs.front()));
    lane->jobs.pop_front();
    return job;
  }

  Loop& loop_;
  const std::size_t threads_max_;
  Mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::shared_ptr<Lane>> ready_ GUARDED_BY(mutex_);
  std::size_t idle_ GUARDED_BY(mutex_) = 0;
  bool ending_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
};

class PoolLane final : public Background {
 public:
  explicit PoolLane(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  void run(Task work, Task done) override {
    shared_->add(lane_, {std::move(work), std::move(done)});
  }

 private:
  const std::shared_ptr<Shared> shared_;
  const std::shared_ptr<Shared::Lane> lane_ = std::make_shared<Shared::Lane>();
};

class ThreadPool final : public BackgroundPool {
 public:
  ThreadPool(Loop& loop, std::size_t threads_max)
      : shared_(std::make_shared<Shared>(loop, threads_max)) {}
  ~ThreadPool() override { shared_->finish(); }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  std::unique_ptr<Background> lane() override { return std::make_unique<PoolLane>(shared_); }

 private:
  const std::shared_ptr<Shared> shared_;
};

}  // namespace

std::unique_ptr<BackgroundPool> make_background_pool(Loop& loop, std::size_t threads_max) {
  return std::make_unique<ThreadPool>(loop, threads_max);
}

}  // namespace collet
