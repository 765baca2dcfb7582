#include "sql/words.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace collet::sql {
namespace {

constexpr auto k_keywords = std::to_array<std::string_view>({
    "all",        "and",       "any",    "as",      "asc",    "between", "by",       "case",
    "check",      "collate",   "cross",  "default", "delete", "desc",    "distinct", "do",
    "else",       "end",       "escape", "except",  "exists", "for",     "from",     "full",
    "glob",       "group",     "having", "ilike",   "in",     "inner",   "insert",   "intersect",
    "into",       "is",        "isnull", "join",    "left",   "like",    "limit",    "natural",
    "not",        "notnull",   "offset", "on",      "or",     "order",   "outer",    "primary",
    "references", "returning", "right",  "select",  "set",    "some",    "then",     "union",
    "unique",     "update",    "using",  "values",  "when",   "where",   "window",   "with",
});
static_assert(std::ranges::is_sorted(k_keywords));

// SQLite's keywords that never stand for a name there, and do in PostgreSQL.
constexpr auto k_reserved = std::to_array<std::string_view>({
    "add",
    "alter",
    "autoincrement",
    "commit",
    "drop",
    "index",
    "isnull",
    "notnull",
    "transaction",
});
static_assert(std::ranges::is_sorted(k_reserved));

constexpr auto k_functions = std::to_array<Function>({
    {"array_agg", "json_group_array", Type::array},
    {"array_length", "pg_array_length", Type::integer},
    {"bool_and", "min", Type::boolean},
    {"bool_or", "max", Type::boolean},
    {"btrim", "pg_btrim", Type::text},
    {"cardinality", "json_array_length", Type::integer},
    {"ceiling", "ceil", Type::number},
    {"char_length", "length", Type::integer},
    {"character_length", "length", Type::integer},
    {"clock_timestamp", "now", Type::timestamp},
    {"concat", "pg_concat", Type::text},
    {"concat_ws", "pg_concat_ws", Type::text},
    {"count", "count", Type::integer},
    {"date_trunc", "pg_date_trunc", Type::timestamp},
    {"every", "min", Type::boolean},
    {"greatest", "pg_greatest", Type::unknown},
    {"json_agg", "json_group_array", Type::json},
    {"json_array_length", "json_array_length", Type::integer},
    {"json_build_array", "json_array", Type::json},
    {"json_build_object", "json_object", Type::json},
    {"json_object_agg", "json_group_object", Type::json},
    {"json_typeof", "pg_json_typeof", Type::text},
    {"jsonb_agg", "json_group_array", Type::json},
    {"jsonb_array_length", "json_array_length", Type::integer},
    {"jsonb_build_array", "json_array", Type::json},
    {"jsonb_build_object", "json_object", Type::json},
    {"jsonb_object_agg", "json_group_object", Type::json},
    {"jsonb_set", "pg_json_set", Type::json},
    {"jsonb_typeof", "pg_json_typeof", Type::text},
    {"least", "pg_least", Type::unknown},
    {"left", "pg_left", Type::text},
    {"ltrim", "pg_ltrim", Type::text},
    {"now", "now", Type::timestamp},
    {"random", "pg_random", Type::number},
    {"replace", "pg_replace", Type::text},
    {"right", "pg_right", Type::text},
    {"rtrim", "pg_rtrim", Type::text},
    {"split_part", "pg_split_part", Type::text},
    {"statement_timestamp", "now", Type::timestamp},
    {"string_agg", "group_concat", Type::text},
    {"strpos", "pg_strpos", Type::integer},
    {"substring", "substr", Type::text},
    {"to_json", "json_quote", Type::json},
    {"to_jsonb", "json_quote", Type::json},
    {"to_timestamp", "pg_to_timestamp", Type::timestamp},
    {"transaction_timestamp", "now", Type::timestamp},
    {"trim", "pg_btrim", Type::text},
    {"uuid_generate_v4", "gen_random_uuid", Type::unknown},
});
static_assert(std::ranges::is_sorted(k_functions, {}, &Function::name));

constexpr auto k_operators = std::to_array<Operator>({
    {"#>", "pg_json_path", Type::json},
    {"#>>", "pg_json_path_text", Type::text},
    {"->", "pg_json_get", Type::json},
    {"->>", "pg_json_get_text", Type::text},
    {"<@", "pg_json_contained", Type::boolean},
    {"?", "pg_json_has", Type::boolean},
    {"?&", "pg_json_has_all", Type::boolean},
    {"?|", "pg_json_has_any", Type::boolean},
    {"@>", "pg_json_contains", Type::boolean},
});
static_assert(std::ranges::is_sorted(k_operators, {}, &Operator::symbol));

template <class Table, class Member>
auto find_in(const Table& table, std::string_view key, Member member) ->
    typename Table::const_pointer {
  const auto found = std::ranges::lower_bound(table, key, {}, member);
  return found != table.end() && std::invoke(member, *found) == key ? &*found : nullptr;
}

}  // namespace

bool is_keyword(std::string_view word) {
  return std::ranges::binary_search(k_keywords, word);
}

bool needs_quotes(std::string_view word) {
  return std::ranges::binary_search(k_reserved, word);
}

const Function* find_function(std::string_view name) {
  return find_in(k_functions, name, &Function::name);
}

const Operator* find_operator(std::string_view symbol) {
  return find_in(k_operators, symbol, &Operator::symbol);
}

}  // namespace collet::sql
