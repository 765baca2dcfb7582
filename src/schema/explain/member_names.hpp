// Whether an object has the members that `required` and its kin name. Internal to explain/*.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "json/document.hpp"

namespace collet::schema::explaining {

/// The names of an instance's members, for many questions in little more than linear time.
class MemberNames {
 public:
  MemberNames(json::Value object, std::size_t questions) : object_(object) {
    if (object.size() * questions <= k_pairwise_max) return;
    names_.emplace();
    names_->reserve(object.size());
    for (const auto& [key, value] : object.members()) names_->push_back(*key.as_string());
    std::ranges::sort(*names_);
  }
  [[nodiscard]] bool has(const std::string& name) const {
    return names_ ? std::ranges::binary_search(*names_, name) : object_.find(name).has_value();
  }
  [[nodiscard]] bool has_all(json::Value names) const {
    return std::ranges::all_of(names.elements(),
                               [&](json::Value name) { return has(*name.as_string()); });
  }

 private:
  static constexpr std::size_t k_pairwise_max = 512;
  json::Value object_;
  std::optional<std::vector<std::string>> names_;  // sorted
};

}  // namespace collet::schema::explaining
