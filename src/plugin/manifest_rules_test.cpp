// Differential: one row a rule, with what the reference's own validator says (made by running
// @paperclipai/shared 2026.824.1 on the same text).
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "collet/manifest.hpp"

namespace collet {
namespace {

struct Row {
  std::string_view members;  ///< added to a sound manifest; the last member of a name counts
  std::string_view verdict;  ///< "valid", the issues, or "missing: " and capabilities
};

void expect_verdicts(std::initializer_list<Row> rows) {
  const std::string sound =
      R"({"id":"acme.x","apiVersion":1,"version":"1.0.0","displayName":"X","description":"d",)"
      R"("author":"a","categories":["automation"],"capabilities":["agent.tools.register"],)"
      R"("entrypoints":{"worker":"./worker.js"},)"
      R"("tools":[{"name":"t","displayName":"T","description":"d","parametersSchema":{}}],)";
  constexpr std::string_view missing = "missing: ";
  for (const auto& [members, verdict] : rows) {
    SCOPED_TRACE(members);
    const auto manifest = parse_manifest(sound + std::string(members) + "}");
    if (verdict == "valid") {
      EXPECT_TRUE(manifest) << manifest.error().message;
      continue;
    }
    ASSERT_FALSE(manifest);
    if (verdict.starts_with(missing)) {
      EXPECT_EQ(manifest.error().message,
                "Plugin acme.x manifest has inconsistent capabilities. Missing required "
                "capabilities for declared features: " +
                    std::string(verdict.substr(missing.size())));
    } else {
      EXPECT_EQ(manifest.error().message, "Invalid plugin manifest: " + std::string(verdict));
    }
  }
}

TEST(ManifestRules, Head) {
  expect_verdicts({
      {R"("id":7)", R"(id: Expected string, received number)"},
      {R"("id":null)", R"(id: Expected string, received null)"},
      {R"("id":"a:b")",
       R"(id: Plugin id must start with a lowercase alphanumeric and contain only lowercase letters, digits, dots, hyphens, or underscores)"},
      {R"("id":"A")",
       R"(id: Plugin id must start with a lowercase alphanumeric and contain only lowercase letters, digits, dots, hyphens, or underscores)"},
      {R"("id":"0-._z")", R"(valid)"},
      {R"("apiVersion":"1")", R"(apiVersion: Invalid literal value, expected 1)"},
      {R"("apiVersion":1.0)", R"(valid)"},
      {R"("version":"1.0")", R"(version: Version must follow semver (e.g. 1.0.0 or 1.0.0-beta.1))"},
      {R"("version":"01.2.3")", R"(valid)"},
      {R"("version":"1.0.0-")",
       R"(version: Version must follow semver (e.g. 1.0.0 or 1.0.0-beta.1))"},
      {R"("version":"1.0.0-a..b")",
       R"(version: Version must follow semver (e.g. 1.0.0 or 1.0.0-beta.1))"},
      {R"("version":"1.0.0+x-y.z")", R"(valid)"},
      {R"("version":"")",
       R"(version: String must contain at least 1 character(s); version: Version must follow semver (e.g. 1.0.0 or 1.0.0-beta.1))"},
      {R"("version":"1.0.0\n")",
       R"(version: Version must follow semver (e.g. 1.0.0 or 1.0.0-beta.1))"},
      {R"("displayName":"")", R"(displayName: String must contain at least 1 character(s))"},
      {R"("displayName":"😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀")", R"(valid)"},
      {R"("displayName":"😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀x")",
       R"(displayName: String must contain at most 100 character(s))"},
      {R"("description":"")", R"(description: String must contain at least 1 character(s))"},
      {R"("author":"","displayName":"")",
       R"(displayName: String must contain at least 1 character(s); author: String must contain at least 1 character(s))"},
      {R"("categories":["x"])",
       R"(categories.0: Invalid enum value. Expected 'connector' | 'workspace' | 'automation' | 'ui', received 'x')"},
      {R"("categories":[1,"ui",null])",
       R"(categories.0: Expected 'connector' | 'workspace' | 'automation' | 'ui', received number; categories.2: Expected 'connector' | 'workspace' | 'automation' | 'ui', received null)"},
      {R"("categories":{})", R"(categories: Expected array, received object)"},
      {R"("capabilities":["x","http.outbound"])",
       R"(capabilities.0: Invalid enum value. Expected 'companies.read' | 'projects.read' | 'project.workspaces.read' | 'execution.workspaces.read' | 'issues.read' | 'issue.relations.read' | 'issue.subtree.read' | 'issue.comments.read' | 'issue.interactions.read' | 'issue.attachments.read' | 'approvals.read' | 'issue.documents.read' | 'agents.read' | 'goals.read' | 'goals.create' | 'goals.update' | 'activity.read' | 'costs.read' | 'issues.orchestration.read' | 'access.members.read' | 'access.invites.read' | 'authorization.grants.read' | 'authorization.policies.read' | 'authorization.audit.read' | 'database.namespace.read' | 'issues.create' | 'issues.update' | 'issue.relations.write' | 'issues.checkout' | 'issues.wakeup' | 'issue.comments.create' | 'issue.comments.create_human_attributed' | 'issue.interactions.create' | 'issue.interactions.respond' | 'approvals.respond' | 'issue.documents.write' | 'projects.managed' | 'routines.managed' | 'skills.managed' | 'agents.pause' | 'agents.resume' | 'agents.invoke' | 'agents.managed' | 'access.members.write' | 'access.invites.write' | 'authorization.grants.write' | 'authorization.policies.write' | 'agent.sessions.create' | 'agent.sessions.list' | 'agent.sessions.send' | 'agent.sessions.close' | 'activity.log.write' | 'metrics.write' | 'telemetry.track' | 'database.namespace.migrate' | 'database.namespace.write' | 'external.objects.detect' | 'external.objects.read' | 'external.objects.write' | 'external.objects.refresh' | 'plugin.state.read' | 'plugin.state.write' | 'events.subscribe' | 'events.emit' | 'jobs.schedule' | 'webhooks.receive' | 'api.routes.register' | 'http.outbound' | 'secrets.read-ref' | 'environment.drivers.register' | 'local.folders' | 'agent.tools.register' | 'instance.settings.register' | 'ui.sidebar.register' | 'ui.page.register' | 'ui.detailTab.register' | 'ui.dashboardWidget.register' | 'ui.commentAnnotation.register' | 'ui.action.register', received 'x')"},
      {R"("capabilities":[])",
       R"(capabilities: Array must contain at least 1 element(s); capabilities: Capability 'agent.tools.register' is required when tools are declared)"},
      {R"("minimumHostVersion":"1")",
       R"(minimumHostVersion: minimumHostVersion must follow semver (e.g. 1.0.0))"},
      {R"("minimumPaperclipVersion":"v1.0.0")",
       R"(minimumPaperclipVersion: minimumPaperclipVersion must follow semver (e.g. 1.0.0))"},
      {R"("minimumHostVersion":"1.0.0","minimumPaperclipVersion":"1.0.0")", R"(valid)"},
      {R"("minimumHostVersion":"","minimumPaperclipVersion":"1.0.0")",
       R"(minimumHostVersion: minimumHostVersion must follow semver (e.g. 1.0.0))"},
      {R"("entrypoints":null)", R"(entrypoints: Expected object, received null)"},
      {R"("entrypoints":{})", R"(entrypoints.worker: Required)"},
      {R"("entrypoints":{"worker":"w","ui":""})",
       R"(entrypoints.ui: String must contain at least 1 character(s))"},
      {R"("instanceConfigSchema":true)",
       R"(instanceConfigSchema: Expected object, received boolean)"},
      {R"("instanceConfigSchema":{"type":["object","null"]})",
       R"(instanceConfigSchema: Must be a valid JSON Schema object (requires at least a 'type', '$ref', or composition keyword))"},
      {R"("instanceConfigSchema":{"anyOf":1})", R"(valid)"},
      {R"("unknown":{"deep":[1]})", R"(valid)"},
      {R"("displayName":"","id":3)",
       R"(id: Expected string, received number; displayName: String must contain at least 1 character(s))"},
  });
}

TEST(ManifestRules, Tools) {
  expect_verdicts({
      {R"("tools":{})", R"(tools: Expected array, received object)"},
      {R"("tools":[7])", R"(tools.0: Expected object, received number)"},
      {R"("tools":[{}])",
       R"(tools.0.name: Required; tools.0.displayName: Required; tools.0.description: Required; tools.0.parametersSchema: Required)"},
      {R"("tools":[{"name":"","displayName":"","description":"","parametersSchema":{"type":1}}])",
       R"(tools.0.name: String must contain at least 1 character(s); tools.0.displayName: String must contain at least 1 character(s); tools.0.description: String must contain at least 1 character(s); tools.0.parametersSchema: Must be a valid JSON Schema object (requires at least a 'type', '$ref', or composition keyword))"},
      {R"("tools":[{"name":"a:b c.d","displayName":"D","description":"d","parametersSchema":{"type":"banana"}}])",
       R"(valid)"},
      {R"("tools":[{"name":"t","displayName":"D","description":"d","parametersSchema":true}])",
       R"(tools.0.parametersSchema: Expected object, received boolean)"},
      {R"("capabilities":["http.outbound"])",
       R"(capabilities: Capability 'agent.tools.register' is required when tools are declared)"},
      {R"("tools":null)", R"(tools: Expected array, received null)"},
      {R"("tools":[{"name":"a","displayName":"D","description":"d","parametersSchema":{}},{"name":"b","displayName":"D","description":"d","parametersSchema":{}},{"name":"b","displayName":"D","description":"d","parametersSchema":{}},{"name":"a","displayName":"D","description":"d","parametersSchema":{}},{"name":"b","displayName":"D","description":"d","parametersSchema":{}}])",
       R"(tools: Duplicate tool names: b, a)"},
  });
}

TEST(ManifestRules, JobsAndWebhooks) {
  expect_verdicts({
      {R"("capabilities":["jobs.schedule","agent.tools.register"],"jobs":[{"jobKey":"j","displayName":"J","schedule":"* * * * *"}])",
       R"(valid)"},
      {R"("capabilities":["jobs.schedule","agent.tools.register"],"jobs":[{"jobKey":"j","displayName":"J","schedule":"*/5,1-3/2 0 1,15 * 1-5"}])",
       R"(valid)"},
      {R"("capabilities":["jobs.schedule","agent.tools.register"],"jobs":[{"jobKey":"j","displayName":"J","schedule":" 0 0 * *  1 "}])",
       R"(valid)"},
      {R"("capabilities":["jobs.schedule","agent.tools.register"],"jobs":[{"jobKey":"j","displayName":"J","schedule":"0 0 * *"}])",
       R"(jobs.0.schedule: schedule must be a valid 5-field cron expression (e.g. '*/15 * * * *'))"},
      {R"("capabilities":["jobs.schedule","agent.tools.register"],"jobs":[{"jobKey":"j","displayName":"J","schedule":"0 0 * * MON"}])",
       R"(jobs.0.schedule: schedule must be a valid 5-field cron expression (e.g. '*/15 * * * *'))"},
      {R"("capabilities":["jobs.schedule","agent.tools.register"],"jobs":[{"jobKey":"j","displayName":"J","schedule":""}])",
       R"(jobs.0.schedule: schedule must be a valid 5-field cron expression (e.g. '*/15 * * * *'))"},
      {R"("capabilities":["jobs.schedule","agent.tools.register"],"jobs":[{"jobKey":"j","displayName":"J","schedule":"1, * * * *"}])",
       R"(jobs.0.schedule: schedule must be a valid 5-field cron expression (e.g. '*/15 * * * *'))"},
      {R"("capabilities":["jobs.schedule","agent.tools.register"],"jobs":[{"jobKey":"j","displayName":"J","schedule":"*-3 * * * *"}])",
       R"(jobs.0.schedule: schedule must be a valid 5-field cron expression (e.g. '*/15 * * * *'))"},
      {R"("capabilities":["jobs.schedule","agent.tools.register"],"jobs":[{"jobKey":"j","displayName":"J","schedule":"1-2-3 * * * *"}])",
       R"(jobs.0.schedule: schedule must be a valid 5-field cron expression (e.g. '*/15 * * * *'))"},
      {R"("capabilities":["jobs.schedule","agent.tools.register"],"jobs":[{"jobKey":"j","displayName":"J","schedule":"*/ * * * *"}])",
       R"(jobs.0.schedule: schedule must be a valid 5-field cron expression (e.g. '*/15 * * * *'))"},
      {R"("jobs":[{"jobKey":"j","displayName":"J"}])",
       R"(capabilities: Capability 'jobs.schedule' is required when jobs are declared)"},
      {R"("jobs":[])", R"(valid)"},
      {R"("jobs":[{"jobKey":"","displayName":"","description":1}])",
       R"(jobs.0.jobKey: String must contain at least 1 character(s); jobs.0.displayName: String must contain at least 1 character(s); jobs.0.description: Expected string, received number)"},
      {R"("webhooks":[{"endpointKey":"w","displayName":"W"},{"endpointKey":"w","displayName":"W"}])",
       R"(capabilities: Capability 'webhooks.receive' is required when webhooks are declared; webhooks: Duplicate webhook endpoint keys: w)"},
      {R"("capabilities":["webhooks.receive","agent.tools.register"],"webhooks":[{"endpointKey":"w","displayName":"W","description":"d"}])",
       R"(valid)"},
  });
}

TEST(ManifestRules, Database) {
  expect_verdicts({
      {R"("capabilities":["database.namespace.migrate","database.namespace.read","agent.tools.register"],"database":{"migrationsDir":"m","namespaceSlug":"a_1"})",
       R"(valid)"},
      {R"("capabilities":["database.namespace.migrate","database.namespace.read","agent.tools.register"],"database":{"migrationsDir":"m","namespaceSlug":"A"})",
       R"(database.namespaceSlug: namespaceSlug must be lowercase letters, digits, or underscores and start with a letter or digit)"},
      {R"("capabilities":["database.namespace.migrate","database.namespace.read","agent.tools.register"],"database":{"migrationsDir":"m","namespaceSlug":"-----------------------------------------"})",
       R"(database.namespaceSlug: namespaceSlug must be lowercase letters, digits, or underscores and start with a letter or digit; database.namespaceSlug: String must contain at most 40 character(s))"},
      {R"("capabilities":["database.namespace.migrate","database.namespace.read","agent.tools.register"],"database":{"migrationsDir":"m","migrationsDir":"../m"})",
       R"(database.migrationsDir: migrationsDir must be a relative package path without '..' or backslashes)"},
      {R"("capabilities":["database.namespace.migrate","database.namespace.read","agent.tools.register"],"database":{"migrationsDir":"m","migrationsDir":""})",
       R"(database.migrationsDir: String must contain at least 1 character(s))"},
      {R"("capabilities":["database.namespace.migrate","database.namespace.read","agent.tools.register"],"database":{"migrationsDir":"m","coreReadTables":["goals","agents","goals"]})",
       R"(database.coreReadTables: Duplicate database coreReadTables: goals)"},
      {R"("capabilities":["database.namespace.migrate","database.namespace.read","agent.tools.register"],"database":{"migrationsDir":"m","coreReadTables":["users"]})",
       R"(database.coreReadTables.0: Invalid enum value. Expected 'companies' | 'projects' | 'goals' | 'agents' | 'issues' | 'issue_documents' | 'issue_relations' | 'issue_comments' | 'heartbeat_runs' | 'cost_events' | 'approvals' | 'issue_approvals' | 'budget_incidents', received 'users')"},
      {R"("database":[])", R"(database: Expected object, received array)"},
      {R"("capabilities":["database.namespace.migrate"],"database":{"migrationsDir":"m"})",
       R"(capabilities: Capability 'agent.tools.register' is required when tools are declared; capabilities: Capability 'database.namespace.read' is required when database migrations are declared)"},
  });
}

TEST(ManifestRules, ApiRoutes) {
  expect_verdicts(
      {
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","checkoutPolicy":"none"}])",
           R"(valid)"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","method":"PUT"}])",
           R"(apiRoutes.0.method: Invalid enum value. Expected 'GET' | 'POST' | 'PATCH' | 'DELETE', received 'PUT')"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","path":"r"}])",
           R"(apiRoutes.0.path: path must start with / and contain only path-safe literal or :param segments)"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","path":"/a/../b"}])",
           R"(apiRoutes.0.path: path must stay inside the plugin api namespace)"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","path":"/api/x"}])",
           R"(apiRoutes.0.path: path must stay inside the plugin api namespace)"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","path":"/plugins"}])",
           R"(apiRoutes.0.path: path must stay inside the plugin api namespace)"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","path":""}])",
           R"(apiRoutes.0.path: String must contain at least 1 character(s); apiRoutes.0.path: path must start with / and contain only path-safe literal or :param segments)"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","capability":"x"}])",
           R"(apiRoutes.0.capability: Invalid literal value, expected "api.routes.register")"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","auth":"all"}])",
           R"(apiRoutes.0.auth: Invalid enum value. Expected 'board' | 'agent' | 'board-or-agent' | 'webhook', received 'all')"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","companyResolution":{"from":"body","key":"k"}}])",
           R"(valid)"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","companyResolution":{"from":"issue","key":"k"}}])",
           R"(apiRoutes.0.companyResolution.param: Required)"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","companyResolution":{"from":"moon"}}])",
           R"(apiRoutes.0.companyResolution.from: Invalid discriminator value. Expected 'body' | 'query' | 'issue')"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","companyResolution":{}}])",
           R"(apiRoutes.0.companyResolution.from: Invalid discriminator value. Expected 'body' | 'query' | 'issue')"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","companyResolution":7}])",
           R"(apiRoutes.0.companyResolution: Expected object, received number)"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register","routeKey":"R"}])",
           R"(apiRoutes.0.routeKey: routeKey must be lowercase letters, digits, dots, colons, underscores, or hyphens)"},
          {R"("capabilities":["api.routes.register","agent.tools.register"],"apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register"},{"routeKey":"r","method":"GET","path":"/r","auth":"agent","capability":"api.routes.register"}])", R"(apiRoutes: Duplicate api route keys: r; apiRoutes: Duplicate api routes: GET /r)"},
          {R"("apiRoutes":[{"routeKey":"r","method":"GET","path":"/r","auth":"board","capability":"api.routes.register"}])",
           R"(capabilities: Capability 'api.routes.register' is required when apiRoutes are declared)"},
          {R"("apiRoutes":[{}])",
           R"(apiRoutes.0.routeKey: Required; apiRoutes.0.method: Required; apiRoutes.0.path: Required; apiRoutes.0.auth: Required; apiRoutes.0.capability: Invalid literal value, expected "api.routes.register")"},
      });
}

TEST(ManifestRules, EnvironmentDrivers) {
  expect_verdicts({
      {R"("capabilities":["environment.drivers.register","agent.tools.register"],"environmentDrivers":[{"driverKey":"d","displayName":"D","configSchema":{},"kind":"sandbox_provider"}])",
       R"(valid)"},
      {R"("capabilities":["environment.drivers.register","agent.tools.register"],"environmentDrivers":[{"driverKey":"d","displayName":"D","configSchema":{},"kind":"x"}])",
       R"(environmentDrivers.0.kind: Invalid enum value. Expected 'environment_driver' | 'sandbox_provider', received 'x')"},
      {R"("capabilities":["environment.drivers.register","agent.tools.register"],"environmentDrivers":[{"driverKey":"d","displayName":"D","configSchema":{},"driverKey":"D"}])",
       R"(environmentDrivers.0.driverKey: Environment driver key must start with a lowercase alphanumeric and contain only lowercase letters, digits, dots, hyphens, or underscores)"},
      {R"("capabilities":["environment.drivers.register","agent.tools.register"],"environmentDrivers":[{"driverKey":"d","displayName":"D","configSchema":{},"sandboxCapabilities":{"reusableLeases":true,"x":1,"y":2}}])",
       R"(environmentDrivers.0.sandboxCapabilities: Unrecognized key(s) in object: 'x', 'y')"},
      {R"("capabilities":["environment.drivers.register","agent.tools.register"],"environmentDrivers":[{"driverKey":"d","displayName":"D","configSchema":{},"interactiveSetupConnectionTypes":["a","","b"]}])",
       R"(environmentDrivers.0.interactiveSetupConnectionTypes.1: String must contain at least 1 character(s))"},
      {R"("capabilities":["environment.drivers.register","agent.tools.register"],"environmentDrivers":[{"driverKey":"d","displayName":"D","configSchema":{},"templateConfigBinding":{"field":"provider"}}])",
       R"(environmentDrivers.0.templateConfigBinding.field: Template config binding must not replace the sandbox provider key)"},
      {R"("capabilities":["environment.drivers.register","agent.tools.register"],"environmentDrivers":[{"driverKey":"d","displayName":"D","configSchema":{},"templateConfigBinding":{"field":"a","unsetFields":["a","b","b"],"x":1}}])",
       R"(environmentDrivers.0.templateConfigBinding: Unrecognized key(s) in object: 'x'; environmentDrivers.0.templateConfigBinding.unsetFields.0: Template config binding cannot unset the same field it sets; environmentDrivers.0.templateConfigBinding.unsetFields.2: Template config binding unsetFields must be unique)"},
      {R"("capabilities":["environment.drivers.register","agent.tools.register"],"environmentDrivers":[{"driverKey":"d","displayName":"D","configSchema":{},"templateConfigBinding":{"field":"1a"}}])",
       R"(environmentDrivers.0.templateConfigBinding.field: Template config binding fields must be top-level config keys using letters, digits, underscores, or hyphens)"},
      {R"("capabilities":["environment.drivers.register","agent.tools.register"],"environmentDrivers":[{"driverKey":"d","displayName":"D","configSchema":{},"supportsReusableLeases":1}])",
       R"(environmentDrivers.0.supportsReusableLeases: Expected boolean, received number)"},
      {R"("capabilities":["environment.drivers.register","agent.tools.register"],"environmentDrivers":[{"driverKey":"d","displayName":"D","configSchema":{},"configSchema":{"x":1}}])",
       R"(environmentDrivers.0.configSchema: Must be a valid JSON Schema object (requires at least a 'type', '$ref', or composition keyword))"},
      {R"("environmentDrivers":[{"driverKey":"d","displayName":"D","configSchema":{}},{"driverKey":"d","displayName":"D","configSchema":{}}])",
       R"(capabilities: Capability 'environment.drivers.register' is required when environmentDrivers are declared; environmentDrivers: Duplicate environment driver keys: d)"},
  });
}

TEST(ManifestRules, Agents) {
  expect_verdicts({
      {R"("capabilities":["agents.managed","agent.tools.register"],"agents":[{"agentKey":"a","displayName":"A","title":null,"icon":null,"capabilities":null}])",
       R"(valid)"},
      {R"("capabilities":["agents.managed","agent.tools.register"],"agents":[{"agentKey":"a","displayName":"A","role":null}])",
       R"(agents.0.role: Expected string, received null)"},
      {R"("capabilities":["agents.managed","agent.tools.register"],"agents":[{"agentKey":"a","displayName":"A","agentKey":"A"}])",
       R"(agents.0.agentKey: agentKey must start with a lowercase alphanumeric and contain only lowercase letters, digits, dots, colons, underscores, or hyphens)"},
      {R"("capabilities":["agents.managed","agent.tools.register"],"agents":[{"agentKey":"a","displayName":"A","agentKey":""}])",
       R"(agents.0.agentKey: String must contain at least 1 character(s); agents.0.agentKey: agentKey must start with a lowercase alphanumeric and contain only lowercase letters, digits, dots, colons, underscores, or hyphens)"},
      {R"("capabilities":["agents.managed","agent.tools.register"],"agents":[{"agentKey":"a","displayName":"A","status":"busy"}])",
       R"(agents.0.status: Invalid enum value. Expected 'idle' | 'paused', received 'busy')"},
      {R"("capabilities":["agents.managed","agent.tools.register"],"agents":[{"agentKey":"a","displayName":"A","budgetMonthlyCents":-1}])",
       R"(agents.0.budgetMonthlyCents: Number must be greater than or equal to 0)"},
      {R"("capabilities":["agents.managed","agent.tools.register"],"agents":[{"agentKey":"a","displayName":"A","budgetMonthlyCents":1.5}])",
       R"(agents.0.budgetMonthlyCents: Expected integer, received float)"},
      {R"("capabilities":["agents.managed","agent.tools.register"],"agents":[{"agentKey":"a","displayName":"A","instructions":{"entryFile":"","files":{"a":1}}}])",
       R"(agents.0.instructions.entryFile: String must contain at least 1 character(s); agents.0.instructions.files.a: Expected string, received number)"},
      {R"("capabilities":["agents.managed","agent.tools.register"],"agents":[{"agentKey":"a","displayName":"A","adapterConfig":[]}])",
       R"(agents.0.adapterConfig: Expected object, received array)"},
      {R"("capabilities":["agents.managed","agent.tools.register"],"agents":[{"agentKey":"a","displayName":"A","adapterPreference":["a","b","c","d","e","f","g","h","i","j","k"]}])",
       R"(agents.0.adapterPreference: Array must contain at most 10 element(s))"},
      {R"("capabilities":["agents.managed","agent.tools.register"],"agents":[{"agentKey":"a","displayName":"A"},{"agentKey":"a","displayName":"B"}])",
       R"(agents: Duplicate managed agent keys: a)"},
  });
}

TEST(ManifestRules, Projects) {
  expect_verdicts({
      {R"("capabilities":["projects.managed","agent.tools.register"],"projects":[{"projectKey":"a","displayName":"A","status":"planned","color":"red","settings":{}}])",
       R"(valid)"},
      {R"("capabilities":["projects.managed","agent.tools.register"],"projects":[{"projectKey":"a","displayName":"A","status":"x"}])",
       R"(projects.0.status: Invalid enum value. Expected 'backlog' | 'planned' | 'in_progress' | 'completed' | 'cancelled', received 'x')"},
      {R"("capabilities":["projects.managed","agent.tools.register"],"projects":[{"projectKey":"a","displayName":"A","projectKey":"a b"}])",
       R"(projects.0.projectKey: projectKey must start with a lowercase alphanumeric and contain only lowercase letters, digits, dots, colons, underscores, or hyphens)"},
      {R"("capabilities":["projects.managed","agent.tools.register"],"projects":[{"projectKey":"a","displayName":"A","color":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}])",
       R"(projects.0.color: String must contain at most 32 character(s))"},
      {R"("projects":[{"projectKey":"a","displayName":"A"},{"projectKey":"a","displayName":"A"}])",
       R"(capabilities: Capability 'projects.managed' is required when managed projects are declared; projects: Duplicate managed project keys: a)"},
  });
}

TEST(ManifestRules, Routines) {
  expect_verdicts({
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","assigneeRef":{"resourceKind":"agent","resourceKey":"k"}}])",
       R"(valid)"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","assigneeRef":{"resourceKind":"project","resourceKey":"k"}}])",
       R"(routines.0.assigneeRef.resourceKind: Invalid literal value, expected "agent")"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","projectRef":{"resourceKey":"K"}}])",
       R"(routines.0.projectRef.resourceKind: Invalid literal value, expected "project"; routines.0.projectRef.resourceKey: resourceKey must start with a lowercase alphanumeric and contain only lowercase letters, digits, dots, colons, underscores, or hyphens)"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","goalId":"x"}])",
       R"(routines.0.goalId: Invalid uuid)"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","goalId":null}])",
       R"(valid)"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","title":"  "}])",
       R"(routines.0.title: String must contain at least 1 character(s))"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","status":"gone"}])",
       R"(routines.0.status: Invalid enum value. Expected 'active' | 'paused' | 'archived', received 'gone')"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","priority":"asap"}])",
       R"(routines.0.priority: Invalid enum value. Expected 'critical' | 'high' | 'medium' | 'low', received 'asap')"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","variables":[{"name":"1x"}]}])",
       R"(routines.0.variables.0.name: Invalid)"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","variables":[{"name":"x","type":"select"}]}])",
       R"(routines.0.variables.0.options: Select variables require at least one option)"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","variables":[{"name":"x","options":["a"]}]}])",
       R"(routines.0.variables.0.options: Only select variables can define options)"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","variables":[{"name":"x","type":"select","options":["a"],"defaultValue":"b"}]}])",
       R"(routines.0.variables.0.defaultValue: Select variable defaults must match one of the allowed options)"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","variables":[{"name":"x","type":"select","options":[" a "],"defaultValue":"a"}]}])",
       R"(valid)"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","variables":[{"name":"x","type":"date","defaultValue":"2023-02-29"}]}])",
       R"(routines.0.variables.0.defaultValue: Date variable defaults must be valid YYYY-MM-DD calendar dates)"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","variables":[{"name":"x","type":"date","defaultValue":"2024-02-29"}]}])",
       R"(valid)"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","variables":[{"name":"x","defaultValue":[]}]}])",
       R"(routines.0.variables.0.defaultValue: Invalid input)"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","triggers":[{"kind":"schedule","cronExpression":" ","replayWindowSec":29}]}])",
       R"(routines.0.triggers.0.cronExpression: String must contain at least 1 character(s); routines.0.triggers.0.replayWindowSec: Number must be greater than or equal to 30)"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","triggers":[{"kind":"x","replayWindowSec":86401}]}])",
       R"(routines.0.triggers.0.kind: Invalid enum value. Expected 'schedule' | 'webhook' | 'api', received 'x'; routines.0.triggers.0.replayWindowSec: Number must be less than or equal to 86400)"},
      {R"("capabilities":["routines.managed","agent.tools.register"],"routines":[{"routineKey":"a","title":"A","issueTemplate":{"surfaceVisibility":"x"}}])",
       R"(routines.0.issueTemplate.surfaceVisibility: Invalid enum value. Expected 'default' | 'plugin_operation', received 'x')"},
      {R"("routines":[{"routineKey":"a","title":"A"},{"routineKey":"a","title":"A"}])",
       R"(capabilities: Capability 'routines.managed' is required when managed routines are declared; routines: Duplicate managed routine keys: a)"},
  });
}

