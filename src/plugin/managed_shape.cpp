// What a plugin may ask the host to manage for it: agents, projects, routines, skills, folders.
#include "base/entropy.hpp"
#include "plugin/manifest_rules.hpp"
#include "plugin/manifest_shape.hpp"
#include "plugin/text_form.hpp"

namespace collet::plugin {
namespace {

using Kind = Shape::Kind;
using enum Presence;

constexpr Shape k_filled_200 = text_of(1, 200);
constexpr Shape k_filled_120 = text_of(1, 120);
constexpr Shape k_filled_500 = text_of(1, 500);
constexpr Shape k_up_to_32 = text_of(0, 32);
constexpr Shape k_up_to_100 = text_of(0, 100);
constexpr Shape k_up_to_200 = text_of(0, 200);
constexpr Shape k_up_to_10000 = text_of(0, 10'000);

constexpr Shape trimmed(std::size_t least, std::size_t most = Shape{}.most) {
  return {.kind = Kind::text, .least = least, .most = most, .spaces = Shape::Spaces::trimmed};
}
constexpr Shape k_trimmed_filled = trimmed(1);
constexpr Shape k_trimmed_1_120 = trimmed(1, 120);
constexpr Shape k_trimmed_120 = trimmed(0, 120);
constexpr Shape k_trimmed_200 = trimmed(0, 200);
constexpr Shape k_trimmed_255 = trimmed(0, 255);

/// `{field}` becomes the name of the field.
constexpr TextRule k_key_rule[] = {
    {is_resource_key,
     "{field} must start with a lowercase alphanumeric and contain only lowercase letters, digits, "
     "dots, colons, underscores, or hyphens"}};
constexpr Shape k_key{.kind = Kind::text, .least = 1, .most = 100, .rules = k_key_rule};

// ---- agents

constexpr std::string_view k_agent_statuses[] = {"idle", "paused"};
constexpr Shape k_agent_status{.kind = Kind::word, .words = k_agent_statuses};
constexpr Shape k_adapter_preference{.kind = Kind::list, .most = 10, .element = &k_filled_100};
constexpr Shape k_cents{.kind = Kind::number, .minimum = 0};
constexpr Shape k_inline_files{.kind = Kind::record, .element = &k_inline_file};
constexpr Field k_instruction_fields[] = {{"entryFile", &k_filled_200, optional},
                                          {"content", &k_inline_file, optional},
                                          {"files", &k_inline_files, optional},
                                          {"assetPath", &k_filled_500, optional}};
constexpr Shape k_instructions{.kind = Kind::object, .fields = k_instruction_fields};
constexpr Field k_agent_fields[] = {{"agentKey", &k_key},
                                    {"displayName", &k_filled_100},
                                    {"role", &k_filled_100, optional},
                                    {"title", &k_up_to_200, nullable},
                                    {"icon", &k_up_to_100, nullable},
                                    {"capabilities", &k_up_to_2000, nullable},
                                    {"adapterType", &k_filled_100, optional},
                                    {"adapterPreference", &k_adapter_preference, optional},
                                    {"adapterConfig", &k_any_record, optional},
                                    {"runtimeConfig", &k_any_record, optional},
                                    {"permissions", &k_any_record, optional},
                                    {"status", &k_agent_status, optional},
                                    {"budgetMonthlyCents", &k_cents, optional},
                                    {"instructions", &k_instructions, optional}};
constexpr Shape k_agent{.kind = Kind::object, .fields = k_agent_fields};

// ---- projects

constexpr std::string_view k_project_statuses[] = {"backlog", "planned", "in_progress", "completed",
                                                   "cancelled"};
constexpr Shape k_project_status{.kind = Kind::word, .words = k_project_statuses};
constexpr Field k_project_fields[] = {{"projectKey", &k_key},
                                      {"displayName", &k_filled_120},
                                      {"description", &k_up_to_2000, nullable},
                                      {"status", &k_project_status, optional},
                                      {"color", &k_up_to_32, nullable},
                                      {"settings", &k_any_record, optional}};
constexpr Shape k_project{.kind = Kind::object, .fields = k_project_fields};

// ---- routines

constexpr TextRule k_uuid_rule[] = {{is_uuid, "Invalid uuid"}};
constexpr TextRule k_variable_name_rule[] = {{is_variable_name, "Invalid"}};
constexpr std::string_view k_agent_word[] = {"agent"};
constexpr std::string_view k_project_word[] = {"project"};
constexpr std::string_view k_routine_statuses[] = {"active", "paused", "archived"};
constexpr std::string_view k_priorities[] = {"critical", "high", "medium", "low"};
constexpr std::string_view k_concurrency_policies[] = {"coalesce_if_active", "always_enqueue",
                                                       "skip_if_active"};
constexpr std::string_view k_catch_up_policies[] = {"skip_missed", "enqueue_missed_with_cap"};
constexpr std::string_view k_gate_policies[] = {"always", "require_external_activity"};
constexpr std::string_view k_gate_scopes[] = {"company", "project"};
constexpr std::string_view k_trigger_kinds[] = {"schedule", "webhook", "api"};
constexpr std::string_view k_signing_modes[] = {"bearer", "hmac_sha256", "github_hmac", "none"};
constexpr std::string_view k_visibilities[] = {"default", "plugin_operation"};
constexpr std::string_view k_variable_types[] = {"text",    "textarea", "number",
                                                 "boolean", "select",   "date"};
constexpr Shape k_agent_literal{.kind = Kind::literal_text, .words = k_agent_word};
constexpr Shape k_project_literal{.kind = Kind::literal_text, .words = k_project_word};
constexpr Field k_agent_ref_fields[] = {{"pluginKey", &k_filled_100, optional},
                                        {"resourceKind", &k_agent_literal},
                                        {"resourceKey", &k_key}};
constexpr Field k_project_ref_fields[] = {{"pluginKey", &k_filled_100, optional},
                                          {"resourceKind", &k_project_literal},
                                          {"resourceKey", &k_key}};
constexpr Shape k_agent_ref{.kind = Kind::object, .fields = k_agent_ref_fields};
constexpr Shape k_project_ref{.kind = Kind::object, .fields = k_project_ref_fields};
constexpr Shape k_goal_id{.kind = Kind::text, .rules = k_uuid_rule};
constexpr Shape k_routine_status{.kind = Kind::word, .words = k_routine_statuses};
constexpr Shape k_priority{.kind = Kind::word, .words = k_priorities};
constexpr Shape k_concurrency_policy{.kind = Kind::word, .words = k_concurrency_policies};
constexpr Shape k_catch_up_policy{.kind = Kind::word, .words = k_catch_up_policies};
constexpr Shape k_gate_policy{.kind = Kind::word, .words = k_gate_policies};
constexpr Shape k_gate_scope{.kind = Kind::word, .words = k_gate_scopes};
constexpr Shape k_trigger_kind{.kind = Kind::word, .words = k_trigger_kinds};
constexpr Shape k_signing_mode{.kind = Kind::word, .words = k_signing_modes};
constexpr Shape k_visibility{.kind = Kind::word, .words = k_visibilities};
constexpr Shape k_variable_name{
    .kind = Kind::text, .spaces = Shape::Spaces::trimmed, .rules = k_variable_name_rule};
constexpr Shape k_variable_type{.kind = Kind::word, .words = k_variable_types};
constexpr Shape k_variable_value{.kind = Kind::scalar};
constexpr Shape k_variable_options{.kind = Kind::list, .most = 50, .element = &k_trimmed_1_120};
constexpr Field k_variable_fields[] = {
    {"name", &k_variable_name},           {"label", &k_trimmed_120, nullable},
    {"type", &k_variable_type, optional}, {"defaultValue", &k_variable_value, nullable},
    {"required", &k_boolean, optional},   {"options", &k_variable_options, optional}};
constexpr Shape k_variable{
    .kind = Kind::object, .fields = k_variable_fields, .refine = refine_routine_variable};
constexpr Shape k_variables{.kind = Kind::list, .element = &k_variable};
constexpr Shape k_replay_window{.kind = Kind::number, .minimum = 30, .maximum = 86'400};
constexpr Field k_trigger_fields[] = {{"kind", &k_trigger_kind},
                                      {"label", &k_trimmed_120, nullable},
                                      {"enabled", &k_boolean, optional},
                                      {"cronExpression", &k_trimmed_filled, nullable},
                                      {"timezone", &k_trimmed_filled, nullable},
                                      {"signingMode", &k_signing_mode, nullable},
                                      {"replayWindowSec", &k_replay_window, nullable}};
constexpr Shape k_trigger{.kind = Kind::object, .fields = k_trigger_fields};
constexpr Shape k_triggers{.kind = Kind::list, .most = 20, .element = &k_trigger};
constexpr Field k_issue_template_fields[] = {{"surfaceVisibility", &k_visibility, optional},
                                             {"originId", &k_trimmed_255, nullable},
                                             {"billingCode", &k_trimmed_200, nullable}};
constexpr Shape k_issue_template{.kind = Kind::object, .fields = k_issue_template_fields};
constexpr Shape k_routine_title = trimmed(1, 200);
constexpr Field k_routine_fields[] = {{"routineKey", &k_key},
                                      {"title", &k_routine_title},
                                      {"description", &k_up_to_10000, nullable},
                                      {"assigneeRef", &k_agent_ref, nullable},
                                      {"projectRef", &k_project_ref, nullable},
                                      {"goalId", &k_goal_id, nullable},
                                      {"status", &k_routine_status, optional},
                                      {"priority", &k_priority, optional},
                                      {"concurrencyPolicy", &k_concurrency_policy, optional},
                                      {"catchUpPolicy", &k_catch_up_policy, optional},
                                      {"activityGatePolicy", &k_gate_policy, optional},
                                      {"activityGateScope", &k_gate_scope, optional},
                                      {"variables", &k_variables, optional},
                                      {"triggers", &k_triggers, optional},
                                      {"issueTemplate", &k_issue_template, optional}};
constexpr Shape k_routine{.kind = Kind::object, .fields = k_routine_fields};

// ---- local folders and skills

constexpr TextRule k_folder_path_rule[] = {
    {is_folder_path,
     "local folder paths must be relative paths without traversal, empty segments, or "
     "backslashes"}};
constexpr TextRule k_skill_path_rules[] = {
    k_folder_path_rule[0],
    {is_not_skill_md,
     "managed skill files cannot replace SKILL.md; use markdown for the main skill file"}};
constexpr std::string_view k_accesses[] = {"read", "readWrite"};
constexpr Shape k_access{.kind = Kind::word, .words = k_accesses};
constexpr Shape k_folder_path{
    .kind = Kind::text, .least = 1, .most = 500, .rules = k_folder_path_rule};
constexpr Shape k_folder_paths{.kind = Kind::list, .element = &k_folder_path};
constexpr Field k_folder_fields[] = {{"folderKey", &k_key},
                                     {"displayName", &k_filled_100},
                                     {"description", &k_up_to_500, optional},
                                     {"access", &k_access, optional},
                                     {"requiredDirectories", &k_folder_paths, optional},
                                     {"requiredFiles", &k_folder_paths, optional}};
constexpr Shape k_folder{.kind = Kind::object, .fields = k_folder_fields};

constexpr Shape k_skill_path{
    .kind = Kind::text, .least = 1, .most = 500, .rules = k_skill_path_rules};
constexpr Field k_skill_file_fields[] = {{"path", &k_skill_path}, {"content", &k_inline_file}};
constexpr Shape k_skill_file{.kind = Kind::object, .fields = k_skill_file_fields};
constexpr Shape k_skill_files{.kind = Kind::list, .most = 50, .element = &k_skill_file};
constexpr Field k_skill_fields[] = {{"skillKey", &k_key},
                                    {"displayName", &k_filled_100},
                                    {"slug", &k_key, optional},
                                    {"description", &k_up_to_2000, nullable},
                                    {"markdown", &k_inline_file, optional},
                                    {"files", &k_skill_files, optional}};
constexpr Shape k_skill{.kind = Kind::object, .fields = k_skill_fields, .refine = refine_skill};

}  // namespace

constinit const Shape k_agents_shape{.kind = Kind::list, .element = &k_agent};
constinit const Shape k_projects_shape{.kind = Kind::list, .element = &k_project};
constinit const Shape k_routines_shape{.kind = Kind::list, .element = &k_routine};
constinit const Shape k_skills_shape{.kind = Kind::list, .element = &k_skill};
constinit const Shape k_local_folders_shape{.kind = Kind::list, .element = &k_folder};

}  // namespace collet::plugin
