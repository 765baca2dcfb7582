#include "process/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/tail.hpp"

namespace collet::process {
namespace {

// A longer line is handed on in pieces of this size.
constexpr std::size_t k_line_bytes_max = 64u << 10;

// Cuts a stream into lines.
class LineSplitter {
 public:
  using OnLine = std::function<void(std::string_view)>;

  void take(std::string_view bytes, const OnLine& on_line) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      const auto piece = bytes.substr(0, std::min(end, k_line_bytes_max - pending_.size()));
      pending_ += piece;
      bytes.remove_prefix(piece.size());
      const bool complete = bytes.starts_with('\n');
      if (complete) bytes.remove_prefix(1);
      if (complete || pending_.size() == k_line_bytes_max) hand_on(on_line);
    }
  }
  void finish(const OnLine& on_line) {
    if (!pending_.empty()) hand_on(on_line);
  }

 private:
  void hand_on(const OnLine& on_line) {
    std::string_view line = pending_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    on_line(line);
    pending_.clear();
  }

  std::string pending_;
};

// One run. Owns itself until it has answered.
class Run final : public ProcessEvents, public std::enable_shared_from_this<Run> {
 public:
  Run(Loop& loop, std::string name, const ResourceLimits& limits, RunOptions options,
      Reply<RunOutcome> reply)
      : loop_(loop),
        name_(std::move(name)),
        options_(std::move(options)),
        reply_(std::move(reply)),
        limits_(limits),
        stderr_tail_(options_.stderr_tail_bytes_max) {}

  void start(Spawner& spawner, const SpawnRequest& request) {
    auto process = spawner.spawn(request, *this);
    if (!process) {
      loop_.post([self = shared_from_this(), error = std::move(process.error())]() mutable {
        self->answer(std::unexpected(std::move(error)));
      });
      return;
    }
    self_ = shared_from_this();
    process_ = std::move(*process);
    process_->close_stdin();
    if (options_.cancellation.stop_possible()) {
      cancel_.emplace(options_.cancellation, Cancel{loop_, weak_from_this()});
    }
    deadline_ = loop_.call_at(options_.deadline.when(), [this] {
      answer(fail(ErrorCode::timeout,
                  fmt::format("{} did not end by its deadline and was killed{}{}", name_,
                              limits_text({}, limits_, process_->limits_hit()), last_words()),
                  "run it by hand to see what it waits for, or give it more time"));
    });
  }

  void on_stdout(std::string_view bytes) override {
    if (bytes.size() > options_.stdout_bytes_max - stdout_text_.size()) {
      answer(fail(ErrorCode::payload_too_large,
                  fmt::format("{} printed more than {} bytes and was killed", name_,
                              options_.stdout_bytes_max),
                  "make it print less"));
      return;
    }
    stdout_text_ += bytes;
    if (options_.on_line) stdout_lines_.take(bytes, options_.on_line);
  }
  void on_stderr(std::string_view bytes) override {
    stderr_tail_.append(bytes);
    if (options_.on_line) stderr_lines_.take(bytes, options_.on_line);
  }
  void on_stdout_closed() override {}
  void on_stdin_closed(std::string_view) override {}
  void on_exit(ExitStatus status) override {
    if (options_.on_line) {
      stdout_lines_.finish(options_.on_line);
      stderr_lines_.finish(options_.on_line);
    }
    answer(RunOutcome{.status = status,
                      .stdout_text = std::move(stdout_text_),
                      .stderr_tail = stderr_tail_.text()});
  }

 private:
  // Runs on whichever thread asks for the stop; hops to the loop, where the run may be over.
  struct Cancel {
    Loop& loop;
    std::weak_ptr<Run> run;
    void operator()() const {
      loop.post([run = run] {
        const auto self = run.lock();
        if (self && self->self_) {
          self->answer(fail(ErrorCode::cancelled,
                            self->name_ + " was stopped because nobody waits for it any more"));
        }
      });
    }
  };

  std::string last_words() const {
    const auto tail = stderr_tail_.text();
    return tail.empty() ? std::string() : "; its standard error ended with:\n" + tail;
  }

  // Letting go of the process kills what is left of it.
  void answer(Result<RunOutcome> outcome) {
    const auto self = std::move(self_);
    process_.reset();
    deadline_.cancel();
    cancel_.reset();
    reply_(std::move(outcome));
  }

  Loop& loop_;
  std::string name_;
  RunOptions options_;
  Reply<RunOutcome> reply_;
  const ResourceLimits limits_;
  std::unique_ptr<Process> process_;
  Timer deadline_;
  std::optional<std::stop_callback<Cancel>> cancel_;
  std::string stdout_text_;
  LineSplitter stdout_lines_;
  Tail stderr_tail_;
  LineSplitter stderr_lines_;
  std::shared_ptr<Run> self_;
};

}  // namespace

void run(Loop& loop, Spawner& spawner, const SpawnRequest& request, RunOptions options,
         Reply<RunOutcome> reply) {
  std::make_shared<Run>(loop, request.executable.filename().native(),
                        request.limits.value_or(k_no_limits), std::move(options), std::move(reply))
      ->start(spawner, request);
}

}  // namespace collet::process
