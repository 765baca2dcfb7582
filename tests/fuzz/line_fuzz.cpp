// The input is a stream of lines. However it is cut, the framer gives the lines that it has, none
// over the limit, and tells of those that it drops how they begin.
#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz_target.hpp"
#include "jsonrpc/line_framer.hpp"

namespace collet {
namespace {

/// What a framer tells, in order: lines, and the heads of those over the limit.
using Reading = std::vector<std::string>;

std::string dropped(std::string_view head) {
  return "dropped " + std::string(head);
}

/// What stands in the contract, without regard to pieces.
Reading expected(std::string_view stream, std::size_t limit) {
  Reading reading;
  while (!stream.empty()) {
    const auto line = stream.substr(0, stream.find('\n'));
    stream.remove_prefix(std::min(line.size() + 1, stream.size()));
    if (line.size() > limit) {
      reading.push_back(dropped(line.substr(0, limit)));
      continue;
    }
    const bool blank = line.find_first_not_of(" \t\r") == line.npos;
    const bool carriage = !line.empty() && line.back() == '\r';
    if (!blank) reading.emplace_back(line.substr(0, line.size() - (carriage ? 1 : 0)));
  }
  return reading;
}

Reading framed(const std::vector<std::string_view>& pieces, std::size_t limit) {
  jsonrpc::LineFramer framer(limit);
  Reading reading;
  const auto sink = [&reading](std::string_view line) { reading.emplace_back(line); };
  for (const auto piece : pieces) {
    framer.feed(piece, sink, [&](std::string_view head) { reading.push_back(dropped(head)); });
    fuzz::require(framer.held() <= limit && framer.room() <= std::max<std::size_t>(2 * limit, 30),
                  "no more is held than the limit of a line");
    fuzz::require(!piece.ends_with('\n') || framer.held() == 0, "nothing is held between lines");
  }
  framer.finish(sink);
  fuzz::require(framer.held() == 0, "nothing is held when the stream has ended");
  return reading;
}

}  // namespace
}  // namespace collet

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace collet;
  const fuzz::OneSecond limit;
  if (size > fuzz::k_stream_bytes_max) return fuzz::k_not_kept;
  const std::string stream(data, data + size);
  const std::size_t choice = std::hash<std::string>{}(stream);
  constexpr std::size_t k_limits[] = {0, 1, 7, 40};
  const std::size_t line_bytes_max = k_limits[choice % 4];
  const auto lines = expected(stream, line_bytes_max);
  fuzz::require(framed({stream}, line_bytes_max) == lines, "a whole stream gives its lines");
  fuzz::require(framed(fuzz::cut(stream, choice / 4), line_bytes_max) == lines,
                "a stream in pieces gives its lines");
  return 0;
}
