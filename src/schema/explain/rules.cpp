#include "schema/explain/rules.hpp"

#include "schema/explain/walk.hpp"

namespace collet::schema::explaining {
namespace {

constexpr Kinds k_any = k_every_kind;
constexpr Kinds k_number = kind_bit(json::Kind::number);
constexpr Kinds k_string = kind_bit(json::Kind::string);
constexpr Kinds k_array = kind_bit(json::Kind::array);
constexpr Kinds k_object = kind_bit(json::Kind::object);

constexpr Rule k_rules[] = {
    {Keyword::type, k_any, true, judge_type},
    {Keyword::enum_, k_any, true, judge_enum},
    {Keyword::const_, k_any, true, judge_const},
    {Keyword::multiple_of, k_number, true, judge_multiple_of},
    {Keyword::minimum, k_number, true, judge_minimum},
    {Keyword::maximum, k_number, true, judge_maximum},
    {Keyword::exclusive_minimum, k_number, true, judge_exclusive_minimum},
    {Keyword::exclusive_maximum, k_number, true, judge_exclusive_maximum},
    {Keyword::min_length, k_string, true, judge_min_length},
    {Keyword::max_length, k_string, true, judge_max_length},
    {Keyword::pattern, k_string, true, judge_pattern},
    {Keyword::format, k_any, true, judge_format},

    {Keyword::ref, k_any, true, judge_ref},
    {Keyword::dynamic_ref, k_any, true, judge_dynamic_ref},
    {Keyword::recursive_ref, k_any, true, judge_recursive_ref},
    {Keyword::all_of, k_any, true, judge_all_of},
    {Keyword::any_of, k_any, true, judge_any_of},
    {Keyword::one_of, k_any, true, judge_one_of},
    {Keyword::not_, k_any, true, judge_not},
    {Keyword::if_, k_any, true, judge_if},
    {Keyword::then_, k_any, true, judge_then},
    {Keyword::else_, k_any, true, judge_else},

    {Keyword::required, k_object, true, judge_required},
    {Keyword::min_properties, k_object, true, judge_min_properties},
    {Keyword::max_properties, k_object, true, judge_max_properties},
    {Keyword::dependent_required, k_object, true, judge_dependent_required},
    {Keyword::dependent_schemas, k_object, true, judge_dependent_schemas},
    {Keyword::dependencies, k_object, true, judge_dependencies},
    {Keyword::property_names, k_object, true, judge_property_names},
    {Keyword::properties, k_object, true, judge_properties},
    {Keyword::pattern_properties, k_object, true, judge_pattern_properties},
    {Keyword::additional_properties, k_object, true, judge_additional_properties},

    {Keyword::min_items, k_array, true, judge_min_items},
    {Keyword::max_items, k_array, true, judge_max_items},
    {Keyword::unique_items, k_array, true, judge_unique_items},
    {Keyword::contains, k_array, true, judge_contains},
    {Keyword::min_contains, k_array, true, judge_min_contains},
    {Keyword::max_contains, k_array, true, judge_max_contains},
    {Keyword::prefix_items, k_array, true, judge_prefix_items},
    {Keyword::items, k_array, true, judge_items},
    {Keyword::additional_items, k_array, true, judge_additional_items},

    {Keyword::unevaluated_items, k_array, true, judge_unevaluated_items},
    {Keyword::unevaluated_properties, k_object, true, judge_unevaluated_properties},

    {Keyword::content_encoding, k_string, false, judge_annotation},
    {Keyword::content_media_type, k_string, false, judge_annotation},
    {Keyword::content_schema, k_string, false, judge_annotation},
    {Keyword::title, k_any, false, judge_annotation},
    {Keyword::description, k_any, false, judge_annotation},
    {Keyword::default_, k_any, false, judge_annotation},
    {Keyword::deprecated, k_any, false, judge_annotation},
    {Keyword::read_only, k_any, false, judge_annotation},
    {Keyword::write_only, k_any, false, judge_annotation},
    {Keyword::examples, k_any, false, judge_annotation},
};

}  // namespace

std::span<const Rule> rules() {
  return k_rules;
}

}  // namespace collet::schema::explaining
