#include "worker/channel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "process/fake_process.hpp"

namespace collet::worker {
namespace {
using testing::ElementsAre;

/// What a channel told, as text.
class Listener final : public ChannelEvents {
 public:
  std::vector<std::string> heard;

  void on_response(const jsonrpc::Response& response) override {
    heard.push_back("response " + std::string(response.id.raw()));
  }
  void on_request(const jsonrpc::Request& request) override {
    heard.push_back("request " + request.method);
  }
  void on_notification(const jsonrpc::Notification& notification) override {
    heard.push_back("notification " + notification.method);
  }
  void on_unread_line(const UnreadLine& line) override {
    heard.push_back((line.limit == UnreadLine::Limit::bytes ? "long " : "deep ") +
                    (line.answered ? "answer to " + std::to_string(*line.answered)
                                   : "line of " + std::to_string(line.text.size())));
  }
  void on_noise(std::string_view line, std::string_view reason) override {
    heard.push_back("noise " + std::string(line) + ": " + std::string(reason));
  }
  void on_stderr_line(std::string_view line) override {
    heard.push_back("stderr " + std::to_string(line.size()));
  }
  void on_long_stderr_line() override { heard.push_back("long stderr"); }
  void on_hangup(std::string_view what) override { heard.push_back(std::string(what)); }
  void on_exit(process::ExitStatus) override { heard.push_back("exit"); }
};

constexpr std::size_t k_limit = 200;

class ChannelTest : public testing::Test {
 protected:
  void write(std::string_view bytes) { spawner.last().emit_stdout(bytes); }
  std::vector<std::string> take() { return std::exchange(listener.heard, {}); }

  /// A response of that many bytes, without its line end.
  static std::string response_of(std::size_t bytes) {
    const std::string head = R"({"jsonrpc":"2.0","id":1,"result":")";
    return head + std::string(bytes - head.size() - 2, 'x') + "\"}";
  }

  Listener listener;
  process::FakeSpawner spawner;
  std::unique_ptr<Channel> channel = *Channel::open(
      spawner, {}, {.line_bytes_max = k_limit, .depth_max = 4, .stderr_line_bytes_max = 100},
      listener);
};

constexpr std::string_view k_next = R"({"jsonrpc":"2.0","method":"next"})"
                                    "\n";
constexpr const char* k_long_answer = "long answer to 1";

TEST_F(ChannelTest, TellsWhatEachLineIs) {
  write(R"({"jsonrpc":"2.0","id":1,"result":{}})"
        "\r\n"
        R"({"jsonrpc":"2.0","id":2,"method":"state.get"})"
        "\n\n"
        R"({"jsonrpc":"2.0","method":"log"})"
        "\nstarting\n[]\n");
  EXPECT_THAT(take(),
              ElementsAre("response 1", "request state.get", "notification log",
                          "noise starting: expected a value", "noise []: not a JSON object"));
}

class ChannelPieces : public ChannelTest, public testing::WithParamInterface<std::size_t> {
 protected:
  void write_in_pieces(std::string_view bytes) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(GetParam(), bytes.size()))) {
      write(bytes.substr(0, GetParam()));
    }
  }
};

TEST_P(ChannelPieces, AnAnswerOverTheLimitIsToldOnceAndTheNextLineIsRead) {
  for (const auto length : {k_limit - 1, k_limit, k_limit + 1, 10 * k_limit}) {
    write_in_pieces(response_of(length) + "\n");
    EXPECT_THAT(take(), ElementsAre(length <= k_limit ? "response 1" : k_long_answer)) << length;
    write_in_pieces(k_next);
    EXPECT_THAT(take(), ElementsAre("notification next")) << length;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ChannelPieces, testing::Values(1, 7, 200, 201, 65'536));

TEST_F(ChannelTest, EachLineOverTheLimitIsTold) {
  const auto line = response_of(k_limit + 1) + "\n";
  write(line + line + std::string(k_next) + line);
  EXPECT_THAT(take(),
              ElementsAre(k_long_answer, k_long_answer, "notification next", k_long_answer));
}

TEST_F(ChannelTest, AnEndlessLineIsToldOnceAndAsSoonAsItIsTooLong) {
  const std::string piece(k_limit, 'x');
  write(piece);
  EXPECT_TRUE(take().empty());
  for (int i = 0; i < 10'000; ++i) write(piece);
  EXPECT_THAT(take(), ElementsAre("long line of 200"));
  write("\n");
  write(k_next);
  EXPECT_THAT(take(), ElementsAre("notification next"));
}

TEST_F(ChannelTest, ALineThatIsTooDeepIsToldWithWhatItAnswers) {
  write(R"({"jsonrpc":"2.0","id":1,"result":[[[1]]]})"
        "\n"
        R"({"jsonrpc":"2.0","id":2,"result":[[[[1]]]]})"
        "\n"
        R"({"jsonrpc":"2.0","result":[[[[1]]]],"id":3})"
        "\n[[[[[]]]]]\n");
  EXPECT_THAT(take(),
              ElementsAre("response 1", "deep answer to 2", "deep line of 43", "deep line of 10"));
  write(k_next);
  EXPECT_THAT(take(), ElementsAre("notification next"));
}

TEST_F(ChannelTest, NoMoreOfADeepLineIsLookedAtThanOfALongOne) {
  constexpr auto seen = jsonrpc::LineFramer::head_bytes_max;
  const auto roomy =
      *Channel::open(spawner, {}, {.line_bytes_max = 3 * seen, .depth_max = 4}, listener);
  const std::string_view id = R"({"jsonrpc":"2.0","id":2,"result":[[[[1]]]]})";
  const auto bytes_before = id.find("[");
  for (const auto bytes : {seen, seen + 1}) {
    write(std::string(bytes - bytes_before, ' ') + std::string(id) + "\n");
    EXPECT_THAT(take(), ElementsAre(testing::StartsWith(bytes == seen ? "deep answer to 2"
                                                                      : "deep line of ")));
  }
}

TEST_F(ChannelTest, AnUnfinishedLineCountsWhenTheStreamEnds) {
  write(response_of(100));
  spawner.last().emit_stdout_closed();
  EXPECT_THAT(take(), ElementsAre("response 1", "closed its standard output"));
}

TEST_F(ChannelTest, StandardErrorHasLinesAndLimitsOfItsOwn) {
  spawner.last().emit_stderr(std::string(100, 'a') + "\n" + std::string(101, 'b') + "\nc");
  EXPECT_THAT(take(), ElementsAre("stderr 100", "long stderr"));
  for (int i = 0; i < 1'000; ++i) spawner.last().emit_stderr(std::string(1'000, 'd'));
  EXPECT_THAT(take(), ElementsAre("long stderr"));
  EXPECT_EQ(channel->stderr_tail(), std::string(ChannelLimits{}.stderr_tail_bytes_max, 'd'));
  spawner.last().exit_with_code(0);
  EXPECT_THAT(take(), ElementsAre("exit"));
}

}  // namespace
}  // namespace collet::worker
