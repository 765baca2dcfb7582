#include "services/managed_service.hpp"

#include "services/services_fixture.hpp"

namespace collet::services {
namespace {

class ManagedServiceTest : public ServicesTest {
 protected:
  ManagedServiceTest() {
    manifest.capabilities = {"agents.managed", "projects.managed", "routines.managed",
                             "skills.managed"};
    add_managed_resources(table);
  }
  ServiceTable table{{}};
};

TEST_F(ManagedServiceTest, WhatAManifestDeclaresIsMissing) {
  EXPECT_EQ(ask(table, "agents.managed.get", R"({"agentKey":"a","companyId":"c"})"),
            R"({"pluginKey":"acme.x","resourceKind":"agent","resourceKey":"a","companyId":"c",)"
            R"("agentId":null,"agent":null,"status":"missing","approvalId":null,)"
            R"("defaultDrift":null})");
  EXPECT_EQ(ask(table, "projects.managed.get", R"({"projectKey":"p","companyId":"c"})"),
            R"({"pluginKey":"acme.x","resourceKind":"project","resourceKey":"p","companyId":"c",)"
            R"("projectId":null,"project":null,"status":"missing"})");
  EXPECT_EQ(ask(table, "routines.managed.get", R"({"routineKey":"r","companyId":"c"})"),
            R"({"pluginKey":"acme.x","resourceKind":"routine","resourceKey":"r","companyId":"c",)"
            R"("routineId":null,"routine":null,"status":"missing","missingRefs":[]})");
  EXPECT_EQ(ask(table, "skills.managed.get", R"({"skillKey":"s","companyId":"c"})"),
            R"({"pluginKey":"acme.x","resourceKind":"skill","resourceKey":"s","companyId":"c",)"
            R"("skillId":null,"skill":null,"status":"missing","defaultDrift":null})");
}

TEST_F(ManagedServiceTest, TheKeyHasToBeNamed) {
  EXPECT_EQ(ask(table, "agents.managed.get", R"({"companyId":"c"})"),
            "-32603 agents.managed.get: agentKey has to be a string");
}

TEST_F(ManagedServiceTest, NothingMakesThem) {
  EXPECT_TRUE(ask(table, "agents.managed.reconcile", R"({"agentKey":"a","companyId":"c"})")
                  .starts_with("-32601 "));
}

}  // namespace
}  // namespace collet::services
