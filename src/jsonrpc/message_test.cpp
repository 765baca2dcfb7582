#include "jsonrpc/message.hpp"

#include <gtest/gtest.h>

namespace collet::jsonrpc {
namespace {

class Classify : public testing::Test {
 protected:
  Message of(std::string_view line) {
    const auto value = parser_.parse(line);
    EXPECT_TRUE(value) << line;
    return classify(*value);
  }
  std::string_view why_not(std::string_view line) {
    const auto message = of(line);
    const auto* invalid = std::get_if<Invalid>(&message);
    return invalid ? invalid->reason : "it is a message";
  }

 private:
  json::Parser parser_;
};

TEST_F(Classify, AResponseHasAnIdAndAResultOrAnError) {
  const auto message = of(R"({"jsonrpc":"2.0","id":7,"result":null})");
  const auto& response = std::get<Response>(message);
  EXPECT_EQ(response.id.as_int64(), 7);
  EXPECT_EQ(response.result->raw(), "null");
  EXPECT_FALSE(response.error);
}

TEST_F(Classify, AMessageMayHaveAMillionMembers) {
  std::string line = R"({"jsonrpc":"2.0")";
  for (int i = 0; i < 1'000'000; ++i) line += ",\"m\":0";
  line += R"(,"id":-0.0,"result":{"big":9223372036854775808,"tiny":-1e400,"lone":"\ud800"}})";
  const auto message = of(line);
  const auto& response = std::get<Response>(message);
  EXPECT_EQ(response.id.raw(), "-0.0");
  EXPECT_EQ(response.result->raw(), R"({"big":9223372036854775808,"tiny":-1e400,"lone":"\ud800"})");
}

TEST_F(Classify, AResponseMayHaveBoth) {
  const auto message = of(R"({"jsonrpc":"2.0","id":7,"result":1,"error":null})");
  const auto& response = std::get<Response>(message);
  EXPECT_TRUE(response.result && response.error);
}

TEST_F(Classify, AResponseWinsOverAMethod) {
  EXPECT_TRUE(
      std::holds_alternative<Response>(of(R"({"jsonrpc":"2.0","id":1,"method":"x","result":1})")));
}

TEST_F(Classify, ARequestKeepsItsIdAsItCame) {
  const auto message = of(
      R"({"jsonrpc":"2.0","id":1.50,"method":"log","params":{"a":1},"paperclipInvocationId":"u"})");
  const auto& request = std::get<Request>(message);
  EXPECT_EQ(request.id.raw(), "1.50");
  EXPECT_EQ(request.method, "log");
  EXPECT_EQ(request.params->raw(), R"({"a":1})");
  EXPECT_TRUE(request.message.find("paperclipInvocationId")->equals("u"));
}

TEST_F(Classify, ANotificationHasNoId) {
  const auto message = of(R"({"jsonrpc":"2.0","method":"log"})");
  EXPECT_EQ(std::get<Notification>(message).method, "log");
  EXPECT_FALSE(std::get<Notification>(message).params);
}

TEST_F(Classify, EverythingElseIsNoMessage) {
  EXPECT_EQ(why_not("[]"), "not a JSON object");
  EXPECT_EQ(why_not("7"), "not a JSON object");
  EXPECT_EQ(why_not(R"([{"jsonrpc":"2.0","id":1,"result":1}])"), "not a JSON object");
  EXPECT_EQ(why_not(R"({"id":1,"result":1})"), "\"jsonrpc\" is not \"2.0\"");
  EXPECT_EQ(why_not(R"({"jsonrpc":2.0,"id":1,"result":1})"), "\"jsonrpc\" is not \"2.0\"");
  EXPECT_EQ(why_not(R"({"jsonrpc":"2.0"})"), "neither a response nor a method");
  EXPECT_EQ(why_not(R"({"jsonrpc":"2.0","id":1})"), "neither a response nor a method");
  EXPECT_EQ(why_not(R"({"jsonrpc":"2.0","id":1,"method":5})"), "neither a response nor a method");
  EXPECT_EQ(why_not(R"({"jsonrpc":"2.0","id":null,"method":"x"})"), "a request whose id is null");
}

TEST_F(Classify, ErrorsAreReadLeniently) {
  json::Parser parser;
  const auto read = [&](std::string_view text) { return read_error(*parser.parse(text)); };
  EXPECT_EQ(read(R"({"code":-32002,"message":"boom"})").code, -32002);
  EXPECT_EQ(read(R"({"code":-32002,"message":"boom"})").message, "boom");
  EXPECT_EQ(read(R"({"code":"E","message":"boom"})").code, code::unknown);
  EXPECT_EQ(read(R"({"code":99999999999,"message":"boom"})").code, code::unknown);
  EXPECT_EQ(read(R"( "just text" )").message, R"("just text")");
  EXPECT_EQ(read(R"({"message":{"a" : 1}})").message, R"({"message":{"a":1}})");
}

TEST(Lines, AreExactly) {
  EXPECT_EQ(request_line(7, "health", "{}"),
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"health\",\"params\":{}}\n");
  EXPECT_EQ(request_line(1, "a\"b", "[1.0]", R"(,"x":1)"),
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\\\"b\",\"params\":[1.0],\"x\":1}\n");
  EXPECT_EQ(result_line(R"("a\ud800")", "null"),
            "{\"jsonrpc\":\"2.0\",\"id\":\"a\\ud800\",\"result\":null}\n");
  EXPECT_EQ(error_line("1.5", code::method_not_found, "no\n"),
            "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"error\":{\"code\":-32601,\"message\":\"no\\n\"}}\n");
}

}  // namespace
}  // namespace collet::jsonrpc
