// What `collet plugin data` and `collet plugin action` send and print.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_fixture.hpp"

namespace collet::app {
namespace {

class BridgeCommandsTest : public AppTest {};

TEST_F(BridgeCommandsTest, DataIsPrintedAsJson) {
  answer("POST /api/plugins/acme.x/data/sync%20health", R"({"data":{"ok":true,"n":1.0}})");
  EXPECT_EQ(run({"plugin", "data", "acme.x", "sync health"}), 0);
  EXPECT_EQ(requests[0].body, R"({"params":{}})");
  EXPECT_EQ(terminal.out_text, "{\n  \"ok\": true,\n  \"n\": 1.0\n}\n");
}

TEST_F(BridgeCommandsTest, ActionsTakeParametersACompanyAndATime) {
  answer("POST /api/plugins/acme.x/actions/resync", R"({"data":null})");
  terminal.input = R"({"full": true})";
  EXPECT_EQ(run({"plugin", "action", "acme.x", "resync", "--json", "-", "--company", "c",
                 "--timeout", "2m"}),
            0);
  EXPECT_EQ(requests[0].body, R"({"params":{"full": true},"companyId":"c","timeoutMs":120000})");
  EXPECT_EQ(requests[0].answer_timeout, std::chrono::milliseconds(135'000));
  EXPECT_EQ(terminal.out_text, "null\n");
}

TEST_F(BridgeCommandsTest, WhatTheWorkerSaysIsWrongIsPrinted) {
  answer("POST /api/plugins/acme.x/data/k",
         R"({"code":"WORKER_ERROR","message":"No data handler registered for key \"k\""})", 502);
  EXPECT_EQ(run({"plugin", "data", "acme.x", "k"}), 4);
  EXPECT_THAT(terminal.err_text,
              testing::HasSubstr("error: No data handler registered for key \"k\""));
}

TEST_F(BridgeCommandsTest, BadArgumentsAreSaid) {
  EXPECT_EQ(run({"plugin", "data", "acme.x", "k", "--json", "{"}), 2);
  EXPECT_THAT(terminal.err_text, testing::HasSubstr("the parameters are no JSON"));
  EXPECT_EQ(run({"plugin", "data", "acme.x", "k", "--timeout", "soon"}), 2);
  EXPECT_EQ(run({"plugin", "data", "acme.x"}), 2);
  EXPECT_TRUE(requests.empty());
}

}  // namespace
}  // namespace collet::app
