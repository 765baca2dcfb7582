#include "sql/tokens.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "json/utf8.hpp"

namespace collet::sql {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}
bool continues_word(char c) {
  return starts_word(c) || is_digit(c) || c == '$';
}
bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// The longer ones first: the first that fits is the one.
constexpr std::array<std::string_view, 21> k_long_symbols{
    "->>", "#>>", "!~*", "::", "->", "#>", "@>", "<@", "||", "?|", "?&",
    "<=",  ">=",  "<>",  "!=", "!~", "~*", ":=", "=>", "<<", ">>"};
constexpr std::string_view k_short_symbols = "()[],;.+-*/%<>=!~@#&|^?:";

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view sql) : sql_(sql) {}

  Result<std::vector<Token>> run() {
    while (skip_space() && !error_) {
      begin_ = at_;
      read();
    }
    if (error_) return std::unexpected(*std::move(error_));
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }
  [[nodiscard]] std::string_view rest() const { return sql_.substr(at_); }

  void wrong(std::string_view what) {
    if (error_) return;
    error_ = Error{.code = ErrorCode::invalid_request,
                   .message = fmt::format("line {}: {}", line_of(sql_, begin_), what)};
    at_ = sql_.size();
  }
  void add(TokenKind kind, std::string value) {
    tokens_.push_back({.kind = kind, .value = std::move(value), .begin = begin_, .end = at_});
  }

  // White space and comments; false at the end.
  bool skip_space() {
    while (at_ < sql_.size()) {
      if (is_space(peek())) {
        ++at_;
      } else if (rest().starts_with("--")) {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (rest().starts_with("/*")) {
        begin_ = at_;
        skip_comment();
      } else {
        return true;
      }
    }
    return false;
  }

  // They nest.
  void skip_comment() {
    std::size_t depth = 0;
    do {
      if (rest().empty()) return wrong("a comment does not end");
      if (rest().starts_with("/*")) {
        ++depth, at_ += 2;
      } else if (rest().starts_with("*/")) {
        --depth, at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0);
  }

  void read() {
    const char c = peek();
    if (c == '\'') return read_text();
    if (c == '"') return read_name();
    if ((c == 'e' || c == 'E') && peek(1) == '\'') return read_escaped_text();
    if ((c == 'u' || c == 'U') && peek(1) == '&' && (peek(2) == '\'' || peek(2) == '"'))
      return wrong("U& strings and names are not known here");
    if (c == '$' && is_digit(peek(1))) return read_parameter();
    if (c == '$') return read_dollar_text();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return read_number();
    if (starts_word(c)) return read_word();
    read_symbol();
  }

  // What stands between quotes, where a doubled quote is one.
  std::string read_quoted(char quote, std::string_view what) {
    std::string value;
    for (++at_; at_ < sql_.size(); ++at_) {
      if (peek() == quote && peek(1) == quote) {
        ++at_;
      } else if (peek() == quote) {
        ++at_;
        return value;
      }
      value += peek();
    }
    wrong(fmt::format("{} does not end", what));
    return value;
  }

  void read_text() {
    auto value = read_quoted('\'', "a string");
    add(TokenKind::text, std::move(value));
  }

  void read_name() {
    auto value = read_quoted('"', "a quoted name");
    if (value.empty()) return wrong("a quoted name is empty");
    add(TokenKind::name, value.substr(0, k_name_bytes_max));
  }

  void read_escaped_text() {
    std::string value;
    for (at_ += 2; at_ < sql_.size(); ++at_) {
      if (peek() == '\'' && peek(1) != '\'') {
        ++at_;
        return add(TokenKind::text, std::move(value));
      }
      if (peek() == '\'') ++at_;
      if (peek() == '\\') {
        ++at_;
        read_escape(value);
      } else {
        value += peek();
      }
    }
    wrong("a string does not end");
  }

  // At the character behind the backslash; stays at the last one that belongs to it.
  void read_escape(std::string& value) {
    const auto number = [&](std::size_t digits, int base) {
      std::uint32_t code = 0;
      const auto text = sql_.substr(at_, digits);
      const auto [end, failure] =
          std::from_chars(text.data(), text.data() + text.size(), code, base);
      if (failure != std::errc{} || end == text.data()) wrong("a string has a wrong escape");
      at_ += static_cast<std::size_t>(end - text.data()) - 1;
      return code;
    };
    switch (const char c = peek()) {
      case 'b':
        value += '\b';
        break;
      case 'f':
        value += '\f';
        break;
      case 'n':
        value += '\n';
        break;
      case 'r':
        value += '\r';
        break;
      case 't':
        value += '\t';
        break;
      case 'x':
        ++at_;
        value += static_cast<char>(number(2, 16));
        break;
      case 'u':
      case 'U': {
        ++at_;
        const auto code = number(c == 'u' ? 4 : 8, 16);
        if (code > 0x10FFFF) return wrong("a string has a wrong escape");
        json::utf8::append(value, static_cast<char32_t>(code));
        break;
      }
      default:
        if (c >= '0' && c <= '7') {
          value += static_cast<char>(number(3, 8));
        } else {
          value += c;
        }
    }
  }

  void read_parameter() {
    const auto first = ++at_;
    while (is_digit(peek())) ++at_;
    add(TokenKind::parameter, std::string(sql_.substr(first, at_ - first)));
  }

  void read_dollar_text() {
    auto tag_end = at_ + 1;
    while (tag_end < sql_.size() && continues_word(sql_[tag_end]) && sql_[tag_end] != '$')
      ++tag_end;
    if (tag_end >= sql_.size() || sql_[tag_end] != '$') return wrong("there is a single $");
    const auto tag = sql_.substr(at_, tag_end + 1 - at_);
    const auto first = tag_end + 1;
    const auto last = sql_.find(tag, first);
    if (last == sql_.npos) return wrong("a string does not end");
    at_ = last + tag.size();
    add(TokenKind::text, std::string(sql_.substr(first, last - first)));
  }

  void read_number() {
    const auto digits = [&] {
      while (is_digit(peek())) ++at_;
    };
    digits();
    if (peek() == '.' && peek(1) != '.') {
      ++at_;
      digits();
    }
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
      at_ += 1 + sign;
      digits();
    }
    if (starts_word(peek())) return wrong("a number runs into a word");
    add(TokenKind::number, std::string(sql_.substr(begin_, at_ - begin_)));
  }

  void read_word() {
    std::string word;
    for (; continues_word(peek()); ++at_) {
      const char c = peek();
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    add(TokenKind::word, word.substr(0, k_name_bytes_max));
  }

  void read_symbol() {
    // "? || x" begins with a parameter.
    const bool concatenates = rest().starts_with("?||");
    for (const auto symbol : k_long_symbols) {
      if (!rest().starts_with(symbol) || concatenates) continue;
      at_ += symbol.size();
      return add(TokenKind::symbol, std::string(symbol));
    }
    if (k_short_symbols.find(peek()) == k_short_symbols.npos || peek() == '\0')
      return wrong("a character does not belong into SQL");
    ++at_;
    add(TokenKind::symbol, std::string(sql_.substr(begin_, 1)));
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;  // of the token or comment at hand
  std::vector<Token> tokens_;
  std::optional<Error> error_;
};

std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out += quote;
}

int nesting(const Token& token) {
  if (token.is("(") || token.is("[")) return 1;
  return token.is(")") || token.is("]") ? -1 : 0;
}

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view sql) {
  return Tokenizer(sql).run();
}

