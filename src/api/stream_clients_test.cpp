#include "api/stream_clients.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/virtual_loop.hpp"

namespace collet::api {
namespace {
using std::chrono::milliseconds;

// A client's end of a stream: what was written, and whether it takes more.
struct Seen {
  std::optional<http::Response> head;
  bool is_streamed = false;
  bool takes_more = true;
};

class Recorder final : public http::Responder::Channel {
 public:
  explicit Recorder(Seen& seen) : seen_(seen) {}
  void send(http::Response given) override { seen_.head = std::move(given); }
  std::unique_ptr<http::Stream> stream(http::Response head) override {
    class Pieces final : public http::Stream {
     public:
      explicit Pieces(Seen& seen) : seen_(seen) {}
      ~Pieces() override { end(); }
      bool write(std::string bytes) override {
        if (!seen_.takes_more) return false;
        seen_.head->body += bytes;
        return true;
      }
      void end() override {
        if (!std::exchange(is_over_, true)) seen_.head->body += "[end]";
      }

     private:
      Seen& seen_;
      bool is_over_ = false;
    };
    seen_.head = std::move(head);
    seen_.is_streamed = true;
    return std::make_unique<Pieces>(seen_);
  }

 private:
  Seen& seen_;
};

class StreamClientsTest : public testing::Test {
 protected:
  /// Connects; `seen` outlives the test.
  void connect(Seen& seen, std::string method = "GET") {
    const http::Request request{.method = std::move(method), .closed = client.get_token()};
    clients.add({"u", "chat", "c"}, request, http::Responder(std::make_shared<Recorder>(seen)));
  }
  void emit(std::string_view json) { hub.emit(worker, "chat", "c", json); }
  std::size_t listeners() { return hub.diagnostics("u").listeners; }

  Seen first, second;
  std::stop_source client;
  VirtualLoop loop;
  RecordingLogger log;
  services::StreamHub hub{loop, log, {.listeners_max = 2}};
  StreamClients clients{loop, hub};
  const worker::WorkerIdentity worker{.plugin_id = "u", .plugin_key = "acme.x"};
};

TEST_F(StreamClientsTest, EventsAreSentAsTheReferenceSendsThem) {
  connect(first);
  EXPECT_EQ(first.head->content_type, "text/event-stream");
  EXPECT_EQ(first.head->body, ":ok\n\n");
  hub.open(worker, "chat", "c");
  emit(R"({"n":1})");
  hub.close(worker, "chat", "c");
  EXPECT_EQ(first.head->body,
            ":ok\n\nevent: open\ndata: null\n\ndata: {\"n\":1}\n\nevent: close\ndata: null\n\n")
      << "and stays open for a worker that runs again";
  EXPECT_EQ(listeners(), 1u);
}

TEST_F(StreamClientsTest, SilenceIsBrokenEveryFifteenSeconds) {
  connect(first);
  loop.advance(StreamClients::keep_alive_interval - milliseconds(1));
  EXPECT_EQ(first.head->body, ":ok\n\n");
  loop.advance(milliseconds(1));
  EXPECT_EQ(first.head->body, ":ok\n\n:\n\n");
  loop.advance(2 * StreamClients::keep_alive_interval);
  EXPECT_EQ(first.head->body, ":ok\n\n:\n\n:\n\n:\n\n");
}

TEST_F(StreamClientsTest, OneThatGoesAwayIsForgotten) {
  connect(first);
  client.request_stop();
  loop.run_ready();
  EXPECT_EQ(listeners(), 0u);
  EXPECT_EQ(loop.pending_timers(), 0u);
}

TEST_F(StreamClientsTest, OneThatIsCutOffDoesNotDisturbTheOther) {
  connect(first);
  connect(second);
  first.takes_more = false;
  emit("1");
  EXPECT_EQ(listeners(), 1u);
  EXPECT_EQ(second.head->body, ":ok\n\ndata: 1\n\n");
  second.takes_more = false;
  loop.advance(StreamClients::keep_alive_interval);
  EXPECT_EQ(listeners(), 0u) << "the comment finds it gone";
}

TEST_F(StreamClientsTest, TheEndOfThePluginEndsTheResponse) {
  connect(first);
  hub.end("u");
  EXPECT_EQ(first.head->body, ":ok\n\n[end]");
  EXPECT_EQ(loop.pending_timers(), 0u);
}

TEST_F(StreamClientsTest, OneTooManyIsRefused) {
  Seen third;
  connect(first);
  connect(second);
  connect(third);
  EXPECT_EQ(third.head->status, 503);
  EXPECT_FALSE(third.is_streamed);
  EXPECT_THAT(third.head->body, testing::HasSubstr(R"("code":"overloaded")"));
}

TEST_F(StreamClientsTest, HeadIsAnsweredAtOnce) {
  connect(first, "HEAD");
  EXPECT_EQ(first.head->content_type, "text/event-stream");
  EXPECT_FALSE(first.is_streamed);
  EXPECT_EQ(listeners(), 0u);
}

}  // namespace
}  // namespace collet::api
