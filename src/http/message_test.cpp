#include "http/message.hpp"

#include <gtest/gtest.h>

namespace collet::http {
namespace {

TEST(Message, HeaderNamesAreFoundInAnyCaseAndTheFirstWins) {
  Request request;
  request.headers = {{"X-One", "1"}, {"x-one", "2"}, {"Empty", ""}};
  EXPECT_EQ(request.header("x-ONE"), "1");
  EXPECT_EQ(request.header("empty"), "");
  EXPECT_EQ(request.header("X-On"), std::nullopt);
  EXPECT_EQ(request.header(""), std::nullopt);
}

TEST(Message, PercentDecodes) {
  EXPECT_EQ(percent_decode(""), "");
  EXPECT_EQ(percent_decode("a+b%20c%2Fd%c3%A9"), "a+b c/d\xc3\xa9");
  EXPECT_EQ(percent_decode("%00").value(), std::string(1, '\0'));
  EXPECT_EQ(percent_decode("%"), std::nullopt);
  EXPECT_EQ(percent_decode("a%2"), std::nullopt);
  EXPECT_EQ(percent_decode("%g0"), std::nullopt);
  EXPECT_EQ(percent_decode("%0g"), std::nullopt);
  EXPECT_EQ(percent_decode("%-1"), std::nullopt);
}

TEST(Message, QueryValuesComeInOrderAndDecoded) {
  using Values = std::vector<std::string>;
  EXPECT_EQ(query_values("", "a"), Values{});
  EXPECT_EQ(query_values("a=1&b=2&a=x+y%21&a", "a"), (Values{"1", "x y!", ""}));
  EXPECT_EQ(query_values("a=1=2&&=3", "a"), (Values{"1=2"}));
  EXPECT_EQ(query_values("%61=1", "a"), (Values{"1"}));
  EXPECT_EQ(query_values("a=%zz&a=ok&%zz=1", "a"), (Values{"ok"}));
  EXPECT_EQ(query_values("ab=1", "a"), Values{});
}

TEST(ErrorResponse, HasMessageAndCode) {
  const auto response =
      error_response({.code = ErrorCode::tool_not_found, .message = "no tool \"x\"", .remedy = {}});
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"error":"no tool \"x\"","code":"tool_not_found"})");
  EXPECT_TRUE(response.headers.empty());
}

TEST(ErrorResponse, HasEverythingElseTheErrorHas) {
  const auto response = error_response(
      {.code = ErrorCode::invalid_parameters,
       .message = "the parameters do not fit",
       .remedy = "mend them",
       .violations = {{"/a/0", "/properties/a/items/enum", "enum", "must be one of \"x\""},
                      {"", "/required", "required", "\"b\" is missing"}}});
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(
      response.body,
      R"({"error":"the parameters do not fit","code":"invalid_parameters","remedy":"mend them",)"
      R"("violations":[{"instancePointer":"/a/0","schemaPointer":"/properties/a/items/enum",)"
      R"("keyword":"enum","message":"must be one of \"x\""},{"instancePointer":"",)"
      R"("schemaPointer":"/required","keyword":"required","message":"\"b\" is missing"}]})");
}

TEST(ErrorResponse, RetryAfterIsWholeSecondsRoundedUpAndAtLeastOne) {
  const auto retry_after = [](int milliseconds) {
    const auto response = error_response({.code = ErrorCode::overloaded,
                                          .message = "busy",
                                          .remedy = {},
                                          .retry_after = std::chrono::milliseconds(milliseconds)});
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body, R"({"error":"busy","code":"overloaded","retryAfterMs":)" +
                                 std::to_string(milliseconds) + "}");
    EXPECT_EQ(response.headers.size(), 1u);
    EXPECT_EQ(response.headers[0].name, "Retry-After");
    return response.headers[0].value;
  };
  EXPECT_EQ(retry_after(0), "1");
  EXPECT_EQ(retry_after(1), "1");
  EXPECT_EQ(retry_after(1000), "1");
  EXPECT_EQ(retry_after(1001), "2");
}

class Recorder final : public Responder::Channel {
 public:
  std::vector<Response> sent;
  void send(Response response) override { sent.push_back(std::move(response)); }
  std::unique_ptr<Stream> stream(Response) override { return nullptr; }
};

TEST(Responder, AnswersOnceAndByItselfWhereItIsDropped) {
  const auto channel = std::make_shared<Recorder>();
  {
    Responder responder(channel);
    Responder moved(std::move(responder));
    moved.send({.status = 201});
  }
  ASSERT_EQ(channel->sent.size(), 1u);
  EXPECT_EQ(channel->sent[0].status, 201);

  { const Responder dropped(channel); }
  ASSERT_EQ(channel->sent.size(), 2u);
  EXPECT_EQ(channel->sent[1].status, 500);
  EXPECT_EQ(channel->sent[1].body,
            R"({"error":"the request was dropped without an answer","code":"internal_error",)"
            R"("remedy":"this is a bug of the host; its log has more"})");
  { const Responder empty; }
  EXPECT_EQ(channel.use_count(), 1);
}

}  // namespace
}  // namespace collet::http