TEST(ManifestRules, SkillsAndFolders) {
  expect_verdicts({
      {R"("capabilities":["skills.managed","agent.tools.register"],"skills":[{"skillKey":"a","displayName":"A","slug":"B"}])",
       R"(skills.0.slug: slug must start with a lowercase alphanumeric and contain only lowercase letters, digits, dots, colons, underscores, or hyphens)"},
      {R"("capabilities":["skills.managed","agent.tools.register"],"skills":[{"skillKey":"a","displayName":"A","files":[{"path":"a.md","content":""},{"path":"a.md","content":""}]}])",
       R"(skills.0.files: Duplicate managed skill file paths: a.md)"},
      {R"("capabilities":["skills.managed","agent.tools.register"],"skills":[{"skillKey":"a","displayName":"A","files":[{"path":"Skill.MD","content":""}]}])",
       R"(skills.0.files.0.path: managed skill files cannot replace SKILL.md; use markdown for the main skill file)"},
      {R"("capabilities":["skills.managed","agent.tools.register"],"skills":[{"skillKey":"a","displayName":"A","files":[{"path":"/a","content":""}]}])",
       R"(skills.0.files.0.path: local folder paths must be relative paths without traversal, empty segments, or backslashes)"},
      {R"("skills":[{"skillKey":"a","displayName":"A"},{"skillKey":"a","displayName":"A"}])",
       R"(capabilities: Capability 'skills.managed' is required when managed skills are declared; skills: Duplicate managed skill keys: a)"},
      {R"("capabilities":["local.folders","agent.tools.register"],"localFolders":[{"folderKey":"a","displayName":"A","access":"write"}])",
       R"(localFolders.0.access: Invalid enum value. Expected 'read' | 'readWrite', received 'write')"},
      {R"("capabilities":["local.folders","agent.tools.register"],"localFolders":[{"folderKey":"a","displayName":"A","requiredFiles":["a/b",".","a//b","a/./b","a/",""]}])",
       R"(localFolders.0.requiredFiles.1: local folder paths must be relative paths without traversal, empty segments, or backslashes; localFolders.0.requiredFiles.2: local folder paths must be relative paths without traversal, empty segments, or backslashes; localFolders.0.requiredFiles.3: local folder paths must be relative paths without traversal, empty segments, or backslashes; localFolders.0.requiredFiles.4: local folder paths must be relative paths without traversal, empty segments, or backslashes; localFolders.0.requiredFiles.5: String must contain at least 1 character(s); localFolders.0.requiredFiles.5: local folder paths must be relative paths without traversal, empty segments, or backslashes)"},
      {R"("capabilities":["local.folders","agent.tools.register"],"localFolders":[{"folderKey":"a","displayName":"A","requiredDirectories":["a\\b","..a"]}])",
       R"(localFolders.0.requiredDirectories.0: local folder paths must be relative paths without traversal, empty segments, or backslashes; localFolders.0.requiredDirectories.1: local folder paths must be relative paths without traversal, empty segments, or backslashes)"},
      {R"("capabilities":["local.folders","agent.tools.register"],"localFolders":[{"folderKey":"a","displayName":"A"},{"folderKey":"a","displayName":"A"}])",
       R"(localFolders: Duplicate local folder keys: a)"},
  });
}

