#include "worker/invocations.hpp"

#include <gtest/gtest.h>

namespace collet::worker {
namespace {

TEST(Invocations, KnowACallWhileItRuns) {
  Invocations calls;
  EXPECT_TRUE(calls.empty());
  EXPECT_EQ(calls.company_of("i"), std::nullopt);
  calls.begin("i", "acme");
  EXPECT_FALSE(calls.empty());
  EXPECT_EQ(calls.company_of("i"), "acme");
  EXPECT_EQ(calls.company_of("I"), std::nullopt);
  calls.begin("j", " acme\n");
  EXPECT_EQ(calls.company_of("j"), "acme");
  calls.end("j");
  calls.end("k");
  EXPECT_EQ(calls.company_of("i"), "acme");
  calls.end("i");
  EXPECT_EQ(calls.company_of("i"), std::nullopt);
  EXPECT_TRUE(calls.empty());
}

TEST(Invocations, SayWhichCompaniesAreServed) {
  Invocations calls;
  EXPECT_EQ(calls.only_company(), std::nullopt);
  calls.begin("1", "acme");
  calls.begin("2", "acme");
  EXPECT_EQ(calls.only_company(), "acme");
  EXPECT_TRUE(calls.serve("acme"));
  EXPECT_FALSE(calls.serve("globex"));
  calls.begin("3", "globex");
  EXPECT_EQ(calls.only_company(), std::nullopt);
  EXPECT_TRUE(calls.serve("globex"));
  calls.end("1");
  calls.end("2");
  EXPECT_EQ(calls.only_company(), "globex");
  EXPECT_FALSE(calls.serve("acme"));
}

}  // namespace
}  // namespace collet::worker
