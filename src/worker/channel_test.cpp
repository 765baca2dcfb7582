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
  void on_noise(std::string_view line, std::string_view reason) override {
    heard.push_back("noise " + std::string(line) + ": " + std::string(reason));
  }
  void on_stderr_line(std::string_view line) override {
    heard.push_back("stderr " + std::to_string(line.size()));
  }
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
constexpr const char* k_too_long = "noise : longer than the limit of a line";

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

TEST_P(ChannelPieces, ALineOverTheLimitIsToldOnceAndTheNextOneIsRead) {
  for (const auto length : {k_limit - 1, k_limit, k_limit + 1, 10 * k_limit}) {
    write_in_pieces(response_of(length) + "\n");
    EXPECT_THAT(take(), ElementsAre(length <= k_limit ? "response 1" : k_too_long)) << length;
    write_in_pieces(k_next);
    EXPECT_THAT(take(), ElementsAre("notification next")) << length;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ChannelPieces, testing::Values(1, 7, 200, 201, 65'536));

TEST_F(ChannelTest, EachLineOverTheLimitIsTold) {
  const auto line = response_of(k_limit + 1) + "\n";
  write(line + line + std::string(k_next) + line);
  EXPECT_THAT(take(), ElementsAre("notification next", k_too_long, k_too_long, k_too_long));
}

TEST_F(ChannelTest, AnEndlessLineIsToldOnceAndAsSoonAsItIsTooLong) {
  const std::string piece(k_limit, 'x');
  write(piece);
  EXPECT_TRUE(take().empty());
  for (int i = 0; i < 10'000; ++i) write(piece);
  EXPECT_THAT(take(), ElementsAre(k_too_long));
  write("\n");
  write(k_next);
  EXPECT_THAT(take(), ElementsAre("notification next"));
}

TEST_F(ChannelTest, ALineThatIsTooDeepIsNoise) {
  write(R"({"jsonrpc":"2.0","id":1,"result":[[[1]]]})"
        "\n"
        R"({"jsonrpc":"2.0","id":2,"result":[[[[1]]]]})"
        "\n");
  const auto heard = take();
  ASSERT_EQ(heard.size(), 2u);
  EXPECT_EQ(heard[0], "response 1");
  EXPECT_TRUE(heard[1].starts_with("noise {")) << heard[1];
  write(k_next);
  EXPECT_THAT(take(), ElementsAre("notification next"));
}

TEST_F(ChannelTest, AnUnfinishedLineCountsWhenTheStreamEnds) {
  write(response_of(100));
  spawner.last().emit_stdout_closed();
  EXPECT_THAT(take(), ElementsAre("response 1", "closed its standard output"));
}

TEST_F(ChannelTest, StandardErrorHasLinesAndLimitsOfItsOwn) {
  spawner.last().emit_stderr(std::string(100, 'a') + "\n" + std::string(101, 'b') + "\nc");
  EXPECT_THAT(take(), ElementsAre("stderr 100"));
  for (int i = 0; i < 1'000; ++i) spawner.last().emit_stderr(std::string(1'000, 'd'));
  EXPECT_EQ(channel->stderr_tail(), std::string(ChannelLimits{}.stderr_tail_bytes_max, 'd'));
  spawner.last().exit_with_code(0);
  EXPECT_THAT(take(), ElementsAre("exit"));
}

}  // namespace
}  // namespace collet::worker
