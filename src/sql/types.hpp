// PostgreSQL's types, as far as SQLite has to tell them apart. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sql/tokens.hpp"

namespace collet::sql {

enum class Type : std::uint8_t {
  unknown,
  text,
  integer,
  number,
  boolean,    ///< 0 and 1
  json,       ///< JSON text
  array,      ///< a JSON array
  timestamp,  ///< as JavaScript's toISOString() writes it, so that texts compare as times do
  date,       ///< YYYY-MM-DD
  interval,   ///< "1 mons 2 days 3 secs"
};

/// A type as SQL names it.
struct TypeName {
  std::string words{};  ///< e.g. "timestamp with time zone"; without lengths
  bool is_array = false;
  std::size_t tokens = 0;  ///< how many it took
};

/// Reads the name of a type at the start of `tokens`; no words where there is none.
[[nodiscard]] TypeName read_type(Tokens tokens);
[[nodiscard]] Type type_of(const TypeName& name);

/// How SQLite is told: words that give the column the right affinity, and that `declared_type`
/// recognises when SQLite says them back.
[[nodiscard]] std::string declaration(const TypeName& name);
[[nodiscard]] Type declared_type(std::string_view declaration);

/// Whether the column numbers its rows by itself.
[[nodiscard]] bool is_serial(const TypeName& name);

}  // namespace collet::sql
