#include "schema/kinds.hpp"

#include "schema/value/number.hpp"

namespace collet::schema {

Kinds kinds_named(json::Value name) {
  for (const TypeName& row : k_type_names) {
    if (name.equals(row.name)) return row.kinds;
  }
  return 0;
}

Kinds kinds_of_type(json::Value type) {
  if (type.is_string()) return kinds_named(type);
  Kinds kinds = 0;
  for (const json::Value name : type.elements()) kinds |= kinds_named(name);
  return kinds;
}

Kinds kinds_of_value(json::Value value) {
  if (!value.is_number()) return kind_bit(value.kind());
  return is_integer_token(value.raw()) ? k_integer : k_fraction;
}

std::string_view type_name(json::Kind kind) {
  for (const TypeName& row : k_type_names) {
    if (row.kinds == kind_bit(kind)) return row.name;
  }
  return {};
}

}  // namespace collet::schema
