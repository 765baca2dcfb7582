#include "tool/refusal_log.hpp"

#include "collet/limits.hpp"

namespace collet::tool {

RefusalLog::~RefusalLog() {
  for (auto& [cause, refusals] : refusals_) tell(cause, refusals);
}

void RefusalLog::refused(std::string_view plugin_key, const Error& error) {
  const auto [entry, is_first] = refusals_.try_emplace({std::string(plugin_key), error.overload});
  ++entry->second.untold;
  entry->second.last = error.message;
  if (is_first) tell_now_and_then(entry);
}

void RefusalLog::tell_now_and_then(Entry entry) {
  auto& [cause, refusals] = *entry;
  if (refusals.untold == 0) {
    refusals_.erase(entry);
    return;
  }
  tell(cause, refusals);
  refusals.next = loop_.call_after(limits::calls::refusals_told_every,
                                   [this, entry] { tell_now_and_then(entry); });
}

void RefusalLog::tell(const Cause& cause, Refusals& refusals) {
  const auto calls = std::exchange(refusals.untold, 0);
  if (calls == 0) return;
  const auto& [plugin_key, reason] = cause;
  log_.warn("calls refused as overloaded",
            {{"plugin", plugin_key},
             {"reason", std::string(reason ? to_string(*reason) : "unknown")},
             {"calls", std::to_string(calls)},
             {"last", refusals.last}});
}

}  // namespace collet::tool
