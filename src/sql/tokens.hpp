// The words of SQL, as PostgreSQL spells them. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collet/error.hpp"

namespace collet::sql {

enum class TokenKind : std::uint8_t {
  word,       ///< a keyword or an unquoted name, in lower case: PostgreSQL folds them
  name,       ///< a name in double quotes, decoded
  text,       ///< a string, decoded: '…', E'…' or $tag$…$tag$
  number,     ///< as it stands
  parameter,  ///< $1 as "1"
  symbol,     ///< an operator, a bracket, a comma
};

struct Token {
  TokenKind kind;
  std::string value;
  std::size_t begin;  ///< in the text
  std::size_t end;

  /// Whether it is this word (in lower case) or symbol, unquoted.
  [[nodiscard]] bool is(std::string_view what) const {
    return (kind == TokenKind::word || kind == TokenKind::symbol) && value == what;
  }
};
using Tokens = std::span<const Token>;

/// Fails with `invalid_request` where a string, a name or a comment does not end, and for
/// characters that are no SQL. Comments are left out.
[[nodiscard]] Result<std::vector<Token>> tokenize(std::string_view sql);

/// The statements, without the semicolons between them and without empty ones.
[[nodiscard]] std::vector<Tokens> split_statements(Tokens tokens);
/// The parts between commas that stand in no bracket; one empty part for no tokens.
[[nodiscard]] std::vector<Tokens> split_at_commas(Tokens tokens);
/// The index of the bracket that closes the one at `open`; the number of tokens where none does.
[[nodiscard]] std::size_t closing(Tokens tokens, std::size_t open);
/// The line on which a token stands, from 1.
[[nodiscard]] std::size_t line_of(std::string_view sql, std::size_t offset);

/// A name and a string as SQLite reads them.
[[nodiscard]] std::string quoted_name(std::string_view name);
[[nodiscard]] std::string quoted_text(std::string_view text);

/// The limit of identifiers (NAMEDATALEN - 1): PostgreSQL cuts longer ones.
inline constexpr std::size_t k_name_bytes_max = 63;

}  // namespace collet::sql
