// What became of calls, and how long they took.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.hpp"
#include "collet/tool_dispatcher.hpp"

namespace collet::tool {

/// Counts calls by plugin and outcome. Any thread.
class CallCounter {
 public:
  /// One call that was answered after `took`: with a result, or with `error`. `plugin_key` is empty
  /// where there was no such tool.
  void count(std::string_view plugin_key, std::optional<ErrorCode> error, Clock::duration took);
  /// Ordered by plugin key.
  [[nodiscard]] std::vector<CallCounts> all() const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, CallCounts, std::less<>> by_plugin_ GUARDED_BY(mutex_);
};

}  // namespace collet::tool
