#include "services/directory_service.hpp"

#include "services/directory_rows.hpp"
#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using testing::HasSubstr;
using testing::StartsWith;

class DirectoryServiceTest : public ServicesTest {
 protected:
  DirectoryServiceTest() {
    manifest.capabilities = {"companies.read", "projects.read", "project.workspaces.read",
                             "agents.read"};
    service.add_to(table);
    defaults.add_to(plain);
  }

  /// The ids of a list, or of one row; whatever else was answered.
  std::string ids(ServiceTable& at, std::string_view method, std::string_view params = "{}") {
    const auto answer = ask(at, method, params);
    const auto parsed = json::Document::parse(answer);
    if (!parsed || parsed->root().is_null()) return answer;
    if (parsed->root().is_object()) return *parsed->root().find("id")->as_string();
    std::string all;
    for (const auto row : parsed->root().elements()) all += *row.find("id")->as_string() + " ";
    return all;
  }

  Directory directory{
      .companies = {{.id = "acme", .name = "Acme Tools"}, {.id = "globex", .name = "Globex"}},
      .projects = {{.id = "p1",
                    .name = "First",
                    .workspaces = {{.id = "w1", .name = "main", .path = "/srv/first"},
                                   {.id = "w2", .name = "docs", .path = "/srv/docs"}}},
                   {.id = "p2", .company_id = "globex", .name = "Second"},
                   {.id = "p3", .company_id = "acme", .name = "Third"}},
      .agents = {{.id = "a1", .name = "Ann"},
                 {.id = "a2", .company_id = "acme", .name = "Ben", .status = "paused"},
                 {.id = "a3", .company_id = "globex", .name = "Cleo"}}};
  DirectoryService service{directory};
  DirectoryService defaults{{}};
  ServiceTable table{{.company_id = "globex"}};
  ServiceTable plain{{}};
};

TEST_F(DirectoryServiceTest, WhereNothingIsConfiguredThereIsOneOfEach) {
  EXPECT_EQ(ids(plain, "companies.list"), "default ");
  EXPECT_EQ(ids(plain, "companies.get", R"({"companyId":"default"})"), "default");
  EXPECT_EQ(ids(plain, "projects.list", R"({"companyId":"default"})"), "default ");
  EXPECT_EQ(ids(plain, "projects.get", R"({"companyId":"default","projectId":"default"})"),
            "default");
  EXPECT_EQ(ids(plain, "agents.list", R"({"companyId":"default"})"), "default ");
  EXPECT_EQ(ids(plain, "agents.get", R"({"companyId":"default","agentId":"default"})"), "default");
  EXPECT_EQ(
      ask(plain, "projects.listWorkspaces", R"({"companyId":"default","projectId":"default"})"),
      "[]");
  EXPECT_EQ(ask(plain, "projects.getPrimaryWorkspace",
                R"({"companyId":"default","projectId":"default"})"),
            "null");
}

TEST_F(DirectoryServiceTest, ACompanyHasEveryMemberOfItsType) {
  EXPECT_EQ(ask(table, "companies.get", R"({"companyId":"acme"})"),
            R"({"id":"acme","name":"Acme Tools","description":null,"status":"active",)"
            R"("pauseReason":null,"pausedAt":null,"issuePrefix":"ACM","issueCounter":0,)"
            R"("budgetMonthlyCents":0,"spentMonthlyCents":0,"attachmentMaxBytes":10485760,)"
            R"("defaultResponsibleUserId":null,"requireBoardApprovalForNewAgents":false,)"
            R"("interactionResolverGovernance":{},"feedbackDataSharingEnabled":false,)"
            R"("feedbackDataSharingConsentAt":null,"feedbackDataSharingConsentByUserId":null,)"
            R"("feedbackDataSharingTermsVersion":null,"brandColor":null,"logoAssetId":null,)"
            R"("logoUrl":null,"createdAt":"1970-01-01T00:00:00.000Z",)"
            R"("updatedAt":"1970-01-01T00:00:00.000Z"})");
}

