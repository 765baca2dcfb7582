// Meant for ThreadSanitizer: readers and a writer at once.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "collet/tool_registry.hpp"
#include "tool/fake_provider.hpp"

namespace collet {
namespace {

TEST(ToolRegistryRace, ReadersAlwaysSeeOneWholeSet) {
  constexpr int rounds = 2000;
  ToolRegistry registry;
  // Version n of the plugin has the tools "n", "x" and "y", all described by a schema that says n.
  const auto publish = [&](int version) {
    auto manifest = tool::manifest_with({std::to_string(version), "x", "y"});
    for (auto& tool : manifest.tools) tool.parameters_schema = std::to_string(version);
    ASSERT_TRUE(registry.register_plugin("acme", manifest, "", nullptr));
  };
  publish(0);

  std::atomic<bool> done = false;
  std::atomic<std::size_t> torn = 0;
  std::atomic<std::size_t> reads = 0;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const auto list = registry.list_tools({.plugin_id = "acme"});
        const bool whole = list.size() == 3 && list[0]->name == list[1]->parameters_schema &&
                           list[1]->parameters_schema == list[2]->parameters_schema;
        if (!whole || !registry.get_tool("acme:x")) ++torn;
        (void)registry.closest_name("acme:z");
        (void)registry.generation();
        ++reads;
      }
    });
  }
  std::jthread other_writer([&] {
    for (int i = 0; i < rounds; ++i) {
      ASSERT_TRUE(registry.register_plugin("other", tool::manifest_with({"a"}), "", nullptr));
      registry.unregister_plugin("other");
    }
  });
  for (int version = 1; version <= rounds; ++version) publish(version);
  other_writer.join();
  while (reads == 0) std::this_thread::yield();
  done = true;
  readers.clear();
  EXPECT_EQ(torn, 0u);
  EXPECT_EQ(registry.get_tool("acme:x")->parameters_schema, std::to_string(rounds));
  EXPECT_EQ(registry.generation(), 1u + rounds + 2u * rounds);
}

}  // namespace
}  // namespace collet
