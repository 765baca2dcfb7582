#include "services/plugin_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collet::services {
namespace {
using testing::ElementsAre;

class PluginMetricsTest : public testing::Test {
 protected:
  void write(std::string_view name, double value, std::string_view tags = "{}",
             const std::string& plugin = "u") {
    const auto document = *json::Document::parse(std::string(tags));
    metrics.write(plugin, "key." + plugin, name, value, document.root());
  }
  /// "plugin name{label=value …} last sum points"
  std::vector<std::string> series() {
    std::vector<std::string> lines;
    for (const auto& each : metrics.view().series) {
      auto line = each.plugin_key + " " + each.name + "{";
      for (const auto& [label, value] : each.labels) line += label + "=" + value + " ";
      lines.push_back(line + "} " + std::to_string(static_cast<int>(each.last)) + " " +
                      std::to_string(static_cast<int>(each.sum)) + " " +
                      std::to_string(each.points));
    }
    return lines;
  }
  std::uint64_t dropped() {
    std::uint64_t all = 0;
    for (const auto& [key, count] : metrics.view().dropped) all += count;
    return all;
  }

  PluginMetrics metrics{
      {.series_per_plugin_max = 2, .tags_max = 2, .name_bytes_max = 4, .label_bytes_max = 4}};
};

TEST_F(PluginMetricsTest, ASeriesIsANameWithItsTags) {
  write("m", 1);
  write("m", 3);
  write("m", -5, R"({"a":"x"})");
  EXPECT_THAT(series(), ElementsAre("key.u m{} 3 4 2", "key.u m{tag_a=x } -5 -5 1"));
  EXPECT_EQ(dropped(), 0u);
}

TEST_F(PluginMetricsTest, TheOrderOfTagsDoesNotMatter) {
  write("m", 1, R"({"a":"x","b":"y"})");
  write("m", 1, R"({"b":"y","a":"x"})");
  EXPECT_THAT(series(), ElementsAre("key.u m{tag_a=x tag_b=y } 1 2 2"));
}

TEST_F(PluginMetricsTest, TagsBecomeLabelsThatPrometheusTakes) {
  write("m", 1, R"({"1.é":7,"t":true})");
  write("n", 1, R"({"z":null})");
  EXPECT_THAT(series(), ElementsAre("key.u m{tag_1___=7 tag_t=true } 1 1 1", "key.u n{} 1 1 1"));
}

TEST_F(PluginMetricsTest, WhatIsNoObjectIsNoTags) {
  write("m", 1, "[1]");
  metrics.write("u", "key.u", "m", 1, {});
  EXPECT_THAT(series(), ElementsAre("key.u m{} 1 2 2"));
}

TEST_F(PluginMetricsTest, BeyondTheSeriesOfAPluginNothingIsAdded) {
  write("a", 1);
  write("b", 1);
  write("c", 1);
  write("a", 2);
  write("c", 1, "{}", "v");
  EXPECT_THAT(series(), ElementsAre("key.u a{} 2 3 2", "key.u b{} 1 1 1", "key.v c{} 1 1 1"));
  EXPECT_EQ(dropped(), 1u);
}

TEST_F(PluginMetricsTest, NamesAndTagsHaveLimits) {
  write("1234", 1, R"({"abcd":"1234","b":"x"})");
  EXPECT_EQ(dropped(), 0u);
  write("12345", 1);
  write("m", 1, R"({"abcde":"x"})");
  write("m", 1, R"({"a":"12345"})");
  write("m", 1, R"({"a":"x","b":"x","c":"x"})");
  EXPECT_EQ(dropped(), 4u);
  EXPECT_EQ(series().size(), 1u);
}

TEST_F(PluginMetricsTest, APluginThatIsGoneHasNone) {
  write("m", 1);
  metrics.forget("u");
  EXPECT_THAT(series(), ElementsAre());
}

}  // namespace
}  // namespace collet::services
