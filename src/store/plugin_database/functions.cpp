#include "store/plugin_database/functions.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "store/plugin_database/call.hpp"

namespace collet::plugin_database {
namespace {

/// What SQLite hands back for each call of a function.
struct Binding {
  const FunctionRow& row;
  FunctionContext& context;
};

void run(sqlite3_context* context, int count, sqlite3_value** arguments) {
  const auto& binding = *static_cast<Binding*>(sqlite3_user_data(context));
  Call call(binding.context, context, count, arguments);
  if (binding.row.nulls == FunctionRow::Nulls::give_null) {
    for (int i = 0; i < count; ++i) {
      if (call.is_null(i)) return call.give_null();
    }
  }
  binding.row.run(call);
}

// Of SQLite's own: aggregates, windows, JSON, mathematics, dates, and what takes a text apart in
// time that grows with its length alone.
constexpr auto k_allowed = std::to_array<std::string_view>({
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "avg",
    "ceil",
    "char",
    "coalesce",
    "cos",
    "cosh",
    "count",
    "cume_dist",
    "date",
    "datetime",
    "degrees",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "group_concat",
    "hex",
    "ifnull",
    "iif",
    "json",
    "json_array",
    "json_array_length",
    "json_each",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_insert",
    "json_object",
    "json_patch",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_tree",
    "json_type",
    "json_valid",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "length",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "max",
    "min",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "percent_rank",
    "pi",
    "pow",
    "power",
    "radians",
    "rank",
    "round",
    "row_number",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "strftime",
    "substr",
    "substring",
    "sum",
    "tan",
    "tanh",
    "time",
    "total",
    "trunc",
    "typeof",
    "unicode",
    "unixepoch",
    "upper",
});
static_assert(std::ranges::is_sorted(k_allowed));

bool is_ours(std::string_view name) {
  const auto holds = [&](std::span<const FunctionRow> rows) {
    return std::ranges::find(rows, name, [](const FunctionRow& row) {
             return std::string_view(row.name);
           }) != rows.end();
  };
  return holds(json_functions()) || holds(text_functions()) || holds(time_functions());
}

}  // namespace

void add_functions(sqlite3* connection, FunctionContext& context) {
  for (const auto rows : {json_functions(), text_functions(), time_functions()}) {
    for (const auto& row : rows) {
      int flags = SQLITE_UTF8 | SQLITE_INNOCUOUS | SQLITE_SUBTYPE;
      if (row.result == FunctionRow::Result::pure) flags |= SQLITE_DETERMINISTIC;
      sqlite3_create_function_v2(connection, row.name, row.arguments, flags,
                                 new Binding{row, context}, &run, nullptr, nullptr,
                                 [](void* binding) { delete static_cast<Binding*>(binding); });
    }
  }
}

bool is_allowed_function(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::ranges::binary_search(k_allowed, std::string_view(lower)) || is_ours(lower);
}

}  // namespace collet::plugin_database
