// Breaks its promise with any input.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t*, std::size_t) {
  std::fputs("broken promise: this one is never kept\n", stderr);
  std::abort();
}
