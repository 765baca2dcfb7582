// When JSON Schema calls two values equal (2020-12 core, section 4.2.2): numbers by value, strings
// by their decoded code points, objects whatever the order of their members.
//
// No operation costs more than n log n of the sizes of its values. All of them recurse as deep as
// the values are, which json::ParseLimits bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <utility>

#include "json/document.hpp"

namespace collet::schema {

/// Of a repeated key the last member counts, as JSON readers in the field do. Allocates for objects
/// of more than 16 members that are not in the same order, and for escaped strings that Text
/// allocates for.
[[nodiscard]] bool equal(json::Value a, json::Value b);

/// Equal values have equal hashes (of the same `seed`). Allocates as equal() does.
[[nodiscard]] std::uint64_t hash(json::Value value, std::uint64_t seed = 0);

/// The indices (first, second) of two equal elements of an array, the pair with the smallest second
/// and then the smallest first; nothing where all differ. Up to 16 elements are compared pair by
/// pair; more are sorted by their hashes in `scratch`, 16 bytes for each. Somebody who wants them
/// to collide would have to know where this process lies in memory, and finds them hashed again.
[[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> find_equal_elements(
    json::Value array, std::pmr::memory_resource& scratch);

}  // namespace collet::schema
