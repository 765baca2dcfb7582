// What the JSON mutator puts into texts. Each target that is mutated by it says what: words that
// mean something there.
#pragma once

#include <span>
#include <string_view>

namespace collet::fuzz {

struct JsonWords {
  std::span<const std::string_view> members;  ///< key and value, as text
  std::span<const std::string_view> values;
  /// Keys of objects whose own keys are names: what stands under a name is an object of members.
  std::span<const std::string_view> name_keepers;
};

[[nodiscard]] const JsonWords& json_words();

}  // namespace collet::fuzz
