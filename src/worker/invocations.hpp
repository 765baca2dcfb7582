// Which calls a worker is running for which company. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace collet::worker {

/// The calls of one worker that are for a company, from the moment they are sent until their
/// caller has his answer. Workers built with newer SDKs say in each of their own messages which of
/// these they act in, as `paperclipInvocationId`.
class Invocations {
 public:
  /// `id` is a fresh UUID: what nobody was told nobody can forge. White space around the company
  /// does not count.
  void begin(std::string id, std::string_view company_id) {
    companies_.emplace(std::move(id), trimmed(company_id));
  }
  void end(std::string_view id) {
    if (const auto found = companies_.find(id); found != companies_.end()) companies_.erase(found);
  }

  [[nodiscard]] bool empty() const { return companies_.empty(); }
  /// Nothing where no call with this id runs.
  [[nodiscard]] std::optional<std::string_view> company_of(std::string_view id) const {
    const auto found = companies_.find(id);
    if (found == companies_.end()) return std::nullopt;
    return found->second;
  }
  /// Whether a call for this company runs.
  [[nodiscard]] bool serve(std::string_view company_id) const {
    for (const auto& [id, company] : companies_) {
      if (company == company_id) return true;
    }
    return false;
  }
  /// The company of all calls that run; nothing where there are none, or for several companies.
  [[nodiscard]] std::optional<std::string_view> only_company() const {
    if (companies_.empty()) return std::nullopt;
    const auto& first = companies_.begin()->second;
    for (const auto& [id, company] : companies_) {
      if (company != first) return std::nullopt;
    }
    return first;
  }

 private:
  std::map<std::string, std::string, std::less<>> companies_;  // by invocation id
};

}  // namespace collet::worker
