#include "schema/shape.hpp"

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <string_view>

#include "schema/kinds.hpp"
#include "schema/value/equality.hpp"
#include "schema/value/number.hpp"
#include "schema/wording.hpp"

namespace collet::schema {
namespace {

using json::Kind;
using json::Value;

/// Values are quoted in messages up to this length.
constexpr std::size_t k_quoted_bytes_max = 60;

bool is_count(Value value) {
  if (!value.is_number()) return false;
  const Number number(value.raw());
  return number.is_integer() && (!number.is_negative() || number.is_zero());
}

bool all_strings(Value list) {
  return list.is_array() &&
         std::ranges::all_of(list.elements(), [](Value element) { return element.is_string(); });
}

constexpr std::string_view k_type_wanted =
    "must be one of null, boolean, integer, number, string, array, object, or a list of them";

bool is_type_name(Value value) {
  return kinds_named(value) != 0;
}

/// What `value` must be and is not; empty where it is.
std::string_view unmet(Shape shape, Value value) {
  const auto each_member = [&](auto&& fits) {
    return value.is_object() && std::ranges::all_of(value.members(), [&](const json::Member& m) {
             return fits(m.value);
           });
  };
  switch (shape) {
    case Shape::anything:
    case Shape::subschema:
    case Shape::subschema_or_boolean:
    case Shape::subschema_or_list:
      return {};
    case Shape::boolean:
    case Shape::exclusive_flag:
      return value.kind() == Kind::boolean ? "" : "must be true or false";
    case Shape::text:
    case Shape::anchor:
      return value.is_string() ? "" : "must be a string";
    case Shape::count:
      return is_count(value) ? "" : "must be a non-negative integer";
    case Shape::number:
      return value.is_number() ? "" : "must be a number";
    case Shape::positive_number: {
      const bool fits =
          value.is_number() && !Number(value.raw()).is_zero() && !Number(value.raw()).is_negative();
      return fits ? "" : "must be a number greater than 0";
    }
    case Shape::list:
    case Shape::distinct_list:
      return value.is_array() ? "" : "must be an array";
    case Shape::names:
      return all_strings(value) ? "" : "must be an array of property names";
    case Shape::name_lists:
      return each_member(all_strings) ? "" : "must be an object of arrays of property names";
    case Shape::type:
      if (is_type_name(value)) return {};
      return value.is_array() && value.size() > 0 &&
                     std::ranges::all_of(value.elements(), is_type_name)
                 ? ""
                 : k_type_wanted;
    case Shape::vocabularies:
      return each_member([](Value v) { return v.kind() == Kind::boolean; })
                 ? ""
                 : "must be an object of true and false";
    case Shape::subschemas:
      return value.is_array() && value.size() > 0 ? "" : "must be a non-empty array of schemas";
    case Shape::subschema_map:
    case Shape::dependencies:
      return value.is_object() ? "" : "must be an object of schemas";
  }
  return {};
}

std::optional<ShapeFault> wrong(std::string_view name, Value value, std::string_view wanted) {
  return ShapeFault{value,
                    std::string(name) + " " + std::string(wanted) + "; got " + shown_value(value)};
}

std::optional<ShapeFault> repeat_in(std::string_view name, Value list) {
  const auto pair = find_equal_elements(list, *std::pmr::new_delete_resource());
  if (!pair) return std::nullopt;
  auto second = list.elements().begin();
  for (std::size_t i = 0; i < pair->second; ++i) ++second;
  return ShapeFault{
      *second, std::string(name) + " must not hold a value twice; got " + shown_value(*second)};
}

std::optional<ShapeFault> names_fault(std::string_view name, Value list, SchemaDraft draft) {
  if (draft == SchemaDraft::draft4 && list.size() == 0) {
    return wrong(name, list, "must be a non-empty array of property names");
  }
  return repeat_in(name, list);
}

/// The names that the metaschemas' `anchorString` allows.
std::string_view unmet_by_anchor(std::string_view anchor, SchemaDraft draft) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const bool is_2019 = draft == SchemaDraft::draft2019_09;
  const auto is_letter = [&](char c) { return letters.find(c) != std::string_view::npos; };
  const auto may_begin = [&](char c) { return is_letter(c) || (c == '_' && !is_2019); };
  const auto may_follow = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           (c == ':' && is_2019);
  };
  if (!anchor.empty() && may_begin(anchor.front()) && std::ranges::all_of(anchor, may_follow)) {
    return {};
  }
  return is_2019 ? R"(must be a letter and then letters, digits, "-", "_", ":" and ".")"
                 : R"(must be a letter or "_" and then letters, digits, "-", "_" and ".")";
}

/// What the metaschema refuses in a value that evaluation could do with.
std::optional<ShapeFault> strict_fault(const KeywordRow& row, Value value, SchemaDraft draft) {
  switch (row.shape) {
    case Shape::anchor:
      if (const auto wanted = unmet_by_anchor(*value.as_string(), draft); !wanted.empty()) {
        return wrong(row.name, value, wanted);
      }
      return std::nullopt;
    case Shape::distinct_list:
      if (value.size() == 0) return wrong(row.name, value, "must be a non-empty array");
      return repeat_in(row.name, value);
    case Shape::type:
      return value.is_array() ? repeat_in(row.name, value) : std::nullopt;
    case Shape::names:
      return names_fault(row.name, value, draft);
    case Shape::name_lists:
    case Shape::dependencies:
      for (const auto& [key, list] : value.members()) {
        if (!list.is_array()) continue;
        if (auto fault = names_fault(row.name, list, draft)) return fault;
      }
      return std::nullopt;
    case Shape::subschema_or_list:
      if (value.is_array() && value.size() == 0) {
        return wrong(row.name, value, "must be a schema or a non-empty array of schemas");
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string shown_value(Value value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return value.size() == 0 ? "an empty array" : "an array";
  std::string text(value.raw());
  return text.size() <= k_quoted_bytes_max
             ? text
             : "a longer " + std::string(value.is_string() ? "string" : "number");
}

std::optional<ShapeFault> shape_fault(const KeywordRow& row, Value value, SchemaDraft draft,
                                      Strictness strictness) {
  if (const auto wanted = unmet(row.shape, value); !wanted.empty()) {
    return wrong(row.name, value, wanted);
  }
  if (row.shape == Shape::dependencies) {
    for (const auto& [key, dependency] : value.members()) {
      if (dependency.is_array() && !all_strings(dependency)) {
        return ShapeFault{dependency,
                          "a dependency must be a schema or an array of property names"};
      }
    }
  }
  return strictness == Strictness::metaschema ? strict_fault(row, value, draft) : std::nullopt;
}

std::optional<std::string> schema_fault(Value subschema, SchemaDraft draft, Strictness strictness) {
  if (subschema.is_object()) return std::nullopt;
  const bool booleans = draft != SchemaDraft::draft4 || strictness == Strictness::evaluation;
  if (booleans && subschema.kind() == Kind::boolean) return std::nullopt;
  return (booleans ? "a schema must be an object or a boolean, not "
                   : "a schema of draft-04 must be an object, not ") +
         std::string(wording::with_article(subschema.kind()));
}

}  // namespace collet::schema
