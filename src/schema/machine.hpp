// Runs a program on an instance.
#pragma once

#include <cstdint>

#include "collet/schema.hpp"
#include "json/document.hpp"
#include "schema/pattern/patterns.hpp"
#include "schema/program.hpp"

namespace collet::schema {

enum class Verdict : std::uint8_t {
  fits,
  differs,
  gave_up,  ///< a limit was reached: steps, nesting, or those of a pattern
};

struct Judgement {
  Verdict verdict = Verdict::fits;
  std::uint64_t steps = 0;  ///< what it cost: SchemaLimits::steps_max
};

/// Judges `instance`. Any thread.
[[nodiscard]] Judgement judge(const Program& program, const Patterns& patterns,
                              json::Value instance, const SchemaLimits& limits);

}  // namespace collet::schema
