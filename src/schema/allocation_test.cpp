// Judging what fits allocates nothing: counted by replacing the global operator new of this
// program.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "collet/schema.hpp"
#include "json/document.hpp"

namespace {

std::atomic<std::size_t> g_allocations{0};

void* counted(std::size_t size) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// Optimised, GCC sees `free` behind `delete` and no `malloc` behind `new`.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

void* operator new(std::size_t size) {
  return counted(size);
}
void* operator new[](std::size_t size) {
  return counted(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace collet {
namespace {

/// Allocations of judging a value that fits.
std::size_t allocations(const char* schema_text, const char* instance_text,
                        SchemaOptions options = {}) {
  const auto schema = Schema::compile(*Json::parse(schema_text), std::move(options));
  EXPECT_TRUE(schema) << schema.error().message;
  const Json instance = *Json::parse(instance_text);
  const json::Value value = instance.value();
  EXPECT_TRUE(schema->accepts(value)) << schema_text;
  const std::size_t before = g_allocations.load();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(schema->accepts(value));
  return g_allocations.load() - before;
}

TEST(SchemaAllocation, CountsAtAll) {
  const std::size_t before = g_allocations.load();
  const std::string longer(100, 'x');
  EXPECT_EQ(g_allocations.load(), before + 1) << longer;
}

TEST(SchemaAllocation, NoneForWhatFits) {
  EXPECT_EQ(
      allocations(
          R"({"type":"object","properties":{"title":{"type":"string","minLength":1,"maxLength":80},
      "priority":{"enum":["low","high"]},"count":{"type":"integer","minimum":1},
      "price":{"type":"number","multipleOf":0.01},"tags":{"type":"array","items":{"type":"string"},"uniqueItems":true},
      "code":{"type":"string","pattern":"^[A-Z]{3}-[0-9]+$"}},"required":["title"],"additionalProperties":false})",
          R"({"title":"a \u00e4 b\n","priority":"high","count":3,"price":19.99,
                            "tags":["a","b","c"],"code":"ABC-12"})"),
      0U);
  EXPECT_EQ(
      allocations(
          R"({"oneOf":[{"type":"string"},{"type":"array","items":{"anyOf":[{"type":"null"},{"minimum":1e300}]}}]})",
          "[null,1e301,null]"),
      0U);
  EXPECT_EQ(allocations(R"({"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false})",
                        R"({"a":{}})"),
            0U);
  EXPECT_EQ(
      allocations(
          R"({"properties":{"at":{"format":"date-time"},"to":{"format":"email"},"on":{"format":"uri"}}})",
          R"({"at":"2026-01-31T09:30:00Z","to":"ann@example.org","on":"https://example.org/a?b#c"})",
          {.formats = SchemaFormats::enforce}),
      0U);
}

TEST(SchemaAllocation, NoneForAHundredUniqueItems) {
  std::string items = "[0";
  for (int i = 1; i < 100; ++i) items += "," + std::to_string(i);
  EXPECT_EQ(allocations(R"({"uniqueItems":true})", (items + "]").c_str()), 0U);
}

}  // namespace
}  // namespace collet
