#include "base/background_pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
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
  Shared(Loop& loop, BackgroundPoolOptions options) : loop_(loop), options_(options) {}

  struct Lane {
    std::deque<Job> jobs;
    bool is_taken = false;  // stands in `ready_`, or a thread works at it
  };

  void add(const std::shared_ptr<Lane>& lane, Job job) {
    std::vector<std::thread> ended;
    {
      const Lock lock(mutex_);
      ended.swap(ended_);
      lane->jobs.push_back(std::move(job));
      if (!lane->is_taken) {
        lane->is_taken = true;
        ready_.push_back(lane);
        if (ready_.size() > idle_ && threads_.size() < options_.threads_max) {
          threads_.emplace_back([this] { serve(); });
        }
      }
    }
    wake_.notify_one();
    join(ended);
  }

  void finish() {
    std::vector<std::thread> threads;
    {
      const Lock lock(mutex_);
      ending_ = true;
      threads.swap(threads_);
      std::ranges::move(ended_, std::back_inserter(threads));
      ended_.clear();
    }
    wake_.notify_all();
    join(threads);
  }

 private:
  void serve() {
    std::shared_ptr<Lane> lane;
    while (auto job = next(lane)) {
      job->work();
      loop_.post(std::move(job->done));
    }
  }

  // Of those that have left `threads_` nothing is left to do but to return.
  static void join(std::vector<std::thread>& threads) {
    for (auto& thread : threads) thread.join();
  }

  // Gives `lane` back, and takes the next one with a job of it; nothing where the thread is to end.
  std::optional<Job> next(std::shared_ptr<Lane>& lane) {
    const Lock lock(mutex_);
    if (lane && lane->jobs.empty()) {
      lane->is_taken = false;
    } else if (lane) {
      ready_.push_back(lane);
    }
    ++idle_;
    wake_.wait_for(mutex_, options_.idle_max, [this] { return ending_ || !ready_.empty(); });
    --idle_;
    if (ready_.empty()) {
      leave();
      return std::nullopt;
    }
    lane = std::move(ready_.front());
    ready_.pop_front();
    std::optional<Job> job(std::move(lane->jobs.front()));
    lane->jobs.pop_front();
    return job;
  }

  // Under the lock. Whoever comes next joins the thread; at the end it is joined already.
  void leave() {
    const auto mine = std::ranges::find(threads_, std::this_thread::get_id(), &std::thread::get_id);
    if (mine == threads_.end()) return;
    ended_.push_back(std::move(*mine));
    threads_.erase(mine);
  }

  Loop& loop_;
  const BackgroundPoolOptions options_;
  Mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::shared_ptr<Lane>> ready_ GUARDED_BY(mutex_);
  std::size_t idle_ GUARDED_BY(mutex_) = 0;
  bool ending_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
  std::vector<std::thread> ended_ GUARDED_BY(mutex_);  // to be joined
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
  ThreadPool(Loop& loop, BackgroundPoolOptions options)
      : shared_(std::make_shared<Shared>(loop, options)) {}
  ~ThreadPool() override { shared_->finish(); }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  std::unique_ptr<Background> lane() override { return std::make_unique<PoolLane>(shared_); }

 private:
  const std::shared_ptr<Shared> shared_;
};

}  // namespace

std::unique_ptr<BackgroundPool> make_background_pool(Loop& loop, BackgroundPoolOptions options) {
  return std::make_unique<ThreadPool>(loop, options);
}

}  // namespace collet