TEST_F(DirectoryServiceTest, AProjectHasEveryMemberOfItsType) {
  const std::string times =
      R"("createdAt":"1970-01-01T00:00:00.000Z","updatedAt":"1970-01-01T00:00:00.000Z"})";
  const auto workspace = [&](std::string id, std::string name, std::string path, bool primary) {
    return R"({"id":")" + id + R"(","companyId":"acme","projectId":"p1","name":")" + name +
           R"(","sourceType":"local_path","cwd":")" + path +
           R"(","repoUrl":null,"repoRef":null,"defaultRef":null,"visibility":"default",)"
           R"("setupCommand":null,"cleanupCommand":null,"remoteProvider":null,)"
           R"("remoteWorkspaceRef":null,"sharedWorkspaceKey":null,"metadata":null,)"
           R"("runtimeConfig":null,"isPrimary":)" +
           (primary ? "true," : "false,") + times;
  };
  EXPECT_EQ(ask(table, "projects.get", R"({"companyId":"acme","projectId":"p1"})"),
            R"({"id":"p1","companyId":"acme","urlKey":"first","goalId":null,"goalIds":[],)"
            R"("goals":[],"name":"First","description":null,"status":"in_progress",)"
            R"("leadAgentId":null,"targetDate":null,"color":null,"icon":null,"env":null,)"
            R"("pauseReason":null,"pausedAt":null,"executionWorkspacePolicy":null,)"
            R"("codebase":{"workspaceId":"w1","repoUrl":null,"repoRef":null,"defaultRef":null,)"
            R"("repoName":null,"localFolder":"/srv/first","managedFolder":"/srv/first",)"
            R"("effectiveLocalFolder":"/srv/first","origin":"local_folder"},"workspaces":[)" +
                workspace("w1", "main", "/srv/first", true) + "," +
                workspace("w2", "docs", "/srv/docs", false) + R"(],"primaryWorkspace":)" +
                workspace("w1", "main", "/srv/first", true) +
                R"(,"managedByPlugin":null,"archivedAt":null,)" + times);
}

TEST_F(DirectoryServiceTest, AnAgentHasEveryMemberOfItsType) {
  EXPECT_EQ(ask(table, "agents.get", R"({"companyId":"acme","agentId":"a1"})"),
            R"({"id":"a1","companyId":"acme","name":"Ann","urlKey":"ann","role":"general",)"
            R"("title":null,"icon":null,"status":"idle","reportsTo":null,"capabilities":null,)"
            R"("adapterType":"process","adapterConfig":{},"runtimeConfig":{},)"
            R"("defaultEnvironmentId":null,"budgetMonthlyCents":0,"spentMonthlyCents":0,)"
            R"("pauseReason":null,"pausedAt":null,"errorReason":null,)"
            R"("permissions":{"canCreateAgents":false},"lastHeartbeatAt":null,"metadata":null,)"
            R"("createdAt":"1970-01-01T00:00:00.000Z","updatedAt":"1970-01-01T00:00:00.000Z"})");
}

TEST_F(DirectoryServiceTest, WorkspacesComeByThemselvesToo) {
  const std::string first =
      R"({"id":"w1","projectId":"p1","name":"main","path":"/srv/first","repoUrl":null,)"
      R"("repoRef":null,"defaultRef":null,"isPrimary":true,)"
      R"("createdAt":"1970-01-01T00:00:00.000Z","updatedAt":"1970-01-01T00:00:00.000Z"})";
  const std::string_view params = R"({"companyId":"acme","projectId":"p1"})";
  EXPECT_THAT(ask(table, "projects.listWorkspaces", params), StartsWith("[" + first + ",{"));
  EXPECT_EQ(ask(table, "projects.getPrimaryWorkspace", params), first);
  EXPECT_EQ(ask(table, "projects.listWorkspaces", R"({"companyId":"acme","projectId":"no"})"),
            "[]");
}

TEST_F(DirectoryServiceTest, RowsBelongToCompaniesTheFirstWhereNoneIsNamed) {
  EXPECT_EQ(ids(table, "companies.list"), "acme globex ");
  EXPECT_EQ(ids(table, "projects.list", R"({"companyId":"acme"})"), "p1 p3 ");
  EXPECT_EQ(ids(table, "projects.list", R"({"companyId":"globex"})"), "p2 ");
  EXPECT_EQ(ids(table, "projects.get", R"({"companyId":"globex","projectId":"p1"})"), "null");
  EXPECT_EQ(ids(table, "agents.list", R"({"companyId":"acme"})"), "a1 a2 ");
  EXPECT_EQ(ids(table, "agents.list", R"({"companyId":"acme","status":"paused"})"), "a2 ");
  EXPECT_EQ(ids(table, "agents.get", R"({"companyId":"acme","agentId":"a3"})"), "null");
}

TEST_F(DirectoryServiceTest, WhatIsNotThereIsNull) {
  EXPECT_EQ(ids(table, "companies.get", R"({"companyId":"nobody"})"), "null");
  EXPECT_EQ(ids(table, "projects.get", R"({"companyId":"acme","projectId":"no"})"), "null");
  EXPECT_EQ(ids(table, "agents.get", R"({"companyId":"acme","agentId":"no"})"), "null");
}

