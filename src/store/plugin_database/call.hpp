// A call of an SQL function. Internal to store/plugin_database/.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "store/plugin_database/functions.hpp"

namespace collet::plugin_database {

/// Its arguments and its result. Lives while the function runs.
class Call {
 public:
  Call(FunctionContext& surroundings, sqlite3_context* context, int count,
       sqlite3_value** arguments)
      : surroundings_(surroundings), context_(context), count_(count), arguments_(arguments) {}

  [[nodiscard]] int count() const { return count_; }
  [[nodiscard]] bool is_null(int i) const {
    return sqlite3_value_type(arguments_[i]) == SQLITE_NULL;
  }
  [[nodiscard]] bool is_integer(int i) const {
    return sqlite3_value_type(arguments_[i]) == SQLITE_INTEGER;
  }
  [[nodiscard]] bool is_number(int i) const {
    return is_integer(i) || sqlite3_value_type(arguments_[i]) == SQLITE_FLOAT;
  }
  [[nodiscard]] std::int64_t integer(int i) const { return sqlite3_value_int64(arguments_[i]); }
  [[nodiscard]] double number(int i) const { return sqlite3_value_double(arguments_[i]); }
  /// Valid as long as the call; numbers as text.
  [[nodiscard]] std::string_view text(int i) const {
    const auto* bytes = sqlite3_value_text(arguments_[i]);
    if (bytes == nullptr) return {};
    return {reinterpret_cast<const char*>(bytes),
            static_cast<std::size_t>(sqlite3_value_bytes(arguments_[i]))};
  }

  void give_null() { sqlite3_result_null(context_); }
  void give(std::int64_t value) { sqlite3_result_int64(context_, value); }
  void give(bool value) { sqlite3_result_int(context_, value ? 1 : 0); }
  void give(double value) { sqlite3_result_double(context_, value); }
  void give(std::string_view text) {
    sqlite3_result_text64(context_, text.data() != nullptr ? text.data() : "", text.size(),
                          SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  /// An argument as it is.
  void give_argument(int i) { sqlite3_result_value(context_, arguments_[i]); }
  /// Text that SQLite's own functions take for JSON.
  void give_json(std::string_view text) {
    give(text);
    sqlite3_result_subtype(context_, 'J');
  }
  void fail(const std::string& message) {
    sqlite3_result_error(context_, message.data(), static_cast<int>(message.size()));
  }
  /// Ends the statement as one whose time is over.
  void interrupt() { sqlite3_result_error_code(context_, SQLITE_INTERRUPT); }

  [[nodiscard]] FunctionContext& context() const { return surroundings_; }

 private:
  FunctionContext& surroundings_;
  sqlite3_context* context_;
  int count_;
  sqlite3_value** arguments_;
};

/// One function; null in, null out unless it says otherwise.
struct FunctionRow {
  const char* name;
  int arguments;  ///< -1: any number
  void (*run)(Call& call);
  enum class Nulls : std::uint8_t { give_null, are_seen } nulls = Nulls::give_null;
  /// What is not the same for the same arguments SQLite keeps out of indexes.
  enum class Result : std::uint8_t { pure, changing } result = Result::pure;
};

// The tables of functions, each in a file of its own.
[[nodiscard]] std::span<const FunctionRow> json_functions();
[[nodiscard]] std::span<const FunctionRow> text_functions();
[[nodiscard]] std::span<const FunctionRow> time_functions();

}  // namespace collet::plugin_database
