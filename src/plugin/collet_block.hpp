// The manifest's `collet` block: what Collet alone reads, and the reference ignores.
#pragma once

#include "collet/manifest.hpp"
#include "plugin/shape.hpp"

namespace collet::plugin {

/// Worker processes of one plugin: more than this on one machine is a mistake in the manifest.
inline constexpr std::int64_t instances_max = 64;
/// A call may take a day; what takes longer is a job.
inline constexpr std::int64_t timeout_ms_max = 86'400'000;
/// Calls of one tool in flight; the largest number of calls any queue of the host takes is below.
inline constexpr std::int64_t concurrency_max = 10'000;

/// Checks `block`, the value of the manifest's member `collet`, and appends what is wrong with it.
/// `tools` is what the manifest declares; settings of a tool that is not among them are an error.
void check_collet_block(const json::Value& block, const std::vector<std::string>& tools,
                        Issues& issues);
/// Reads a block that was checked into `manifest`, whose tools are there already.
void read_collet_block(const json::Value& block, Manifest& manifest);

}  // namespace collet::plugin