std::vector<Tokens> split_statements(Tokens tokens) {
  std::vector<Tokens> statements;
  std::size_t first = 0;
  for (std::size_t i = 0; i <= tokens.size(); ++i) {
    if (i < tokens.size() && !tokens[i].is(";")) continue;
    if (i > first) statements.push_back(tokens.subspan(first, i - first));
    first = i + 1;
  }
  return statements;
}

std::vector<Tokens> split_at_commas(Tokens tokens) {
  std::vector<Tokens> parts;
  std::size_t first = 0;
  int depth = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    depth += nesting(tokens[i]);
    if (depth != 0 || !tokens[i].is(",")) continue;
    parts.push_back(tokens.subspan(first, i - first));
    first = i + 1;
  }
  parts.push_back(tokens.subspan(first));
  return parts;
}

std::size_t closing(Tokens tokens, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    depth += nesting(tokens[i]);
    if (depth == 0) return i;
  }
  return tokens.size();
}

std::size_t line_of(std::string_view sql, std::size_t offset) {
  return 1 + static_cast<std::size_t>(std::ranges::count(sql.substr(0, offset), '\n'));
}

std::string quoted_name(std::string_view name) {
  return quoted(name, '"');
}

std::string quoted_text(std::string_view text) {
  return quoted(text, '\'');
}

}  // namespace collet::sql
