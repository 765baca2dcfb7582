#include "process/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

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

// The last part of a stream, cut at the start of a UTF-8 character.
class Tail {
 public:
  explicit Tail(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void take(std::string_view bytes) {
    text_ += bytes;
    if (text_.size() > 2 * bytes_max_) cut();
  }
  [[nodiscard]] std::string text() && {
    cut();
    if (was_cut_) {
      const auto first = std::ranges::find_if_not(text_, is_continuation);
      text_.erase(text_.begin(),
                  std::min(first, text_.begin() + std::min<long>(3, std::ssize(text_))));
    }
    return std::move(text_);
  }

 private:
  static bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0u) == 0x80u;
  }
  void cut() {
    if (text_.size() <= bytes_max_) return;
    text_.erase(0, text_.size() - bytes_max_);
    was_cut_ = true;
  }

  std::size_t bytes_max_;
  std::string text_;
  bool was_cut_ = false;
};

// One run. Owns itself until it has answered.
class Run final : public ProcessEvents, public std::enable_shared_from_this<Run> {
 public:
  Run(Loop& loop, std::string name, RunOptions options, Reply<RunOutcome> reply)
      : loop_(loop),
        name_(std::move(name)),
        options_(std::move(options)),
        reply_(std::move(reply)),
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
    deadline_ = loop_.call_at(options_.deadline.when(), [this] {
      answer(
          fail(ErrorCode::timeout,
               fmt::format("{} did not end by its deadline and was killed{}", name_, last_words()),
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
    stderr_tail_.take(bytes);
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
                      .stderr_tail = std::move(stderr_tail_).text()});
  }

 private:
  std::string last_words() {
    auto tail = std::move(stderr_tail_).text();
    while (tail.ends_with('\n') || tail.ends_with('\r')) tail.pop_back();
    return tail.empty() ? std::string() : "; its standard error ended with:\n" + tail;
  }

  // Letting go of the process kills what is left of it.
  void answer(Result<RunOutcome> outcome) {
    const auto self = std::move(self_);
    process_.reset();
    deadline_.cancel();
    reply_(std::move(outcome));
  }

  Loop& loop_;
  std::string name_;
  RunOptions options_;
  Reply<RunOutcome> reply_;
  std::unique_ptr<Process> process_;
  Timer deadline_;
  std::string stdout_text_;
  LineSplitter stdout_lines_;
  Tail stderr_tail_;
  LineSplitter stderr_lines_;
  std::shared_ptr<Run> self_;
};

}  // namespace

void run(Loop& loop, Spawner& spawner, const SpawnRequest& request, RunOptions options,
         Reply<RunOutcome> reply) {
  std::make_shared<Run>(loop, request.executable.filename().native(), std::move(options),
                        std::move(reply))
      ->start(spawner, request);
}

}  // namespace collet::process
