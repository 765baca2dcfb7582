#include "sql/types.hpp"

#include <algorithm>
#include <array>

namespace collet::sql {
namespace {

struct Row {
  std::string_view postgres;
  Type type;
  std::string_view sqlite;  // "INT" in it would make integers, "TEXT" keeps texts as they are
};

constexpr std::array<Row, 41> k_types{{
    {"bigint", Type::integer, "bigint"},
    {"bigserial", Type::integer, "integer"},
    {"bool", Type::boolean, "boolean"},
    {"boolean", Type::boolean, "boolean"},
    {"bytea", Type::unknown, "blob"},
    {"char", Type::text, "text"},
    {"character", Type::text, "text"},
    {"character varying", Type::text, "text"},
    {"citext", Type::text, "text"},
    {"date", Type::date, "date text"},
    {"decimal", Type::number, "numeric"},
    {"double precision", Type::number, "double"},
    {"float", Type::number, "double"},
    {"float4", Type::number, "double"},
    {"float8", Type::number, "double"},
    {"int", Type::integer, "integer"},
    {"int2", Type::integer, "integer"},
    {"int4", Type::integer, "integer"},
    {"int8", Type::integer, "bigint"},
    {"integer", Type::integer, "integer"},
    {"interval", Type::interval, "span text"},
    {"json", Type::json, "jsonb text"},
    {"jsonb", Type::json, "jsonb text"},
    {"name", Type::text, "text"},
    {"numeric", Type::number, "numeric"},
    {"real", Type::number, "double"},
    {"serial", Type::integer, "integer"},
    {"serial4", Type::integer, "integer"},
    {"serial8", Type::integer, "integer"},
    {"smallint", Type::integer, "integer"},
    {"smallserial", Type::integer, "integer"},
    {"text", Type::text, "text"},
    {"time", Type::unknown, "time text"},
    {"time with time zone", Type::unknown, "time text"},
    {"time without time zone", Type::unknown, "time text"},
    {"timestamp", Type::timestamp, "timestamptz text"},
    {"timestamp with time zone", Type::timestamp, "timestamptz text"},
    {"timestamp without time zone", Type::timestamp, "timestamptz text"},
    {"timestamptz", Type::timestamp, "timestamptz text"},
    {"uuid", Type::unknown, "uuid text"},
    {"varchar", Type::text, "text"},
}};
static_assert(std::ranges::is_sorted(k_types, {}, &Row::postgres));

constexpr std::string_view k_array = "array text";

const Row* find(std::string_view words) {
  const auto found = std::ranges::lower_bound(k_types, words, {}, &Row::postgres);
  return found != k_types.end() && found->postgres == words ? &*found : nullptr;
}

}  // namespace

TypeName read_type(Tokens tokens) {
  TypeName name;
  auto& at = name.tokens;
  const auto is = [&](std::size_t ahead, std::string_view what) {
    return at + ahead < tokens.size() && tokens[at + ahead].is(what);
  };
  const auto take = [&](std::size_t count) {
    for (; count > 0; --count, ++at) {
      if (!name.words.empty()) name.words += ' ';
      name.words += tokens[at].value;
    }
  };
  const auto skip_length = [&] {
    if (is(0, "(")) at = std::min(closing(tokens, at) + 1, tokens.size());
  };
  if (tokens.empty() || (tokens[0].kind != TokenKind::word && tokens[0].kind != TokenKind::name)) {
    return name;
  }
  if (is(0, "pg_catalog") && is(1, ".")) at = 2;
  if (at >= tokens.size()) return name;
  const auto first = tokens[at].value;
  take(1);
  if ((first == "double" && is(0, "precision")) || (first == "character" && is(0, "varying"))) {
    take(1);
  }
  skip_length();
  if ((first == "timestamp" || first == "time") && (is(0, "with") || is(0, "without")) &&
      is(1, "time") && is(2, "zone")) {
    take(3);
  }
  while (is(0, "[")) {
    name.is_array = true;
    at = std::min(closing(tokens, at) + 1, tokens.size());
  }
  if (is(0, "array")) {
    name.is_array = true;
    ++at;
  }
  return name;
}

Type type_of(const TypeName& name) {
  if (name.is_array) return Type::array;
  const auto* row = find(name.words);
  return row != nullptr ? row->type : Type::unknown;
}

std::string declaration(const TypeName& name) {
  if (name.is_array) return std::string(k_array);
  const auto* row = find(name.words);
  return row != nullptr ? std::string(row->sqlite) : "text";
}

Type declared_type(std::string_view declaration) {
  if (declaration == k_array) return Type::array;
  const auto found = std::ranges::find(k_types, declaration, &Row::sqlite);
  return found != k_types.end() ? found->type : Type::unknown;
}

bool is_serial(const TypeName& name) {
  return name.words.find("serial") != name.words.npos && find(name.words) != nullptr;
}

}  // namespace collet::sql
