// Whether an object has the members that `required` and its kin name. Internal to explain/*.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
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

/// The members of a keyword's map, of a repeated key the last one only, in order.
inline std::vector<json::Member> members_that_count(json::Value map) {
  std::vector<json::Member> members;
  std::unordered_map<std::string, std::size_t> position;
  for (const json::Member& member : map.members()) {
    const auto [known, is_new] = position.try_emplace(*member.key.as_string(), members.size());
    if (is_new) {
      members.push_back(member);
    } else {
      members[known->second] = member;
    }
  }
  return members;
}

}  // namespace collet::schema::explaining
