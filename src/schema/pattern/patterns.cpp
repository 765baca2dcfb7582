#include "schema/pattern/patterns.hpp"

#include <utility>

namespace collet::schema {

std::expected<std::uint32_t, PatternError> Patterns::add(std::string_view source,
                                                         std::uint32_t most) {
  if (!table_) table_ = std::make_unique<Table>();
  auto& [patterns, by_source, bytes] = *table_;
  if (const auto known = by_source.find(source); known != by_source.end()) return known->second;
  if (patterns.size() >= most) {
    return std::unexpected(PatternError{0, "there are more than " + std::to_string(most)});
  }
  auto pattern = Pattern::compile(source);
  if (!pattern) return std::unexpected(std::move(pattern.error()));
  bytes += pattern->memory();
  if (bytes > bytes_max) return std::unexpected(PatternError{0, "all together take over 16 MiB"});
  const auto index = static_cast<std::uint32_t>(patterns.size());
  patterns.push_back(std::move(*pattern));
  by_source.emplace(source, index);
  return index;
}

const Pattern* Patterns::find(std::string_view source) const {
  if (!table_) return nullptr;
  const auto known = table_->by_source.find(source);
  return known == table_->by_source.end() ? nullptr : &table_->patterns[known->second];
}

}  // namespace collet::schema