TEST(ManifestRules, ObjectReferences) {
  expect_verdicts({
      {R"("capabilities":["external.objects.detect","external.objects.read","agent.tools.register"],"objectReferences":[{"providerKey":"p","displayName":"P","objectTypes":["issue"],"urlPatterns":[" "]}])",
       R"(objectReferences.0.urlPatterns.0: String must contain at least 1 character(s))"},
      {R"("capabilities":["external.objects.detect","external.objects.read","agent.tools.register"],"objectReferences":[{"providerKey":"p","displayName":"P","objectTypes":["issue"],"objectTypes":[]}])",
       R"(objectReferences.0.objectTypes: Array must contain at least 1 element(s))"},
      {R"("capabilities":["external.objects.detect","external.objects.read","agent.tools.register"],"objectReferences":[{"providerKey":"p","displayName":"P","objectTypes":["issue"],"objectTypes":["a"," a","B"]}])",
       R"(objectReferences.0.objectTypes.2: Invalid; objectReferences.0.objectTypes: Duplicate objectTypes: a)"},
      {R"("capabilities":["external.objects.detect","external.objects.read","agent.tools.register"],"objectReferences":[{"providerKey":"p","displayName":"P","objectTypes":["issue"],"providerKey":"1"}])",
       R"(objectReferences.0.providerKey: Invalid)"},
      {R"("capabilities":["external.objects.detect","external.objects.read","agent.tools.register"],"objectReferences":[{"providerKey":"p","displayName":"P","objectTypes":["issue"],"refreshPolicy":{"defaultTtlSeconds":10,"staleAfterSeconds":5}}])",
       R"(objectReferences.0.refreshPolicy.staleAfterSeconds: staleAfterSeconds must be greater than or equal to defaultTtlSeconds)"},
      {R"("capabilities":["external.objects.detect","external.objects.read","agent.tools.register"],"objectReferences":[{"providerKey":"p","displayName":"P","objectTypes":["issue"],"refreshPolicy":{"defaultTtlSeconds":0,"staleAfterSeconds":604801}}])",
       R"(objectReferences.0.refreshPolicy.defaultTtlSeconds: Number must be greater than 0; objectReferences.0.refreshPolicy.staleAfterSeconds: Number must be less than or equal to 604800)"},
      {R"("capabilities":["external.objects.detect","external.objects.read","agent.tools.register"],"objectReferences":[{"providerKey":"p","displayName":"P","objectTypes":["issue"],"webhookEndpointKeys":["w","w"]}])",
       R"(objectReferences.0.webhookEndpointKeys: Duplicate webhookEndpointKeys: w; objectReferences.0.webhookEndpointKeys: objectReferences webhookEndpointKey "w" must match a declared webhook endpoint; objectReferences.0.webhookEndpointKeys: objectReferences webhookEndpointKey "w" must match a declared webhook endpoint)"},
      {R"("capabilities":["external.objects.read","agent.tools.register"],"objectReferences":[{"providerKey":"p","displayName":"P","objectTypes":["a"]},{"providerKey":" p ","displayName":"P","objectTypes":["a"]}])",
       R"(capabilities: Capability 'external.objects.detect' is required when objectReferences are declared; objectReferences: Duplicate object reference provider keys: p)"},
  });
}

