#include "services/secrets.hpp"

#include <sys/stat.h>

#include <fstream>

#include "process/fake_process.hpp"
#include "services/secret_source_fixture.hpp"
#include "store/sqlite_store.hpp"

namespace collet::services {
namespace {

class SecretsTest : public SecretSourceTest {
 protected:
  void make(SecretSettings settings, Tenancy tenancy = Tenancy::single) {
    secrets.emplace(SecretsParts{.loop = loop,
                                 .store = store->secrets(),
                                 .background = background,
                                 .spawner = spawner,
                                 .wall_clock = [] { return WallTime(); },
                                 .key_file = folder / "secrets.key"},
                    settings, tenancy);
  }
  std::string get(std::string id, std::optional<std::int64_t> version = std::nullopt,
                  std::string company = "default") {
    answer.clear();
    secrets->read({.company_id = std::move(company), .id = std::move(id)}, version,
                  Reply<SecretText>([this](Result<SecretText> value) {
                    answer =
                        value ? "\"" + std::string(value->reveal()) + "\"" : text(value.error());
                  }));
    loop.run_ready();
    return answer;
  }
  void set(std::string id, std::string value, std::string company = "default") {
    secrets->set(
        {.company_id = std::move(company), .id = std::move(id)}, SecretText(std::move(value)),
        Reply<std::int64_t>([](auto version) { EXPECT_TRUE(version) << version.error().message; }));
    loop.run_ready();
  }
  std::string file(std::string_view content) {
    const auto path = folder / "secrets.toml";
    std::ofstream(path) << content;
    ::chmod(path.c_str(), 0600);
    return path;
  }

  std::unique_ptr<Store> store = *make_memory_store(loop);
  process::FakeSpawner spawner;
  std::optional<Secrets> secrets;
  std::string answer;
};

TEST_F(SecretsTest, TheFirstPlaceThatHasItAnswers) {
  make({.file = file("a = \"file\"\nb = \"file\"\n"),
        .environment = {{"a", "environment"}, {"b", "environment"}, {"c", "environment"}},
        .command = {"pass", "{id}"}});
  set("a", "store");
  EXPECT_EQ(get("a"), "\"store\"");
  EXPECT_EQ(get("b"), "\"file\"");
  EXPECT_EQ(get("c"), "\"environment\"");
  EXPECT_TRUE(spawner.processes.empty());
  EXPECT_EQ(get("d"), "");
  spawner.last().emit_stdout("program\n");
  spawner.last().exit_with_code(0);
  loop.run_ready();
  EXPECT_EQ(answer, "\"program\"");
}

TEST_F(SecretsTest, WhereNobodyHasItItSaysHowToSetIt) {
  make({});
  EXPECT_EQ(get("x"), "not_found: there is no secret \"x\"; set it with: collet secret set x");
  set("x", "1");
  EXPECT_EQ(get("x", 2), "not_found: there is no version 2 of secret \"x\"");
  EXPECT_EQ(get("x", 1), "\"1\"");
}

TEST_F(SecretsTest, APlaceThatCannotTellEndsTheSearch) {
  make({.file = folder / "missing", .environment = {{"x", "environment"}}});
  EXPECT_EQ(get("x"),
            "invalid_request: secret \"x\" cannot be read: " + (folder / "missing").string() +
                " cannot be read: No such file or directory");
}

TEST_F(SecretsTest, OnlyTheStoreHasVersions) {
  make({.environment = {{"x", "environment"}}});
  EXPECT_EQ(get("x", 1),
            "not_found: secret \"x\" has no version 1: it comes from the environment, which has no "
            "versions");
}

TEST_F(SecretsTest, AValueIsText) {
  make({.environment = {{"x", "\xff"}}});
  EXPECT_EQ(get("x"), "invalid_result: secret \"x\" is no UTF-8 text in the environment");
}

TEST_F(SecretsTest, WithSeveralTenantsEachHasItsOwn) {
  make({.file = file("x = \"top\"\n[acme]\ny = \"file of acme\"\n"),
        .environment = {{"x", "environment"}}},
       Tenancy::multi);
  set("x", "of acme", "acme");
  EXPECT_EQ(get("x", std::nullopt, "acme"), "\"of acme\"");
  EXPECT_EQ(get("y", std::nullopt, "acme"), "\"file of acme\"");
  EXPECT_EQ(get("x", std::nullopt, "globex"),
            "not_found: there is no secret \"x\"; set it with: collet secret set x");
  EXPECT_EQ(get("y", std::nullopt, "globex"),
            "not_found: there is no secret \"y\"; set it with: collet secret set y");
}

TEST_F(SecretsTest, TheEndWaitsForWhatIsUnderWay) {
  make({.command = {"pass", "{id}"}});
  EXPECT_EQ(get("x"), "");
  bool drained = false;
  secrets->drain(Reply<Done>([&](auto) {
    EXPECT_NE(answer, "");
    drained = true;
  }));
  loop.run_ready();
  EXPECT_TRUE(drained);
  EXPECT_TRUE(spawner.last().destroyed);
  EXPECT_EQ(get("x"), "shutting_down: the host is stopping");
}

}  // namespace
}  // namespace collet::services
