// What every keyword does, as one function each; explain/rules.cpp has the table. A function
// returns whether the instance fits. Sections are those of 2020-12, core (C) and validation (V).
// Internal to explain/*.cpp.
#pragma once

namespace collet::schema::explaining {

class Walk;
struct Application;

// explain/references.cpp (C 8.2.3)
bool judge_ref(Walk& walk, Application& app);
bool judge_dynamic_ref(Walk& walk, Application& app);
bool judge_recursive_ref(Walk& walk, Application& app);

// explain/logic.cpp (C 10.2)
bool judge_all_of(Walk& walk, Application& app);
bool judge_any_of(Walk& walk, Application& app);
bool judge_one_of(Walk& walk, Application& app);
bool judge_not(Walk& walk, Application& app);
bool judge_if(Walk& walk, Application& app);
bool judge_then(Walk& walk, Application& app);
bool judge_else(Walk& walk, Application& app);

// explain/objects.cpp (C 10.3.2, 11.3, V 6.5)
bool judge_properties(Walk& walk, Application& app);
bool judge_pattern_properties(Walk& walk, Application& app);
bool judge_additional_properties(Walk& walk, Application& app);
bool judge_unevaluated_properties(Walk& walk, Application& app);
bool judge_property_names(Walk& walk, Application& app);
bool judge_dependent_schemas(Walk& walk, Application& app);
bool judge_dependent_required(Walk& walk, Application& app);
bool judge_dependencies(Walk& walk, Application& app);
bool judge_required(Walk& walk, Application& app);
bool judge_min_properties(Walk& walk, Application& app);
bool judge_max_properties(Walk& walk, Application& app);

// explain/arrays.cpp (C 10.3.1, 11.2, V 6.4)
bool judge_prefix_items(Walk& walk, Application& app);
bool judge_items(Walk& walk, Application& app);
bool judge_additional_items(Walk& walk, Application& app);
bool judge_unevaluated_items(Walk& walk, Application& app);
bool judge_contains(Walk& walk, Application& app);
bool judge_min_contains(Walk& walk, Application& app);
bool judge_max_contains(Walk& walk, Application& app);
bool judge_min_items(Walk& walk, Application& app);
bool judge_max_items(Walk& walk, Application& app);
bool judge_unique_items(Walk& walk, Application& app);

// explain/values.cpp (V 6.1 to 6.3, 7, 8, 9)
bool judge_type(Walk& walk, Application& app);
bool judge_enum(Walk& walk, Application& app);
bool judge_const(Walk& walk, Application& app);
bool judge_multiple_of(Walk& walk, Application& app);
bool judge_minimum(Walk& walk, Application& app);
bool judge_maximum(Walk& walk, Application& app);
bool judge_exclusive_minimum(Walk& walk, Application& app);
bool judge_exclusive_maximum(Walk& walk, Application& app);
bool judge_min_length(Walk& walk, Application& app);
bool judge_max_length(Walk& walk, Application& app);
bool judge_pattern(Walk& walk, Application& app);
bool judge_format(Walk& walk, Application& app);
/// Keywords that are nothing but an annotation of their own value.
bool judge_annotation(Walk& walk, Application& app);

}  // namespace collet::schema::explaining