TEST(ManifestRules, UiSlots) {
  expect_verdicts({
      {R"("capabilities":["ui.page.register","agent.tools.register"],"entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"page","routePath":"x"}]})",
       R"(valid)"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"sidebar"}]})",
       R"(missing: ui.sidebar.register)"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"detailTab"}]})",
       R"(ui.slots.0.entityTypes: detailTab slots require at least one entityType)"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"projectSidebarItem","entityTypes":["issue"]}]})",
       R"(ui.slots.0.entityTypes: projectSidebarItem slots require entityTypes to include "project")"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"commentAnnotation","entityTypes":[]}]})",
       R"(ui.slots.0.entityTypes: commentAnnotation slots require at least one entityType; ui.slots.0.entityTypes: commentAnnotation slots require entityTypes to include "comment")"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"commentContextMenuItem","entityTypes":["issue"]}]})",
       R"(ui.slots.0.entityTypes: commentContextMenuItem slots require entityTypes to include "comment")"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"sidebar","routePath":"x"}]})",
       R"(ui.slots.0.routePath: routePath is only supported for page, routeSidebar, and companySettingsPage slots)"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"routeSidebar"}]})",
       R"(ui.slots.0.routePath: routeSidebar slots require routePath)"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"companySettingsPage"}]})",
       R"(ui.slots.0.routePath: companySettingsPage slots require routePath)"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"companySettingsPage","routePath":"members"}]})",
       R"(ui.slots.0.routePath: company settings routePath "members" is reserved by the host)"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"page","routePath":"settings"}]})",
       R"(ui.slots.0.routePath: routePath "settings" is reserved by the host)"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"page","routePath":"A/b"}]})",
       R"(ui.slots.0.routePath: routePath must be a lowercase single-segment slug (letters, numbers, hyphens))"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"page","routePath":""}]})",
       R"(ui.slots.0.routePath: routePath must be a lowercase single-segment slug (letters, numbers, hyphens))"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"moon"}]})",
       R"(ui.slots.0.type: Invalid enum value. Expected 'page' | 'detailTab' | 'taskDetailView' | 'dashboardWidget' | 'sidebar' | 'routeSidebar' | 'sidebarPanel' | 'projectSidebarItem' | 'globalToolbarButton' | 'toolbarButton' | 'contextMenuItem' | 'commentAnnotation' | 'commentContextMenuItem' | 'settingsPage' | 'companySettingsPage', received 'moon')"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"page","order":1.5}]})",
       R"(ui.slots.0.order: Expected integer, received float)"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"id":"s","displayName":"S","exportName":"E","type":"page","entityTypes":["dog"]}]})",
       R"(ui.slots.0.entityTypes.0: Invalid enum value. Expected 'project' | 'issue' | 'agent' | 'goal' | 'run' | 'comment' | 'execution_workspace' | 'project_workspace', received 'dog')"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[]})",
       R"(ui.slots: Array must contain at least 1 element(s))"},
      {R"("ui":[])", R"(ui: Expected object, received array)"},
      {R"("ui":{})", R"(valid)"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"type":"page","id":"a","displayName":"S","exportName":"E"},{"type":"settingsPage","id":"a","displayName":"S","exportName":"E"}]})",
       R"(ui.slots: Duplicate UI slot ids: a)"},
      {R"("entrypoints":{"worker":"w","ui":"u"},"ui":{"slots":[{"type":"page","id":"a","displayName":"S","exportName":"E"},{"type":"settingsPage","id":"b","displayName":"S","exportName":"E"}]})",
       R"(missing: ui.page.register, instance.settings.register)"},
  });
}

