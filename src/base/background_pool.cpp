#include "base/background_pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.hpp"

namespace collet {
namespace {

struct Job {
  Task work;
  Task done;
};

/// What lanes and threads share.
class Shared : public std::enable_shared_from_this<Shared> {
 public:
  Shared(Loop& loop, BackgroundPoolOptions options) : loop_(loop), options_(std::move(options)) {}

  struct Lane {
    std::deque<Job> jobs;
    bool is_taken = false;  // stands in `ready_`, or a thread works at it
  };

  void add(const std::shared_ptr<Lane>& lane, Job job) {
    std::vector<std::thread> ended;
    {
      const Lock lock(mutex_);
      if (ending_) return loop_.post(std::move(job.done));
      ended.swap(ended_);
      lane->jobs.push_back(std::move(job));
      if (!lane->is_taken) {
        lane->is_taken = true;
        ready_.push_back(lane);
        start_thread();
      }
    }
    wake_.notify_one();
    join(ended);
  }

  void finish() {
    retry_.cancel();
    std::vector<std::thread> threads;
    std::vector<Job> dropped;
    {
      const Lock lock(mutex_);
      ending_ = true;
      threads.swap(threads_);
      std::ranges::move(ended_, std::back_inserter(threads));
      ended_.clear();
      for (const auto& lane : ready_) take_all(*lane, dropped);
      ready_.clear();
    }
    wake_.notify_all();
    answer(dropped);
    join(threads);
  }

 private:
  static void take_all(Lane& lane, std::vector<Job>& jobs) {
    std::ranges::move(lane.jobs, std::back_inserter(jobs));
    lane.jobs.clear();
  }

  // What does not run any more.
  void answer(std::vector<Job>& dropped) {
    for (auto& job : dropped) loop_.post(std::move(job.done));
  }

  // Under the lock, where a lane is ready. One for which no thread can be had is taken by the next
  // that is free.
  void start_thread() {
    if (ready_.size() <= idle_ || threads_.size() >= options_.threads_max) return;
    try {
      threads_.push_back(options_.start_thread([this] { serve(); }));
    } catch (const std::system_error&) {
      if (threads_.empty()) {
        loop_.post([weak = weak_from_this()] {
          if (const auto self = weak.lock()) self->try_again_later();
        });
      }
    }
  }

  // On the loop.
  void try_again_later() {
    const Lock lock(mutex_);
    if (ending_) return;
    retry_ = loop_.call_after(options_.retry, [this] {
      const Lock starting(mutex_);
      start_thread();
    });
  }

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
  // Of a pool that ends it takes none.
  std::optional<Job> next(std::shared_ptr<Lane>& lane) {
    std::vector<Job> dropped;  // their work goes after the lock
    const Lock lock(mutex_);
    if (lane && ending_) {
      take_all(*lane, dropped);
      answer(dropped);
    } else if (lane && lane->jobs.empty()) {
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
  Timer retry_;                                        // the loop's
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
      : shared_(std::make_shared<Shared>(loop, std::move(options))) {}
  ~ThreadPool() override { shared_->finish(); }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  std::unique_ptr<Background> lane() override { return std::make_unique<PoolLane>(shared_); }

 private:
  const std::shared_ptr<Shared> shared_;
};

}  // namespace

std::unique_ptr<BackgroundPool> make_background_pool(Loop& loop, BackgroundPoolOptions options) {
  return std::make_unique<ThreadPool>(loop, std::move(options));
}

}  // namespace collet
