// Changes to the text of a CREATE TABLE, as SQLite keeps it in its schema. Pure.
#pragma once

#include <string>
#include <string_view>

#include "collet/error.hpp"

namespace collet::sql {

struct TableEdit {
  enum class Kind : std::uint8_t {
    add_constraint,   ///< `text` is one, with its name
    drop_constraint,  ///< `name`; nothing changes where there is none
    set_not_null,     ///< of the column `name`, as all below
    drop_not_null,
    set_default,  ///< `text` is an expression
    drop_default,
    set_type,  ///< `text` is what is declared
  };
  Kind kind = Kind::add_constraint;
  std::string name{};
  std::string text{};
};

/// The new text. Fails with `invalid_request` where the table has no such column.
[[nodiscard]] Result<std::string> edited(std::string_view create_table, const TableEdit& edit);

}  // namespace collet::sql
