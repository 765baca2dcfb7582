#include "base/contained_folder.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

namespace collet {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

std::string message(const auto& outcome) {
  return outcome ? "done" : outcome.error().message;
}

std::string content(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(ContainedPath, IsTheNamesOfAPath) {
  EXPECT_EQ(contained_path("a/b.md"), "a/b.md");
  EXPECT_EQ(contained_path("./a//b/./c/"), "a/b/c");
  EXPECT_EQ(contained_path("..a/b.."), "..a/b..");
  EXPECT_EQ(contained_path(""), "");
  EXPECT_EQ(contained_path("."), "");
}

TEST(ContainedPath, NeverLeavesTheFolder) {
  EXPECT_EQ(message(contained_path("/etc/passwd")),
            "\"/etc/passwd\" is absolute; paths start at the folder");
  for (const auto* path : {"..", "../x", "a/../x", "a/.."}) {
    EXPECT_EQ(message(contained_path(path)),
              '"' + std::string(path) + "\" has \"..\"; paths stay inside the folder");
  }
  EXPECT_EQ(message(contained_path(R"(a\..\x)")),
            R"("a\..\x" has a backslash; names are divided by /)");
  EXPECT_EQ(message(contained_path(std::string_view("a\0/x", 4))), "\"a\" has a NUL character");
}

TEST(ContainedPath, IsAsLongAsTheKernelTakes) {
  EXPECT_EQ(contained_path(std::string(4'095, 'a')), std::string(4'095, 'a'));
  EXPECT_EQ(message(contained_path(std::string(4'096, 'a'))),
            "a path has 4096 bytes, the limit is 4095");
}

// Each test runs with the kernel's own walk and with ours.
class ContainedFolderTest : public testing::TestWithParam<PathWalk> {
 protected:
  ContainedFolderTest() {
    fs::create_directories(root / "inside");
    fs::create_directories(top / "outside");
    put(top / "outside/secret.txt", "secret");
    put(root / "inside/a.txt", "a");
  }
  ~ContainedFolderTest() override { fs::remove_all(top); }

  static void put(const fs::path& file, std::string_view text) { std::ofstream(file) << text; }
  std::string read(const std::string& path, std::size_t bytes_max = 100) const {
    const auto text = folder.read(path, bytes_max);
    return text ? *text : "error: " + text.error().message;
  }
  std::string write(const std::string& path, std::string_view text) const {
    return message(folder.write(path, text, "t"));
  }
  std::vector<std::string> listed(const std::string& path, const ListOptions& options = {}) const {
    const auto listing = folder.list(path, options);
    if (!listing) return {listing.error().message};
    std::vector<std::string> lines;
    for (const auto& entry : listing->entries) {
      lines.push_back(entry.state == PathState::directory
                          ? entry.path + "/"
                          : entry.path + " " + std::to_string(entry.size));
    }
    if (listing->is_truncated) lines.emplace_back("…");
    return lines;
  }

  fs::path top = [] {
    auto pattern = (fs::temp_directory_path() / "collet-contained-XXXXXX").string();
    return fs::path(::mkdtemp(pattern.data()));
  }();
  fs::path root = top / "root";
  ContainedFolder folder = *[this] {
    fs::create_directories(root);
    return ContainedFolder::open(root, GetParam());
  }();
};

INSTANTIATE_TEST_SUITE_P(Walks, ContainedFolderTest,
                         testing::Values(PathWalk::kernel, PathWalk::no_links),
                         [](const auto& walk) {
                           return walk.param == PathWalk::kernel ? "Kernel" : "NoLinks";
                         });

constexpr std::string_view k_outside = "leads out of the folder by a symbolic link";

TEST_P(ContainedFolderTest, WhatIsNoFolderIsNotOpened) {
  put(top / "file", "");
  EXPECT_EQ(ContainedFolder::open(top / "nothing", GetParam()).error(),
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(ContainedFolder::open(top / "file", GetParam()).error(), std::errc::not_a_directory);
}

TEST_P(ContainedFolderTest, ReadsFilesUpToALimit) {
  EXPECT_EQ(read("inside/a.txt"), "a");
  EXPECT_EQ(read("inside/b.txt"), "error: \"inside/b.txt\" is not there");
  EXPECT_EQ(read("inside/a.txt/x"), "error: \"inside/a.txt/x\" is not there");
  EXPECT_EQ(read("inside"), "error: \"inside\" is a directory");
  EXPECT_EQ(read(""), "error: \"\" is a directory");
  put(root / "six", "123456");
  EXPECT_EQ(read("six", 6), "123456");
  EXPECT_EQ(read("six", 5), "error: \"six\" cannot be read: it has more than 5 bytes");
}

TEST_P(ContainedFolderTest, WaitsForNoPipe) {
  ASSERT_EQ(::mkfifo((root / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read("pipe"), "error: \"pipe\" is no regular file");
  EXPECT_EQ(folder.look_at("pipe"), PathState::other);
  EXPECT_THAT(listed(""), ElementsAre("inside/"));
}

TEST_P(ContainedFolderTest, LinksLeadNowhereElse) {
  fs::create_symlink(top / "outside", root / "absolute");
  fs::create_symlink("../outside", root / "relative");
  fs::create_symlink("../outside/secret.txt", root / "file");
  fs::create_symlink("/proc/self/root", root / "magic");
  fs::create_symlink("circle", root / "circle");
  for (const std::string link : {"absolute", "relative", "magic"}) {
    const auto below = link + (link == "magic" ? "/etc/passwd" : "/secret.txt");
    EXPECT_EQ(read(below), "error: \"" + below + "\" " + std::string(k_outside));
    EXPECT_THAT(listed(link), ElementsAre(HasSubstr(k_outside)));
    EXPECT_THAT(write(link + "/new", "x"), HasSubstr(k_outside));
    EXPECT_THAT(write(link + "/deep/new", "x"), HasSubstr(k_outside));
    EXPECT_THAT(message(folder.remove(below)), HasSubstr(k_outside));
    EXPECT_EQ(folder.look_at(below), PathState::outside);
  }
  EXPECT_THAT(read("file"), HasSubstr(k_outside));
  EXPECT_THAT(read("circle"), HasSubstr(k_outside));
  EXPECT_EQ(folder.look_at("file"), PathState::outside);
  EXPECT_THAT(listed("", {.depth = ListOptions::Depth::all_levels}),
              ElementsAre("inside/", "inside/a.txt 1"))
      << "what leads out is not listed";
  EXPECT_EQ(content(top / "outside/secret.txt"), "secret");
  EXPECT_EQ(std::distance(fs::directory_iterator(top / "outside"), {}), 1);
}

TEST_P(ContainedFolderTest, LinksThatStayInsideAreFollowedByTheKernelOnly) {
  fs::create_symlink("inside", root / "link");
  fs::create_symlink("a.txt", root / "inside/b.txt");
  if (GetParam() == PathWalk::no_links) {
    EXPECT_THAT(read("link/a.txt"), HasSubstr(k_outside));
    return;
  }
  EXPECT_EQ(read("link/a.txt"), "a");
  EXPECT_EQ(read("link/b.txt"), "a");
  EXPECT_EQ(write("link/c.txt", "c"), "done");
  EXPECT_EQ(content(root / "inside/c.txt"), "c");
  EXPECT_THAT(listed("", {.depth = ListOptions::Depth::all_levels}),
              ElementsAre("inside/", "inside/a.txt 1", "inside/b.txt 1", "inside/c.txt 1", "link/"))
      << "links are not entered: they may lead in circles";
}

TEST_P(ContainedFolderTest, WritesReplaceFilesAsAWhole) {
  EXPECT_EQ(write("new/deep/b.txt", "first"), "done");
  EXPECT_EQ(content(root / "new/deep/b.txt"), "first");
  fs::permissions(root / "new/deep/b.txt", fs::perms::owner_read | fs::perms::owner_write);
  const std::ifstream reader(root / "new/deep/b.txt");
  EXPECT_EQ(write("new/deep/b.txt", "second"), "done");
  EXPECT_EQ(content(root / "new/deep/b.txt"), "second");
  std::ostringstream seen;
  seen << reader.rdbuf();
  EXPECT_EQ(seen.str(), "first") << "whoever reads has the old file";
  EXPECT_EQ(fs::status(root / "new/deep/b.txt").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_THAT(listed("new/deep"), ElementsAre("new/deep/b.txt 6")) << "nothing temporary is left";
}

TEST_P(ContainedFolderTest, ALinkIsReplacedNotWrittenThrough) {
  fs::create_symlink("../outside/secret.txt", root / "link");
  EXPECT_EQ(write("link", "mine"), "done");
  EXPECT_EQ(content(top / "outside/secret.txt"), "secret");
  EXPECT_FALSE(fs::is_symlink(root / "link"));
  EXPECT_EQ(read("link"), "mine");
}

TEST_P(ContainedFolderTest, AFailedWriteLeavesNothingBehind) {
  EXPECT_EQ(write("inside", "x"), "\"inside\" is a directory");
  EXPECT_EQ(write("", "x"), "\"\" names no file");
  EXPECT_EQ(write("inside/a.txt/b", "x"), "\"inside/a.txt\" is not a directory");
  put(root / ".collet-t.tmp", "somebody's");
  EXPECT_EQ(write("c", "x"), "\"c\" cannot be written: File exists");
  EXPECT_EQ(content(root / ".collet-t.tmp"), "somebody's");
  EXPECT_THAT(listed(""), ElementsAre(".collet-t.tmp 10", "inside/"));
}

TEST_P(ContainedFolderTest, RemovesFilesAndLinksNeverWhatTheyLeadTo) {
  fs::create_symlink("../outside/secret.txt", root / "link");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(message(folder.remove("link")), "done") << "also where there is none";
    EXPECT_EQ(message(folder.remove("inside/a.txt")), "done");
    EXPECT_EQ(message(folder.remove("nothing/a.txt")), "done");
  }
  EXPECT_EQ(content(top / "outside/secret.txt"), "secret");
  EXPECT_EQ(message(folder.remove("inside")), "\"inside\" is a directory");
  EXPECT_THAT(listed("inside"), ElementsAre());
}

TEST_P(ContainedFolderTest, ListsByNameLevelByLevel) {
  put(root / "z", "12");
  put(root / "inside.txt", "");
  EXPECT_EQ(write("inside/deep/c", "c"), "done");
  EXPECT_THAT(listed(""), ElementsAre("inside/", "inside.txt 0", "z 2"));
  EXPECT_THAT(listed("inside"), ElementsAre("inside/a.txt 1", "inside/deep/"));
  EXPECT_THAT(listed("", {.depth = ListOptions::Depth::all_levels}),
              ElementsAre("inside/", "inside/a.txt 1", "inside/deep/", "inside/deep/c 1",
                          "inside.txt 0", "z 2"));
  EXPECT_THAT(listed("z"), ElementsAre("\"z\" is not a directory"));
  EXPECT_THAT(listed("nothing"), ElementsAre("\"nothing\" is not there"));
  const auto listing = folder.list("", {});
  EXPECT_LT(std::chrono::abs(listing->entries[0].modified_at - std::chrono::system_clock::now()),
            std::chrono::hours(1));
}

TEST_P(ContainedFolderTest, AListingHasLimits) {
  for (const auto* name : {"a", "b", "c", "d/e/f"}) EXPECT_EQ(write(name, "1"), "done");
  const auto all = ListOptions::Depth::all_levels;
  EXPECT_THAT(listed("", {.entries_max = 4}), ElementsAre("a 1", "b 1", "c 1", "d/", "…"));
  EXPECT_THAT(listed("", {.entries_max = 5}), ElementsAre("a 1", "b 1", "c 1", "d/", "inside/"));
  EXPECT_THAT(listed("d", {.depth = all, .entries_max = 1}), ElementsAre("d/e/", "…"));
  EXPECT_THAT(listed("d", {.depth = all, .levels_max = 1}), ElementsAre("d/e/", "…"));
  EXPECT_THAT(listed("d", {.depth = all, .levels_max = 2}), ElementsAre("d/e/", "d/e/f 1"));
  EXPECT_THAT(listed("d", {.depth = all, .names_max = 2}), ElementsAre("d/e/", "d/e/f 1"));
  EXPECT_THAT(listed("d", {.depth = all, .names_max = 1}), ElementsAre("d/e/", "…"));
  EXPECT_THAT(listed("", {.is_wanted = [](auto name) { return name != "b"; }}),
              ElementsAre("a 1", "c 1", "d/", "inside/"));
}

TEST_P(ContainedFolderTest, SaysWhatStandsAtAPath) {
  EXPECT_EQ(folder.look_at(""), PathState::directory);
  EXPECT_EQ(folder.look_at("inside"), PathState::directory);
  EXPECT_EQ(folder.look_at("inside/a.txt"), PathState::file);
  EXPECT_EQ(folder.look_at("inside/b.txt"), PathState::missing);
  EXPECT_EQ(folder.look_at("inside/a.txt/b"), PathState::missing);
  EXPECT_TRUE(folder.is_readable());
  EXPECT_TRUE(folder.is_writable());
}

// Somebody swaps a directory for a link that leads out, over and over, while files are read,
// written and removed below its name.
TEST_P(ContainedFolderTest, WhoSwapsADirectoryForALinkGainsNothing) {
  fs::create_directories(root / "swap");
  put(root / "swap/secret.txt", "harmless");
  fs::create_symlink("../outside", root / "other");
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> swaps = 0;
  std::thread swapper([&] {
    while (!stop) {
      ASSERT_EQ(::renameat2(AT_FDCWD, (root / "swap").c_str(), AT_FDCWD, (root / "other").c_str(),
                            RENAME_EXCHANGE),
                0);
      ++swaps;
    }
  });
  int reads = 0, refusals = 0;
  for (int i = 0; i < 200'000 && (i < 2'000 || swaps < 1'000 || reads == 0 || refusals == 0); ++i) {
    const auto text = folder.read("swap/secret.txt", 100);
    if (text) {
      ASSERT_EQ(*text, "harmless");
      ++reads;
    } else {
      ++refusals;
    }
    if (i % 16 != 0) continue;
    static_cast<void>(folder.write("swap/new.txt", "x", std::to_string(i)));
    static_cast<void>(folder.write("swap/deep/new.txt", "x", std::to_string(i)));
    static_cast<void>(folder.remove("swap/new.txt"));
    static_cast<void>(folder.list("swap", {}));
  }
  stop = true;
  swapper.join();
  EXPECT_GT(reads, 0);
  EXPECT_GT(refusals, 0);
  EXPECT_EQ(content(top / "outside/secret.txt"), "secret");
  EXPECT_EQ(std::distance(fs::directory_iterator(top / "outside"), {}), 1);
}

TEST(FoldersOverlap, WhereOneIsInTheOtherBehindLinksToo) {
  auto pattern = (std::filesystem::temp_directory_path() / "collet-overlap-XXXXXX").string();
  const std::filesystem::path top(::mkdtemp(pattern.data()));
  std::filesystem::create_directories(top / "a/b");
  std::filesystem::create_symlink("a", top / "link");
  EXPECT_TRUE(folders_overlap(top / "a", top / "a/"));
  EXPECT_TRUE(folders_overlap(top / "a/b", top / "a"));
  EXPECT_TRUE(folders_overlap(top, top / "a/b"));
  EXPECT_TRUE(folders_overlap(top / "link/new/", top / "a"));
  EXPECT_TRUE(folders_overlap(top / "a/b", top / "new/../link"));
  EXPECT_TRUE(folders_overlap("/", top));
  EXPECT_FALSE(folders_overlap(top / "a", top / "ab"));
  EXPECT_FALSE(folders_overlap(top / "a/b", top / "link/c"));
  std::filesystem::remove_all(top);
}

}  // namespace
}  // namespace collet
