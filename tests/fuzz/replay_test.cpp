// Every file of a fuzz target's corpus runs once, with the usual compiler: what the fuzzer has
// found stays mended. Built once for each target, with its folder.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz_target.hpp"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> corpus() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(COLLET_FUZZ_CORPUS))
    files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::string name_of(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.filename().string();
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

class FuzzCorpus : public testing::TestWithParam<fs::path> {};

/// A broken promise aborts.
TEST_P(FuzzCorpus, Replays) {
  std::ifstream in(GetParam(), std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  EXPECT_FALSE(text.empty());
  EXPECT_LE(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()),
            0);
}

INSTANTIATE_TEST_SUITE_P(Replay, FuzzCorpus, testing::ValuesIn(corpus()), name_of);

}  // namespace