TEST_F(DirectoryServiceTest, AnIdThatCallersNameMeansTheOneTenant) {
  EXPECT_EQ(ids(table, "projects.list", R"({"companyId":"c-7"})"), "p2 ");
  EXPECT_THAT(ask(table, "projects.list", R"({"companyId":"c-7"})"),
              HasSubstr(R"("companyId":"c-7")"));
  EXPECT_EQ(ids(table, "agents.get", R"({"companyId":"c-7","agentId":"a3"})"), "a3");
  EXPECT_EQ(ids(table, "projects.list"), "p2 ");
  EXPECT_EQ(ask(table, "companies.get", R"({"companyId":"c-7"})"), "null");
  invocations.begin("1", "c-7");
  EXPECT_THAT(ask(table, "companies.get", R"({"companyId":"c-7"})"),
              StartsWith(R"({"id":"c-7","name":"Globex",)"));
  EXPECT_EQ(ask(table, "companies.get", R"({"companyId":"c-8"})"), "null");
}

TEST_F(DirectoryServiceTest, ListsHavePages) {
  EXPECT_EQ(ids(table, "companies.list", R"({"limit":1})"), "acme ");
  EXPECT_EQ(ids(table, "companies.list", R"({"limit":1,"offset":1})"), "globex ");
  EXPECT_EQ(ids(table, "companies.list", R"({"offset":2})"), "");
  EXPECT_EQ(ids(table, "projects.list", R"({"companyId":"acme","limit":1,"offset":1})"), "p3 ");
  EXPECT_EQ(ids(table, "agents.list", R"({"companyId":"acme","limit":0})"), "");
}

TEST_F(DirectoryServiceTest, SaysWhatIsWrong) {
  EXPECT_EQ(ask(table, "companies.get"), "-32603 companies.get: companyId has to be a string");
  EXPECT_EQ(ask(table, "projects.get", R"({"companyId":"acme"})"),
            "-32603 projects.get: projectId has to be a string");
  EXPECT_EQ(ask(table, "agents.get", R"({"companyId":"acme","agentId":1})"),
            "-32603 agents.get: agentId has to be a string");
  EXPECT_EQ(ask(table, "agents.list", R"({"companyId":1})"),
            "-32603 agents.list: companyId has to be a string, or absent");
  EXPECT_EQ(ask(table, "projects.list", R"({"limit":"1"})"),
            "-32603 projects.list: limit has to be a whole number from 0 on, or absent");
}

TEST_F(DirectoryServiceTest, InMultiTenancyNobodySeesAnotherCompany) {
  ServiceTable multi({.tenancy = Tenancy::multi});
  service.add_to(multi);
  invocations.begin("1", "acme");
  invocations.begin("2", "globex");
  invocations.begin("3", "unheard-of");
  invocation_id = "1";
  EXPECT_EQ(ids(multi, "companies.list"), "acme ");
  EXPECT_EQ(ids(multi, "companies.get", R"({"companyId":"acme"})"), "acme");
  EXPECT_THAT(ids(multi, "companies.get", R"({"companyId":"globex"})"), StartsWith("-32005"));
  EXPECT_EQ(ids(multi, "projects.list"), "p1 p3 ");
  EXPECT_EQ(ids(multi, "projects.get", R"({"companyId":"acme","projectId":"p2"})"), "null");
  EXPECT_EQ(ids(multi, "projects.get", R"({"projectId":"p2"})"), "null");
  EXPECT_EQ(ids(multi, "agents.get", R"({"agentId":"a3"})"), "null");
  EXPECT_THAT(ids(multi, "agents.list", R"({"companyId":"globex"})"), StartsWith("-32005"));
  invocation_id = "3";
  EXPECT_EQ(ids(multi, "companies.list"), "unheard-of ");
  EXPECT_EQ(ids(multi, "companies.get", R"({"companyId":"unheard-of"})"), "unheard-of");
  EXPECT_EQ(ids(multi, "projects.list"), "");
  EXPECT_EQ(ids(multi, "agents.list"), "");
  for (const auto& other : {std::optional<std::string>("forged"), {}}) {
    invocation_id = other;
    EXPECT_THAT(ids(multi, "companies.list"), StartsWith("-32005"));
    EXPECT_EQ(ids(multi, "projects.list"), "-32603 projects.list: companyId has to be a string");
    EXPECT_EQ(ids(multi, "companies.get", R"({"companyId":""})"), "null");
  }
}

TEST(DirectoryRows, UrlKeysAreWordsOfAName) {
  EXPECT_EQ(url_key("Ops & Tools 2", "x"), "ops-tools-2");
  EXPECT_EQ(url_key("  -A- ", "x"), "a");
  EXPECT_EQ(url_key("日本", "x"), "x");
}

}  // namespace
}  // namespace collet::services
