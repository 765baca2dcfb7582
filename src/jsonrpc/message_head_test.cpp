#include "jsonrpc/message_head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace collet::jsonrpc {
namespace {

constexpr std::string_view k_response = R"({"jsonrpc":"2.0","id":17,"result":{"content":"xxxx)";

TEST(MessageHead, ShowsWhichRequestIsAnswered) {
  EXPECT_EQ(answered_by(k_response), 17);
  EXPECT_EQ(answered_by(R"({"jsonrpc":"2.0","id":17,"error":{"code":-32002,"message":"xxxx)"), 17);
  EXPECT_EQ(answered_by(R"({"jsonrpc":"2.0","id":17,"result":12345)"), 17);
}

TEST(MessageHead, ShowsItInAnyOrderAndWithAnyWhiteSpace) {
  EXPECT_EQ(answered_by("\t { \"id\" : 17 , \r\n \"jsonrpc\" : \"2.0\" , \"result\" : [ "), 17);
  EXPECT_EQ(
      answered_by(R"({"result":{"a":[1,{"b":"}"}]},"more":"\"","id":17,"jsonrpc":"2.0","x":")"),
      17);
  EXPECT_EQ(answered_by(R"({"\u006asonrpc":"2.\u0030","\u0069d":17,"result":")"), 17);
}

TEST(MessageHead, ShowsItOnceTheNameOfTheResultIsThere) {
  const auto name = k_response.find(":{") + 1;
  for (std::size_t bytes = 0; bytes <= k_response.size(); ++bytes) {
    EXPECT_EQ(answered_by(k_response.substr(0, bytes)).has_value(), bytes >= name) << bytes;
  }
}

TEST(MessageHead, OfAMemberThatStandsThereTwiceTheLaterCounts) {
  EXPECT_EQ(answered_by(R"({"jsonrpc":"2.0","id":16,"id":17,"result":[)"), 17);
  EXPECT_EQ(answered_by(R"({"jsonrpc":"2.0","id":17,"result":1,"jsonrpc":"1.0","x":)"),
            std::nullopt);
}

TEST(MessageHead, NothingIsGuessed) {
  for (const std::string head : {
           "",
           "x",
           "{",
           "[",
           ":",
           R"({"jsonrpc":"2.0","id":17)",
           R"({"jsonrpc":"2.0","result":1,"id":17)",            // 17, or the beginning of 170
           R"({"jsonrpc":"2.0","result":1,"id":"17)",           //
           R"({"jsonrpc":"2.0","id":17,"resul)",                //
           R"({"jsonrpc":"2.0","id":17,"params":{"result":1)",  // not of the message
           R"({"jsonrpc":"2.0","id":17,"method":"log","params":[)",
           R"({"jsonrpc":"2.0","result":")",  // the id may follow
           R"({"id":17,"result":")",          // the version may follow
           R"({"jsonrpc":"1.0","id":17,"result":")",
           R"({"jsonrpc":"2.0","id":"17","result":")",  // ours are numbers
           R"({"jsonrpc":"2.0","id":17.5,"result":")",
           R"({"jsonrpc":"2.0","id":null,"error":")",
           R"({"jsonrpc":"2.0","id":017,"result":")",  // no JSON
           R"({"jsonrpc":"2.0",,"id":17,"result":")",
           R"(> {"jsonrpc":"2.0","id":17,"result":")",
           R"([{"jsonrpc":"2.0","id":17,"result":1},)",  // a batch
           R"({"jsonrpc":"2.0","id":17,"result":1} )",   // what follows is not of the message
           R"({"jsonrpc":"2.0","id":17,"result":1}, "a":)",
           R"(]]]{"jsonrpc":"2.0","id":17,"result":1)",
           "{\"jsonrpc\":\"2.0\",\"x\":\"\xFF\",\"id\":17,\"result\":\"",
       }) {
    EXPECT_EQ(answered_by(head), std::nullopt) << head;
  }
}

}  // namespace
}  // namespace collet::jsonrpc
