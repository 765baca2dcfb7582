#include "plugin/npm_spec.hpp"

#include <gtest/gtest.h>

#include <string>

#include "plugin/version.hpp"

namespace collet::plugin {
namespace {

std::string spec(std::string_view name, std::optional<std::string> version = {}) {
  const auto read = parse_npm_spec(name, std::move(version));
  return read ? read->text() : read.error().message;
}

TEST(NpmSpec, Names) {
  EXPECT_EQ(spec("paperclip-plugin-x"), "paperclip-plugin-x");
  EXPECT_EQ(spec(" @acme/plugin.x "), "@acme/plugin.x");
  EXPECT_EQ(spec("x", "1.2.3"), "x@1.2.3");
  EXPECT_EQ(spec("x@^1.2.0"), "x@^1.2.0");
  EXPECT_EQ(spec("@acme/x@next"), "@acme/x@next");
  EXPECT_EQ(spec("x", ">=1.0.0 <2"), "x@>=1.0.0 <2");
  EXPECT_EQ(spec(std::string(npm_name_bytes_max, 'x')), std::string(npm_name_bytes_max, 'x'));
}

TEST(NpmSpec, RefusesWhatNpmWouldTakeForSomethingElse) {
  EXPECT_EQ(spec(""), "packageName cannot be empty");
  EXPECT_EQ(spec("  "), "packageName cannot be empty");
  for (const auto* bad : {"a<b", "a>b", "http://x", "a\"b", "a|b", "a?b", "a*b"}) {
    EXPECT_EQ(spec(bad), "packageName contains invalid characters") << bad;
  }
  for (const auto* bad : {"../x", "./x", "/x", "~/x", "a/b", "-g", "--prefix=/", ".hidden", "_x",
                          "@acme", "@/x", "@acme/", "@a/b/c", "x.tgz/../y", "a b", "a\\b"}) {
    EXPECT_EQ(spec(bad), std::string("\"") + bad + "\" is not the name of an npm package");
  }
  const std::string long_name(npm_name_bytes_max + 1, 'x');
  EXPECT_EQ(spec(long_name), "\"" + long_name + "\" is not the name of an npm package");
  for (const auto* bad : {"", "file:../x", "git+ssh://x", "../1", "npm:other"}) {
    EXPECT_EQ(spec("x", bad), std::string("\"") + bad + "\" is not a version of an npm package");
  }
}

TEST(CompareVersions, FollowsTheSpecification) {
  // From section 11 of the specification, each below the next.
  const char* const rising[] = {"0.9.9",         "1.0.0-alpha",
                                "1.0.0-alpha.1", "1.0.0-alpha.beta",
                                "1.0.0-beta",    "1.0.0-beta.2",
                                "1.0.0-beta.11", "1.0.0-rc.1",
                                "1.0.0",         "1.0.1",
                                "1.2.0",         "1.10.0",
                                "2026.916.1",    "18446744073709551616.0.0"};
  for (const auto* a : rising) {
    for (const auto* b : rising) {
      EXPECT_EQ(compare_versions(a, b) < 0,
                &a != &b && std::find(std::begin(rising), std::end(rising), a) <
                                std::find(std::begin(rising), std::end(rising), b))
          << a << " " << b;
    }
  }
  EXPECT_EQ(compare_versions("1.0.0+a", "1.0.0+b"), std::strong_ordering::equal);
  EXPECT_EQ(compare_versions("01.0.0", "1.00.0"), std::strong_ordering::equal);
}

}  // namespace
}  // namespace collet::plugin
