#include "base/background.hpp"

#include <condition_variable>
#include <deque>
#include <thread>

#include "base/mutex.hpp"

namespace collet {
namespace {

class BackgroundThread final : public Background {
 public:
  explicit BackgroundThread(Loop& loop) : loop_(loop), thread_([this] { work_off(); }) {}
  ~BackgroundThread() override {
    {
      const Lock lock(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  void run(Task work, Task done) override {
    {
      const Lock lock(mutex_);
      jobs_.push_back({std::move(work), std::move(done)});
    }
    wake_.notify_one();
  }

 private:
  struct Job {
    Task work;
    Task done;
  };

  void work_off() {
    while (auto job = next()) {
      job->work();
      loop_.post(std::move(job->done));
    }
  }

  /// Waits for a job; nothing once all are done and this is ending.
  std::optional<Job> next() {
    const Lock lock(mutex_);
    wake_.wait(mutex_, [this] { return ending_ || !jobs_.empty(); });
    if (jobs_.empty()) return std::nullopt;
    std::optional<Job> job(std::move(jobs_.front()));
    jobs_.pop_front();
    return job;
  }

  Loop& loop_;
  Mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Background> make_background(Loop& loop) {
  return std::make_unique<BackgroundThread>(loop);
}

}  // namespace collet
