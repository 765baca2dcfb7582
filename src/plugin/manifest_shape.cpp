#include "plugin/manifest_shape.hpp"

#include "plugin/capabilities.hpp"
#include "plugin/manifest_rules.hpp"
#include "plugin/text_form.hpp"

namespace collet::plugin {
namespace {

using Kind = Shape::Kind;
using enum Presence;

// ---- the head of the manifest

constexpr TextRule k_id_rule[] = {
    {is_plugin_key,
     "Plugin id must start with a lowercase alphanumeric and contain only lowercase letters, "
     "digits, dots, hyphens, or underscores"}};
constexpr TextRule k_version_rule[] = {
    {is_semver, "Version must follow semver (e.g. 1.0.0 or 1.0.0-beta.1)"}};
constexpr TextRule k_minimum_version_rule[] = {
    {is_semver, "{field} must follow semver (e.g. 1.0.0)"}};
constexpr std::string_view k_categories[] = {"connector", "workspace", "automation", "ui"};

constexpr Shape k_id{.kind = Kind::text, .least = 1, .rules = k_id_rule};
constexpr Shape k_api_version{.kind = Kind::literal_one};
constexpr Shape k_version{.kind = Kind::text, .least = 1, .rules = k_version_rule};
constexpr Shape k_filled_500 = text_of(1, 500);
constexpr Shape k_filled_200 = text_of(1, 200);
constexpr Shape k_category{.kind = Kind::word, .words = k_categories};
constexpr Shape k_category_list{.kind = Kind::list, .least = 1, .element = &k_category};
constexpr Shape k_minimum_version{.kind = Kind::text, .rules = k_minimum_version_rule};
constexpr Shape k_capability{.kind = Kind::word, .words = k_capabilities};
constexpr Shape k_capability_list{.kind = Kind::list, .least = 1, .element = &k_capability};
constexpr Field k_entrypoint_fields[] = {{"worker", &k_filled}, {"ui", &k_filled, optional}};
constexpr Shape k_entrypoints{.kind = Kind::object, .fields = k_entrypoint_fields};

// ---- jobs, webhooks, tools

constexpr TextRule k_schedule_rule[] = {
    {is_cron, "schedule must be a valid 5-field cron expression (e.g. '*/15 * * * *')"}};
constexpr Shape k_schedule{.kind = Kind::text, .rules = k_schedule_rule};
constexpr Field k_job_fields[] = {{"jobKey", &k_filled},
                                  {"displayName", &k_filled},
                                  {"description", &k_text, optional},
                                  {"schedule", &k_schedule, optional}};
constexpr Shape k_job{.kind = Kind::object, .fields = k_job_fields};
constexpr Shape k_jobs{.kind = Kind::list, .element = &k_job};

constexpr Field k_webhook_fields[] = {
    {"endpointKey", &k_filled}, {"displayName", &k_filled}, {"description", &k_text, optional}};
constexpr Shape k_webhook{.kind = Kind::object, .fields = k_webhook_fields};
constexpr Shape k_webhooks{.kind = Kind::list, .element = &k_webhook};

constexpr Field k_tool_fields[] = {{"name", &k_filled},
                                   {"displayName", &k_filled},
                                   {"description", &k_filled},
                                   {"parametersSchema", &k_json_schema_shape}};
constexpr Shape k_tool{.kind = Kind::object, .fields = k_tool_fields};
constexpr Shape k_tools{.kind = Kind::list, .element = &k_tool};

// ---- database

constexpr TextRule k_namespace_rules[] = {
    {is_namespace_slug,
     "namespaceSlug must be lowercase letters, digits, or underscores and start with a letter or "
     "digit"},
    {has_at_most<40>, "String must contain at most 40 character(s)"}};
constexpr TextRule k_migrations_rule[] = {
    {is_package_path, "migrationsDir must be a relative package path without '..' or backslashes"}};
constexpr std::string_view k_core_tables[] = {
    "companies",       "projects",        "goals",           "agents",         "issues",
    "issue_documents", "issue_relations", "issue_comments",  "heartbeat_runs", "cost_events",
    "approvals",       "issue_approvals", "budget_incidents"};
constexpr Shape k_namespace_slug{.kind = Kind::text, .rules = k_namespace_rules};
constexpr Shape k_migrations_dir{.kind = Kind::text, .least = 1, .rules = k_migrations_rule};
constexpr Shape k_core_table{.kind = Kind::word, .words = k_core_tables};
constexpr Shape k_core_table_list{.kind = Kind::list, .element = &k_core_table};
constexpr Field k_database_fields[] = {{"namespaceSlug", &k_namespace_slug, optional},
                                       {"migrationsDir", &k_migrations_dir},
                                       {"coreReadTables", &k_core_table_list, optional}};
constexpr Shape k_database{.kind = Kind::object, .fields = k_database_fields};

// ---- API routes

constexpr TextRule k_route_key_rule[] = {
    {is_resource_key,
     "routeKey must be lowercase letters, digits, dots, colons, underscores, or hyphens"}};
constexpr TextRule k_route_path_rules[] = {
    {is_route_path, "path must start with / and contain only path-safe literal or :param segments"},
    {is_inside_plugin_api, "path must stay inside the plugin api namespace"}};
constexpr std::string_view k_methods[] = {"GET", "POST", "PATCH", "DELETE"};
constexpr std::string_view k_auth_modes[] = {"board", "agent", "board-or-agent", "webhook"};
constexpr std::string_view k_checkout_policies[] = {"none", "required-for-agent-in-progress",
                                                    "always-for-agent"};
constexpr std::string_view k_route_capability_word[] = {"api.routes.register"};
constexpr Shape k_route_key{.kind = Kind::text, .least = 1, .most = 100, .rules = k_route_key_rule};
constexpr Shape k_route_path{.kind = Kind::text, .least = 1, .rules = k_route_path_rules};
constexpr Shape k_method{.kind = Kind::word, .words = k_methods};
constexpr Shape k_auth_mode{.kind = Kind::word, .words = k_auth_modes};
constexpr Shape k_route_capability{.kind = Kind::literal_text, .words = k_route_capability_word};
constexpr Shape k_checkout_policy{.kind = Kind::word, .words = k_checkout_policies};
constexpr Field k_company_by_key_fields[] = {{"key", &k_filled}};
constexpr Field k_company_by_param_fields[] = {{"param", &k_filled}};
constexpr Shape k_company_by_key{.kind = Kind::object, .fields = k_company_by_key_fields};
constexpr Shape k_company_by_param{.kind = Kind::object, .fields = k_company_by_param_fields};
constexpr Alternative k_company_sources[] = {
    {"body", &k_company_by_key}, {"query", &k_company_by_key}, {"issue", &k_company_by_param}};
constexpr Shape k_company_resolution{
    .kind = Kind::variant, .discriminator = "from", .alternatives = k_company_sources};
constexpr Field k_route_fields[] = {{"routeKey", &k_route_key},
                                    {"method", &k_method},
                                    {"path", &k_route_path},
                                    {"auth", &k_auth_mode},
                                    {"capability", &k_route_capability},
                                    {"checkoutPolicy", &k_checkout_policy, optional},
                                    {"companyResolution", &k_company_resolution, optional}};
constexpr Shape k_route{.kind = Kind::object, .fields = k_route_fields};
constexpr Shape k_routes{.kind = Kind::list, .element = &k_route};

// ---- environment drivers

constexpr TextRule k_config_field_rules[] = {
    {is_config_field,
     "Template config binding fields must be top-level config keys using letters, digits, "
     "underscores, or hyphens"},
    {is_not_provider, "Template config binding must not replace the sandbox provider key"}};
constexpr Shape k_config_field{
    .kind = Kind::text, .least = 1, .most = 100, .rules = k_config_field_rules};
constexpr Shape k_unset_fields{.kind = Kind::list, .most = 20, .element = &k_config_field};
constexpr Field k_config_binding_fields[] = {{"field", &k_config_field},
                                             {"unsetFields", &k_unset_fields, optional}};
constexpr Shape k_config_binding{.kind = Kind::object,
                                 .fields = k_config_binding_fields,
                                 .unknown_keys = Shape::UnknownKeys::refused,
                                 .refine = refine_config_binding};
constexpr Field k_sandbox_fields[] = {{"reusableLeases", &k_boolean, optional},
                                      {"nativeSyncIn", &k_boolean, optional},
                                      {"nativeSyncOut", &k_boolean, optional},
                                      {"persistentProcessSessions", &k_boolean, optional},
                                      {"independentControlCommands", &k_boolean, optional},
                                      {"incrementalSessionOutput", &k_boolean, optional}};
constexpr Shape k_sandbox{
    .kind = Kind::object, .fields = k_sandbox_fields, .unknown_keys = Shape::UnknownKeys::refused};
constexpr TextRule k_driver_key_rule[] = {
    {is_plugin_key,
     "Environment driver key must start with a lowercase alphanumeric and contain only lowercase "
     "letters, digits, dots, hyphens, or underscores"}};
constexpr std::string_view k_driver_kinds[] = {"environment_driver", "sandbox_provider"};
constexpr Shape k_driver_key{.kind = Kind::text, .least = 1, .rules = k_driver_key_rule};
constexpr Shape k_driver_kind{.kind = Kind::word, .words = k_driver_kinds};
constexpr Shape k_connection_types{.kind = Kind::list, .most = 10, .element = &k_filled_100};
constexpr Shape k_identity_paths{.kind = Kind::list, .most = 20, .element = &k_filled_200};
constexpr Field k_driver_fields[] = {
    {"driverKey", &k_driver_key},
    {"kind", &k_driver_kind, optional},
    {"displayName", &k_filled_100},
    {"description", &k_up_to_500, optional},
    {"supportsReusableLeases", &k_boolean, optional},
    {"sandboxCapabilities", &k_sandbox, optional},
    {"supportsInteractiveSetup", &k_boolean, optional},
    {"interactiveSetupConnectionTypes", &k_connection_types, optional},
    {"supportsTemplateCapture", &k_boolean, optional},
    {"templateRefKind", &k_filled_100, optional},
    {"templateConfigBinding", &k_config_binding, optional},
    {"templateIdentityPaths", &k_identity_paths, optional},
    {"supportsTemplateDelete", &k_boolean, optional},
    {"supportsSetupTokenLogin", &k_boolean, optional},
    {"configSchema", &k_json_schema_shape}};
constexpr Shape k_driver{.kind = Kind::object, .fields = k_driver_fields};
constexpr Shape k_drivers{.kind = Kind::list, .element = &k_driver};

// ---- object references

constexpr TextRule k_provider_key_rule[] = {{is_object_provider_key, "Invalid"}};
constexpr TextRule k_object_type_rule[] = {{is_object_type, "Invalid"}};
constexpr Shape k_provider_key{.kind = Kind::text,
                               .least = 1,
                               .most = 80,
                               .spaces = Shape::Spaces::trimmed,
                               .rules = k_provider_key_rule};
constexpr Shape k_object_type{.kind = Kind::text,
                              .least = 1,
                              .most = 80,
                              .spaces = Shape::Spaces::trimmed,
                              .rules = k_object_type_rule};
constexpr Shape k_object_types{.kind = Kind::list, .least = 1, .element = &k_object_type};
constexpr Shape k_url_pattern{
    .kind = Kind::text, .least = 1, .most = 500, .spaces = Shape::Spaces::trimmed};
constexpr Shape k_url_patterns{.kind = Kind::list, .element = &k_url_pattern};
constexpr Shape k_ttl{.kind = Kind::number, .above = 0, .maximum = 86'400};
constexpr Shape k_stale{.kind = Kind::number, .above = 0, .maximum = 604'800};
constexpr Field k_refresh_fields[] = {{"defaultTtlSeconds", &k_ttl, optional},
                                      {"staleAfterSeconds", &k_stale, optional}};
constexpr Shape k_refresh_policy{
    .kind = Kind::object, .fields = k_refresh_fields, .refine = refine_refresh_policy};
constexpr Shape k_webhook_keys{.kind = Kind::list, .element = &k_filled};
constexpr Field k_reference_fields[] = {{"providerKey", &k_provider_key},
                                        {"displayName", &k_filled_100},
                                        {"objectTypes", &k_object_types},
                                        {"urlPatterns", &k_url_patterns, optional},
                                        {"refreshPolicy", &k_refresh_policy, optional},
                                        {"webhookEndpointKeys", &k_webhook_keys, optional}};
constexpr Shape k_reference{
    .kind = Kind::object, .fields = k_reference_fields, .refine = refine_object_reference};
constexpr Shape k_references{.kind = Kind::list, .element = &k_reference};

// ---- the whole

constexpr Field k_manifest_fields[] = {{"id", &k_id},
                                       {"apiVersion", &k_api_version},
                                       {"version", &k_version},
                                       {"displayName", &k_filled_100},
                                       {"description", &k_filled_500},
                                       {"author", &k_filled_200},
                                       {"categories", &k_category_list},
                                       {"minimumHostVersion", &k_minimum_version, optional},
                                       {"minimumPaperclipVersion", &k_minimum_version, optional},
                                       {"capabilities", &k_capability_list},
                                       {"entrypoints", &k_entrypoints},
                                       {"instanceConfigSchema", &k_json_schema_shape, optional},
                                       {"jobs", &k_jobs, optional},
                                       {"webhooks", &k_webhooks, optional},
                                       {"tools", &k_tools, optional},
                                       {"database", &k_database, optional},
                                       {"apiRoutes", &k_routes, optional},
                                       {"environmentDrivers", &k_drivers, optional},
                                       {"agents", &k_agents_shape, optional},
                                       {"projects", &k_projects_shape, optional},
                                       {"routines", &k_routines_shape, optional},
                                       {"skills", &k_skills_shape, optional},
                                       {"localFolders", &k_local_folders_shape, optional},
                                       {"objectReferences", &k_references, optional},
                                       {"launchers", &k_launchers_shape, optional},
                                       {"ui", &k_ui_shape, optional}};

}  // namespace

constinit const Shape k_json_schema_shape{.kind = Kind::record, .refine = refine_json_schema};

constinit const Shape k_manifest_shape{
    .kind = Kind::object, .fields = k_manifest_fields, .refine = refine_manifest};

}  // namespace collet::plugin
