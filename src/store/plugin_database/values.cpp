#include "store/plugin_database/values.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace collet::plugin_database {
namespace {

/// 2^53 - 1, JavaScript's Number.MAX_SAFE_INTEGER.
constexpr std::int64_t k_safe_integer_max = 9'007'199'254'740'991;

int bind_text(sqlite3_stmt* statement, int parameter, std::string_view text) {
  return sqlite3_bind_text64(statement, parameter, text.data() != nullptr ? text.data() : "",
                             text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "\\x";
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

}  // namespace

int bind(sqlite3_stmt* statement, int parameter, json::Value value) {
  switch (value.kind()) {
    case json::Kind::null:
      return sqlite3_bind_null(statement, parameter);
    case json::Kind::boolean:
      return sqlite3_bind_int(statement, parameter, *value.as_bool() ? 1 : 0);
    case json::Kind::number:
      if (const auto integer = value.as_int64()) {
        return sqlite3_bind_int64(statement, parameter, *integer);
      }
      if (value.raw().find_first_of(".eE") == std::string_view::npos) {
        return bind_text(statement, parameter, value.raw());
      }
      return sqlite3_bind_double(statement, parameter, *value.as_double());
    case json::Kind::string:
      return bind_text(statement, parameter, *value.as_string());
    case json::Kind::array:
    case json::Kind::object:
      return bind_text(statement, parameter, json::compact(value));
  }
  return SQLITE_MISUSE;
}

RowWriter::RowWriter(sqlite3_stmt* statement, const std::vector<sql::Type>& known)
    : statement_(statement) {
  const int count = sqlite3_column_count(statement);
  for (int i = 0; i < count; ++i) {
    Column column{.name = sqlite3_column_name(statement, i)};
    if (static_cast<std::size_t>(i) < known.size())
      column.type = known[static_cast<std::size_t>(i)];
    const auto* declared = sqlite3_column_decltype(statement, i);
    if (column.type == sql::Type::unknown && declared != nullptr) {
      column.type = sql::declared_type(declared);
    }
    for (auto& before : columns_) {
      if (before.name == column.name) before.is_shown = false;
    }
    columns_.push_back(std::move(column));
  }
}

bool RowWriter::write(json::Writer& writer, std::size_t bytes_max) const {
  writer.begin_object();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!columns_[i].is_shown) continue;
    const auto column = static_cast<int>(i);
    const auto type = sqlite3_column_type(statement_, column);
    const bool is_long = type == SQLITE_TEXT || type == SQLITE_BLOB;
    const auto bytes =
        is_long ? static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)) : 0;
    // Looked at before a value is copied: a row may have thousands of the largest.
    if (writer.text().size() + bytes > bytes_max) return false;
    writer.key(columns_[i].name);
    write_value(writer, column);
  }
  writer.end_object();
  return writer.text().size() <= bytes_max;
}

void RowWriter::write_value(json::Writer& writer, int column) const {
  const auto type = columns_[static_cast<std::size_t>(column)].type;
  const auto bytes = [&] {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return std::string_view(data != nullptr ? data : "", size);
  };
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_NULL:
      writer.null();
      return;
    case SQLITE_INTEGER: {
      const auto value = sqlite3_column_int64(statement_, column);
      if (type == sql::Type::boolean && (value == 0 || value == 1)) {
        writer.boolean(value == 1);
      } else if (value >= -k_safe_integer_max && value <= k_safe_integer_max) {
        writer.integer(value);
      } else {
        writer.string(std::to_string(value));
      }
      return;
    }
    case SQLITE_FLOAT:
      writer.number(sqlite3_column_double(statement_, column));
      return;
    case SQLITE_BLOB:
      writer.string(hex(bytes()));
      return;
    default: {
      const auto text = bytes();
      if (type == sql::Type::json || type == sql::Type::array) {
        if (const auto value = json::Document::parse(std::string(text))) {
          writer.raw(json::compact(value->root()));
          return;
        }
      }
      writer.string(text);
    }
  }
}

}  // namespace collet::plugin_database
