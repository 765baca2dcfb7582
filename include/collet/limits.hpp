// Every limit of a host, with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace collet::limits {

/// JSON texts, whoever wrote them.
namespace json {
/// The largest line of a worker, where nobody says otherwise.
inline constexpr std::size_t bytes_max = std::size_t{128} << 20;
/// No setting goes beyond: the reader's offsets have 32 bits and its element counts 28, and n
/// elements take 2n + 1 bytes.
inline constexpr std::size_t bytes_ceiling = std::size_t{1} << 29;
/// As deep as the JSON readers of the workers go unharmed.
inline constexpr std::uint32_t depth_max = 1000;
}  // namespace json

/// What goes between a worker and its host.
namespace worker {
/// The reference drops longer lines. It is also the largest of the JSON texts above.
inline constexpr std::size_t line_bytes_max = json::bytes_max;
/// No setting goes below: an answer to `initialize` has some hundred bytes.
inline constexpr std::size_t line_bytes_min = 1024;
/// Nor beyond: what is accepted can be read.
inline constexpr std::size_t line_bytes_ceiling = json::bytes_ceiling;
/// A REST body may be 1000 levels deep; the rest is for the frames around it.
inline constexpr std::uint32_t depth_max = 1024;
}  // namespace worker

}  // namespace collet::limits
