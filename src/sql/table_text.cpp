#include "sql/table_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "sql/tokens.hpp"

namespace collet::sql {
namespace {

// The words after which a column's type is over.
bool begins_constraint(const Token& token) {
  constexpr std::array<std::string_view, 10> words{"check",      "collate", "constraint", "default",
                                                   "generated",  "not",     "null",       "primary",
                                                   "references", "unique"};
  return token.kind == TokenKind::word && std::ranges::find(words, token.value) != words.end();
}

/// A column's or a constraint's text, and its tokens, whose places are those in the whole.
class Item {
 public:
  Item(std::string_view whole, Tokens tokens)
      : tokens_(tokens),
        first_(tokens.front().begin),
        text_(whole.substr(first_, tokens.back().end - first_)) {}

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_column(std::string_view name) const {
    return tokens_[0].value == name && !begins_constraint(tokens_[0]) && !tokens_[0].is("foreign");
  }
  [[nodiscard]] bool is_constraint(std::string_view name) const {
    return tokens_[0].is("constraint") && tokens_.size() > 1 && tokens_[1].value == name;
  }

  // One change an item; the places of tokens are wrong afterwards.
  void append(std::string_view words) { text_ += fmt::format(" {}", words); }
  void cut(std::size_t first, std::size_t last, std::string_view words = "") {
    const auto begin = tokens_[first].begin - first_;
    text_.replace(begin, tokens_[last].end - first_ - begin, words);
  }

  /// The place of NOT NULL.
  [[nodiscard]] std::optional<std::size_t> not_null() const {
    for (std::size_t i = 1; i + 1 < tokens_.size(); i = next(i)) {
      if (tokens_[i].is("not") && tokens_[i + 1].is("null")) return i;
    }
    return std::nullopt;
  }
  /// The place of DEFAULT and of the end of its value.
  [[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> default_value() const {
    for (std::size_t i = 1; i + 1 < tokens_.size(); i = next(i)) {
      if (!tokens_[i].is("default")) continue;
      auto last = i + 1;
      if (tokens_[last].is("(")) last = closing(tokens_, last);
      if ((tokens_[last].is("-") || tokens_[last].is("+")) && last + 1 < tokens_.size()) ++last;
      return std::pair(i, std::min(last, tokens_.size() - 1));
    }
    return std::nullopt;
  }
  /// The place of the last word of the type; 0 where there is none.
  [[nodiscard]] std::size_t type_end() const {
    std::size_t last = 0;
    for (std::size_t i = 1; i < tokens_.size() && !begins_constraint(tokens_[i]); i = next(i)) {
      last = tokens_[i].is("(") ? closing(tokens_, i) : i;
    }
    return std::min(last, tokens_.size() - 1);
  }

 private:
  // The next token of this level.
  [[nodiscard]] std::size_t next(std::size_t i) const {
    return tokens_[i].is("(") ? closing(tokens_, i) + 1 : i + 1;
  }

  Tokens tokens_;
  std::size_t first_;
  std::string text_;
};

void change(Item& column, const TableEdit& edit) {
  switch (edit.kind) {
    case TableEdit::Kind::set_not_null:
      if (!column.not_null()) column.append("not null");
      return;
    case TableEdit::Kind::drop_not_null:
      if (const auto at = column.not_null()) column.cut(*at, *at + 1);
      return;
    case TableEdit::Kind::set_default:
    case TableEdit::Kind::drop_default:
      if (const auto at = column.default_value()) column.cut(at->first, at->second);
      if (edit.kind == TableEdit::Kind::set_default) {
        column.append(fmt::format("default ({})", edit.text));
      }
      return;
    case TableEdit::Kind::set_type:
      if (const auto end = column.type_end()) return column.cut(1, end, edit.text);
      return column.append(edit.text);
    case TableEdit::Kind::add_constraint:
    case TableEdit::Kind::drop_constraint:
      return;
  }
}

}  // namespace

Result<std::string> edited(std::string_view create_table, const TableEdit& edit) {
  const auto tokens = tokenize(create_table);
  if (!tokens) return std::unexpected(tokens.error());
  const auto open = static_cast<std::size_t>(
      std::ranges::find_if(*tokens, [](const Token& token) { return token.is("("); }) -
      tokens->begin());
  const auto close = closing(*tokens, open);
  if (close >= tokens->size())
    return fail(ErrorCode::invalid_request, "the table's definition cannot be changed");
  std::vector<Item> items;
  for (const auto part : split_at_commas(Tokens(*tokens).subspan(open + 1, close - open - 1))) {
    items.emplace_back(create_table, part);
  }

  std::string added;
  if (edit.kind == TableEdit::Kind::add_constraint) {
    added = edit.text;
  } else if (edit.kind == TableEdit::Kind::drop_constraint) {
    std::erase_if(items, [&](const Item& item) { return item.is_constraint(edit.name); });
  } else {
    const auto column =
        std::ranges::find_if(items, [&](const Item& item) { return item.is_column(edit.name); });
    if (column == items.end()) {
      return fail(ErrorCode::invalid_request,
                  fmt::format("the table has no column \"{}\"", edit.name));
    }
    change(*column, edit);
  }

  std::string text(create_table.substr(0, (*tokens)[open].end));
  for (const auto& item : items) {
    if (&item != &items.front()) text += ", ";
    text += item.text();
  }
  if (!added.empty()) text += ", " + added;
  return text += create_table.substr((*tokens)[close].begin);
}

}  // namespace collet::sql
