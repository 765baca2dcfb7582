#include "services/stream_hub.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/virtual_loop.hpp"
#include "services/services_fixture.hpp"
#include "services/stream_service.hpp"

namespace collet::services {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class StreamHubTest : public testing::Test {
 protected:
  static worker::WorkerIdentity process(std::uint32_t instance = 0) {
    return {.plugin_id = "u", .plugin_key = "acme.x", .instance = instance};
  }
  StreamHub::ListenerId listen(std::string channel, std::string company = "c",
                               std::string as = "") {
    const auto id = hub().listen(
        {"u", std::move(channel), std::move(company)},
        [this, as](StreamSignal signal, std::string_view event) {
          static constexpr std::string_view names[] = {"open", "message", "close", "end"};
          heard.push_back(as + std::string(names[static_cast<int>(signal)]) + " " +
                          std::string(event));
        });
    EXPECT_TRUE(id);
    return id.value_or(0);
  }
  StreamHub& hub() {
    if (!hub_) hub_.emplace(loop, log, limits);
    return *hub_;
  }

  VirtualLoop loop;
  RecordingLogger log;
  StreamLimits limits;
  std::vector<std::string> heard;

 private:
  std::optional<StreamHub> hub_;
};

TEST_F(StreamHubTest, EverybodyAtTheAddressHearsAndNobodyElse) {
  listen("chat", "c", "1 ");
  listen("chat", "c", "2 ");
  listen("chat", "d", "other company ");
  listen("logs", "c", "other channel ");
  hub().open(process(), "chat", "c");
  hub().emit(process(), "chat", "c", R"({"n":1})");
  hub().close(process(), "chat", "c");
  hub().emit({.plugin_id = "v", .plugin_key = "acme.y"}, "chat", "c", "7");
  EXPECT_THAT(heard, ElementsAre("1 open null", "2 open null", R"(1 message {"n":1})",
                                 R"(2 message {"n":1})", "1 close null", "2 close null"));
}

TEST_F(StreamHubTest, WhoLeavesHearsNothingAlsoInTheMidstOfAnEvent) {
  StreamHub::ListenerId second = 0;
  ASSERT_TRUE(hub().listen({"u", "chat", "c"}, [&](StreamSignal, std::string_view) {
    heard.push_back("first");
    hub().leave(second);
  }));
  second = listen("chat");
  hub().emit(process(), "chat", "c", "1");
  EXPECT_THAT(heard, ElementsAre("first"));
  EXPECT_EQ(hub().diagnostics("u").listeners, 1u);
}

TEST_F(StreamHubTest, WhatADeadWorkerHadOpenIsClosedOnce) {
  listen("opened");
  listen("emitted");
  listen("closed");
  hub().open(process(), "opened", "c");
  hub().emit(process(), "emitted", "c", "1");
  hub().open(process(), "closed", "c");
  hub().close(process(), "closed", "c");
  heard.clear();
  hub().ended(process());
  hub().ended(process());
  EXPECT_THAT(heard, ElementsAre("close null", "close null")) << "opened, and emitted";
  EXPECT_EQ(hub().diagnostics("u").channels, 0u);
  hub().open(process(), "opened", "c");
  EXPECT_THAT(heard, SizeIs(3)) << "a new run opens it anew for those who stayed";
}

TEST_F(StreamHubTest, AChannelThatAnotherProcessHasOpenStaysOpen) {
  listen("chat");
  hub().open(process(0), "chat", "c");
  hub().open(process(1), "chat", "c");
  heard.clear();
  hub().ended(process(0));
  EXPECT_THAT(heard, IsEmpty());
  hub().ended(process(1));
  EXPECT_THAT(heard, ElementsAre("close null"));
}

TEST_F(StreamHubTest, ListenersAreLimited) {
  limits.listeners_max = 2;
  const auto first = listen("a");
  listen("b");
  const auto refused = hub().listen({"u", "c", "c"}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::overloaded);
  EXPECT_EQ(refused.error().message, "2 streams are open, which is the limit");
  hub().leave(first);
  listen("c");
}

TEST_F(StreamHubTest, ChannelsOfAProcessAreLimited) {
  limits.channels_max = 2;
  listen("3");
  hub().open(process(), "1", "c");
  hub().open(process(), "2", "c");
  hub().open(process(), "3", "c");
  hub().emit(process(), "3", "c", "1");
  EXPECT_THAT(heard, IsEmpty());
  EXPECT_EQ(hub().diagnostics("u").dropped, 2u);
  hub().close(process(), "1", "c");
  hub().open(process(), "3", "c");
  EXPECT_THAT(heard, ElementsAre("open null"));
  EXPECT_THAT(log.alarms(),
              ElementsAre("warn events of a plugin's stream were dropped "
                          "plugin=acme.x why=\"it has too many channels open\" so_far=1"));
}

TEST_F(StreamHubTest, NamesAndEventsAreLimited) {
  limits.name_bytes_max = 3;
  limits.event_bytes_max = 5;
  listen("abc");
  EXPECT_FALSE(hub().listen({"u", "abcd", "c"}, {}));
  EXPECT_FALSE(hub().listen({"u", "", "c"}, {}));
  EXPECT_FALSE(hub().listen({"u", "abc", ""}, {}));
  hub().emit(process(), "abc", "c", R"("xxx")");
  hub().emit(process(), "abc", "c", R"("xxxx")");
  hub().open(process(), "abcd", "c");
  hub().close(process(), "", "c");
  EXPECT_THAT(heard, ElementsAre(R"(message "xxx")"));
  EXPECT_EQ(hub().diagnostics("u").events, 1u);
  EXPECT_EQ(hub().diagnostics("u").dropped, 3u);
}

TEST_F(StreamHubTest, StreamsEndWithTheirPluginAndWithTheHost) {
  listen("chat", "c", "1 ");
  ASSERT_TRUE(hub().listen({"v", "chat", "c"},
                           [&](StreamSignal, std::string_view) { heard.push_back("2 end"); }));
  hub().end("u");
  EXPECT_THAT(heard, ElementsAre("1 end null"));
  hub().end_all();
  EXPECT_THAT(heard, ElementsAre("1 end null", "2 end"));
  const auto late = hub().listen({"u", "chat", "c"}, {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::shutting_down);
}

// ---- what workers say, and whom they may say it for

class StreamServiceTest : public ServicesTest {
 protected:
  void listen(std::string company) {
    ASSERT_TRUE(hub.listen(
        {"u", "chat", company}, [this, company](StreamSignal signal, std::string_view event) {
          heard.push_back(company + " " + std::to_string(static_cast<int>(signal)) + " " +
                          std::string(event));
        }));
  }
  void say(std::string_view method, std::string_view params) { tell(table(), method, params); }
  ServiceTable& table() {
    if (!table_) {
      table_.emplace(policy);
      service_.emplace(hub, table_->policy());
      service_->add_to(*table_);
    }
    return *table_;
  }

  RecordingLogger log;
  GatePolicy policy;
  StreamHub hub{loop, log};
  std::vector<std::string> heard;

 private:
  std::optional<ServiceTable> table_;
  std::optional<StreamService> service_;
};

TEST_F(StreamServiceTest, WorkersOpenEmitAndClose) {
  listen("c");
  say("streams.open", R"({"channel":"chat","companyId":"c"})");
  say("streams.emit",
      R"({"channel":"chat","companyId":"c","event":{"big": 12345678901234567890}})");
  say("streams.close", R"({"channel":"chat","companyId":"c"})");
  EXPECT_THAT(heard, ElementsAre("c 0 null", R"(c 1 {"big":12345678901234567890})", "c 2 null"));
}

TEST_F(StreamServiceTest, WithOneTenantAStreamIsHisWhereItNamesNobody) {
  listen("default");
  say("streams.emit", R"({"channel":"chat","companyId":"","event":1})");
  say("streams.emit", R"({"channel":"chat"})");
  EXPECT_THAT(heard, ElementsAre("default 1 1", "default 1 null"));
}

TEST_F(StreamServiceTest, NonsenseIsDropped) {
  listen("c");
  say("streams.open", R"({"companyId":"c"})");
  say("streams.open", R"({"channel":7,"companyId":"c"})");
  say("streams.emit", "[]");
  EXPECT_THAT(heard, IsEmpty());
  EXPECT_EQ(hub.diagnostics("u").dropped, 3u);
}

TEST_F(StreamServiceTest, TheEndOfAProcessCloses) {
  listen("c");
  say("streams.open", R"({"channel":"chat","companyId":"c"})");
  table().ended(worker);
  EXPECT_THAT(heard, ElementsAre("c 0 null", "c 2 null"));
}

TEST_F(StreamServiceTest, WithSeveralTenantsNobodySpeaksForAnother) {
  policy.tenancy = Tenancy::multi;
  listen("red");
  listen("blue");
  invocations.begin("call-red", "red");
  invocation_id = "call-red";
  say("streams.emit", R"({"channel":"chat","companyId":"blue","event":1})");
  invocation_id = "forged";
  say("streams.emit", R"({"channel":"chat","companyId":"red","event":2})");
  say("streams.emit", R"({"channel":"chat","event":3})");
  invocation_id = std::nullopt;
  say("streams.emit", R"({"channel":"chat","companyId":"red","event":4})");
  invocations.end("call-red");
  invocation_id = "call-red";
  say("streams.close", R"({"channel":"chat","companyId":"red"})");
  invocation_id = std::nullopt;
  say("streams.emit", R"({"channel":"chat","companyId":"red","event":5})");
  EXPECT_THAT(heard, IsEmpty());
  EXPECT_EQ(hub.diagnostics("u").dropped, 6u);
}

TEST_F(StreamServiceTest, WithSeveralTenantsACallSpeaksForItsOwnAndTimersForWhoConfiguredIt) {
  policy.tenancy = Tenancy::multi;
  policy.is_configured_for = [](std::string_view, std::string_view company) {
    return company == "blue";
  };
  listen("red");
  listen("blue");
  invocations.begin("call-red", "red");
  invocation_id = "call-red";
  say("streams.emit", R"({"channel":"chat","companyId":"red","event":1})");
  invocations.end("call-red");
  invocation_id = std::nullopt;
  say("streams.emit", R"({"channel":"chat","companyId":"blue","event":2})");
  EXPECT_THAT(heard, ElementsAre("red 1 1", "blue 1 2"));
}

}  // namespace
}  // namespace collet::services
