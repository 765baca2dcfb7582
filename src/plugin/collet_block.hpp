// The manifest's `collet` block: what Collet alone reads, and the reference ignores.
#pragma once

#include "collet/manifest.hpp"
#include "plugin/shape.hpp"

namespace collet::plugin {

/// Checks `block`, the value of the manifest's member `collet`, and appends what is wrong with it.
/// `tools` is what the manifest declares; settings of a tool that is not among them are an error.
void check_collet_block(const json::Value& block, const std::vector<std::string>& tools,
                        Issues& issues);
/// Reads a block that was checked into `manifest`, whose tools are there already.
void read_collet_block(const json::Value& block, Manifest& manifest);

}  // namespace collet::plugin
