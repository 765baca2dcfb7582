#include "schema/keywords.hpp"

#include <string_view>

namespace collet::schema {

const KeywordRow* find_keyword(json::Value key, const Dialect& dialect) {
  const std::string_view token = key.raw();
  if (token.find('\\') != std::string_view::npos) return find_keyword(*key.as_string(), dialect);
  return find_keyword(token.substr(1, token.size() - 2), dialect);
}

Keywords::Keywords(json::Value subschema, const Dialect& dialect) : tape_(&subschema.tape()) {
  for (const auto& [key, value] : subschema.members()) {
    const KeywordRow* row = find_keyword(key, dialect);
    if (row == nullptr) continue;
    present_ |= bit_of(row->keyword);
    nodes_[static_cast<std::size_t>(row->keyword)] = value.index();
  }
  if (has(Keyword::ref) && dialect.ref_stands_alone()) present_ = bit_of(Keyword::ref);
}

}  // namespace collet::schema
