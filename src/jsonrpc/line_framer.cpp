#include "jsonrpc/line_framer.hpp"

namespace collet::jsonrpc {
namespace {
// A buffer that one huge line grew is given back after it; ordinary lines reuse theirs.
constexpr std::size_t k_kept_bytes_max = 1u << 20;
}  // namespace

void LineFramer::keep(std::string_view piece) {
  if (dropping_) return;
  if (partial_.size() + piece.size() > line_bytes_max_) {
    ++too_long_;
    dropping_ = true;
    std::string().swap(partial_);
    return;
  }
  // Address space for as long as a line may be, of which only what is written to becomes memory: a
  // buffer that doubles copies 64 MiB in the end, and the loop stands still for a tenth of a
  // second.
  if (partial_.size() + piece.size() > k_kept_bytes_max) partial_.reserve(line_bytes_max_);
  partial_.append(piece);
}

void LineFramer::reset() {
  dropping_ = false;
  partial_.clear();
  if (partial_.capacity() > k_kept_bytes_max) std::string().swap(partial_);
}

}  // namespace collet::jsonrpc
