#include "jsonrpc/line_framer.hpp"

#include <algorithm>

namespace collet::jsonrpc {
namespace {
// A buffer that one huge line grew is given back after it; ordinary lines reuse theirs.
constexpr std::size_t k_kept_bytes_max = 1u << 20;
}  // namespace

// Beyond what is kept it takes address space for as long as a line may be, of which only what is
// written to becomes memory: a buffer that doubles copies 64 MiB in the end, and the loop stands
// still for a tenth of a second.
void LineFramer::append(std::string_view piece) {
  if (partial_.size() + piece.size() > k_kept_bytes_max) partial_.reserve(line_bytes_max_);
  partial_.append(piece);
}

// The head of the line that is held and goes on with `piece`. As long for each way of cutting it.
std::string_view LineFramer::head_with(std::string_view piece) {
  const auto bytes = std::min(head_bytes_max, line_bytes_max_);
  if (partial_.empty()) return piece.substr(0, bytes);
  if (partial_.size() < bytes) partial_.append(piece.substr(0, bytes - partial_.size()));
  return std::string_view(partial_).substr(0, bytes);
}

void LineFramer::reset() {
  dropping_ = false;
  partial_.clear();
  if (partial_.capacity() > k_kept_bytes_max) std::string().swap(partial_);
}

}  // namespace collet::jsonrpc
