#include "app/sse_reader.hpp"

#include <gtest/gtest.h>

namespace collet::app {
namespace {

TEST(SseReader, PutsLinesTogether) {
  SseReader reader;
  EXPECT_FALSE(reader.feed("event: progress"));
  EXPECT_FALSE(reader.feed("data: {\"line\":"));
  EXPECT_FALSE(reader.feed("data:\"x\"}"));
  const auto event = reader.feed("");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->name, "progress");
  EXPECT_EQ(event->data, "{\"line\":\n\"x\"}");
}

TEST(SseReader, StartsAnewAfterEachEvent) {
  SseReader reader;
  EXPECT_FALSE(reader.feed("event: a"));
  EXPECT_FALSE(reader.feed(""));  // no data, no event
  EXPECT_FALSE(reader.feed(": a comment"));
  EXPECT_FALSE(reader.feed("id: 7"));
  EXPECT_FALSE(reader.feed("data: x"));
  const auto event = reader.feed("");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->name, "message");
  EXPECT_EQ(event->data, "x");
}

}  // namespace
}  // namespace collet::app
