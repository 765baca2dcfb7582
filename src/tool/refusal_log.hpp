// What the host's log is told of calls that are refused.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/logger.hpp"
#include "base/loop.hpp"
#include "collet/error.hpp"

namespace collet::tool {

/// Makes few lines of a flood of calls that are refused as `overloaded`: the first of a plugin and
/// a reason is told at once, and then, every `limits::calls::refusals_told_every`, how many came
/// since, as long as any come. Loop thread only.
class RefusalLog {
 public:
  /// Both outlive it.
  RefusalLog(Loop& loop, Logger& log) : loop_(loop), log_(log) {}
  /// Tells what it has not told yet.
  ~RefusalLog();
  RefusalLog(const RefusalLog&) = delete;
  RefusalLog& operator=(const RefusalLog&) = delete;

  /// A call of a tool of this plugin was refused with `error`, whose code is `overloaded`.
  void refused(std::string_view plugin_key, const Error& error);

 private:
  using Cause = std::pair<std::string, std::optional<Overload>>;  // plugin key and reason
  struct Refusals {
    std::uint64_t untold = 0;
    std::string last;  // its text
    Timer next;        // when they are told, or forgotten
  };
  using Entry = std::map<Cause, Refusals>::iterator;

  void tell(const Cause& cause, Refusals& refusals);
  void tell_now_and_then(Entry entry);

  Loop& loop_;
  Logger& log_;
  std::map<Cause, Refusals> refusals_;  // of the last such while
};

}  // namespace collet::tool
