// What a text of SQL is read against.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sql/types.hpp"

namespace collet::sql {

/// What is known of the tables that there are.
struct Catalog {
  /// By the name of a column, where all columns of that name have this type.
  std::map<std::string, Type, std::less<>> columns{};
  /// The columns of each unique index, by its name: PostgreSQL's unique constraints.
  std::map<std::string, std::vector<std::string>, std::less<>> unique{};
};

struct Scope {
  std::string name_space{};  ///< the schema that the plugin's tables have in PostgreSQL
  /// Tables of the schema `public` that may be read.
  std::set<std::string, std::less<>> core_tables{};
  Catalog catalog{};
};

}  // namespace collet::sql
