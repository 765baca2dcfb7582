#include "app/config_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.hpp"

namespace collet::app {
namespace {
using testing::StartsWith;

Config read(std::string_view text) {
  auto config = parse_config(text, "/etc/collet.toml");
  EXPECT_TRUE(config) << config.error().error.message;
  return config ? *config : Config{};
}

// The message, and the remedy behind it.
std::string refused(std::string_view text) {
  const auto config = parse_config(text, "/etc/collet.toml");
  if (config) return "it is right";
  const auto& error = config.error().error;
  return error.message + (error.remedy.empty() ? "" : " | " + error.remedy);
}

TEST(ConfigDirectory, HasCompaniesProjectsAndAgents) {
  const auto directory = read(R"(
[[company]]
id = "acme"
name = "Acme"
status = "paused"

[[company]]
id = "globex"

[[project]]
id = "p"
company = "globex"
lead_agent = "a"

[[project.workspace]]
id = "w"
path = "/srv/p"

[[agent]]
id = "a"
role = "engineer"
)")
                             .directory;
  ASSERT_EQ(directory.companies.size(), 2u);
  EXPECT_EQ(directory.companies[0].name, "Acme");
  EXPECT_EQ(directory.companies[0].status, "paused");
  EXPECT_EQ(directory.companies[1].name, "globex") << "the id where there is no name";
  EXPECT_EQ(directory.companies[1].status, "active");
  ASSERT_EQ(directory.projects.size(), 1u);
  EXPECT_EQ(directory.projects[0].company_id, "globex");
  EXPECT_EQ(directory.projects[0].lead_agent_id, "a");
  ASSERT_EQ(directory.projects[0].workspaces.size(), 1u);
  EXPECT_EQ(directory.projects[0].workspaces[0].path, "/srv/p");
  ASSERT_EQ(directory.agents.size(), 1u);
  EXPECT_EQ(directory.agents[0].role, "engineer");
}

TEST(ConfigDirectory, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(refused("[[company]]\nname = \"x\""), "/etc/collet.toml:1: company has no id");
  EXPECT_EQ(refused("[company]\nid = \"x\""),
            "/etc/collet.toml:1: company must be written [[company]]");
  EXPECT_EQ(refused("[[company]]\nid = 1"),
            "/etc/collet.toml:2: company.id must be a text that is not empty");
  EXPECT_EQ(refused("[[company]]\nid = \"x\"\n[[company]]\nid = \"x\""),
            "/etc/collet.toml:3: there are two company with the id \"x\"");
  EXPECT_EQ(refused("[[company]]\nid = \"x\"\nnam = \"y\""),
            "/etc/collet.toml:3: there is no key company.nam | did you mean company.name?");
  EXPECT_EQ(refused("[[company]]\nid = \"x\"\nstatus = \"gone\""),
            "/etc/collet.toml:3: company.status must be one of \"active\", \"paused\", "
            "\"archived\"");
  EXPECT_EQ(refused("[[project]]\nid = \"p\"\ncompany = \"x\""),
            "/etc/collet.toml:1: project.company is \"x\", and there is no [[company]] with that "
            "id");
  EXPECT_EQ(refused("[[project]]\nid = \"p\"\n[[project.workspace]]\nid = \"w\"\npath = \"x\""),
            "/etc/collet.toml:3: project.workspace.path must be an absolute path");
  EXPECT_THAT(refused("[[agent]]\nid = \"a\"\nrole = \"boss\""),
              StartsWith("/etc/collet.toml:3: agent.role must be one of \"ceo\", "));
  EXPECT_EQ(refused("[[compani]]\nid = \"a\""),
            "/etc/collet.toml:1: there is no key compani | did you mean company?");
}

TEST(ConfigFolders, AreAbsolutePathsByTheirKeys) {
  const auto folders =
      read("[plugin.\"acme.x\".folders]\nnotes = \"/srv/notes\"\n\"wiki-root\" = \"/srv/wiki\"")
          .plugins.at("acme.x")
          .folders;
  EXPECT_EQ(folders, (std::map<std::string, std::filesystem::path>{{"notes", "/srv/notes"},
                                                                   {"wiki-root", "/srv/wiki"}}));
  EXPECT_EQ(refused("[plugin.\"acme.x\"]\nfolders = { notes = \"srv\" }"),
            "/etc/collet.toml:2: plugin.\"acme.x\".folders.notes must be an absolute path");
  EXPECT_EQ(refused("[plugin.\"acme.x\"]\nfolders = \"/srv\""),
            "/etc/collet.toml:2: plugin.\"acme.x\".folders must be a table of folder keys and "
            "paths");
}

}  // namespace
}  // namespace collet::app