TEST(ManifestRules, Launchers) {
  expect_verdicts({
      {R"("capabilities":["ui.page.register","agent.tools.register"],"launchers":[{"id":"l","displayName":"L","placementZone":"page","action":{"type":"navigate","target":"/x"}}])",
       R"(valid)"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"page","action":{"type":"navigate","target":"/x"}}])",
       R"(missing: ui.page.register)"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"detailTab","action":{"type":"navigate","target":"/x"}}])",
       R"(launchers.0.entityTypes: detailTab launchers require at least one entityType)"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"projectSidebarItem","entityTypes":["goal"],"action":{"type":"navigate","target":"/x"}}])",
       R"(launchers.0.entityTypes: projectSidebarItem launchers require entityTypes to include "project")"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"commentAnnotation","entityTypes":["goal"],"action":{"type":"navigate","target":"/x"}}])",
       R"(missing: ui.commentAnnotation.register)"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"routeSidebar","action":{"type":"navigate","target":"/x"}}])",
       R"(launchers.0.placementZone: Invalid enum value. Expected 'page' | 'detailTab' | 'taskDetailView' | 'dashboardWidget' | 'sidebar' | 'sidebarPanel' | 'projectSidebarItem' | 'globalToolbarButton' | 'toolbarButton' | 'contextMenuItem' | 'commentAnnotation' | 'commentContextMenuItem' | 'settingsPage', received 'routeSidebar')"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"page","action":{"type":"navigate","target":"https://x"}}])",
       R"(launchers.0.action.target: navigate launchers must target a host route, not an absolute URL)"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"page","action":{"type":"performAction","target":"a/b"},"render":{"environment":"iframe"}}])",
       R"(launchers.0.action.target: performAction launchers must target an action key, not a route or URL; launchers.0.render: performAction launchers cannot declare render hints)"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"page","action":{"type":"openModal","target":"t"}}])",
       R"(launchers.0.render: openModal launchers require render metadata)"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"page","action":{"type":"openModal","target":"t"},"render":{"environment":"hostInline","bounds":"full"}}])",
       R"(launchers.0.render.bounds: bounds "full" is not supported for render environment "hostInline"; launchers.0.render.environment: openModal launchers cannot use the hostInline render environment)"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"page","action":{"type":"openDrawer","target":"t"},"render":{"environment":"hostRoute"}}])",
       R"(launchers.0.render.environment: openDrawer launchers must use hostOverlay or iframe render environments)"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"page","action":{"type":"openPopover","target":"t"},"render":{"environment":"hostRoute","bounds":"compact"}}])",
       R"(launchers.0.render.bounds: bounds "compact" is not supported for render environment "hostRoute"; launchers.0.render.environment: openPopover launchers cannot use the hostRoute render environment)"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"page","action":{"type":"deepLink","target":""},"render":{"environment":"external","bounds":"default"}}])",
       R"(launchers.0.action.target: String must contain at least 1 character(s); launchers.0.render.bounds: bounds "default" is not supported for render environment "external")"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"page"}])",
       R"(launchers.0.action: Required)"},
      {R"("ui":{"launchers":[{"id":"l","displayName":"L","placementZone":"page","action":{"type":"navigate","target":"/x"}}]})",
       R"(entrypoints.ui: entrypoints.ui is required when ui.slots or ui.launchers are declared)"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"page","action":{"type":"navigate","target":"/x"}}],"entrypoints":{"worker":"w","ui":"u"},"ui":{"launchers":[{"id":"l","displayName":"L","placementZone":"settingsPage","action":{"type":"navigate","target":"/x"}}]})",
       R"(ui.launchers: Duplicate launcher ids: l)"},
      {R"("launchers":[{"id":"l","displayName":"L","placementZone":"page","action":{"type":"navigate","target":"/x"}},{"id":"l","displayName":"L","placementZone":"page","action":{"type":"navigate","target":"/x"}}])",
       R"(launchers: Duplicate launcher ids: l)"},
  });
}

}  // namespace
}  // namespace collet
