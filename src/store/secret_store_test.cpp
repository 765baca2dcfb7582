#include "store/secret_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/virtual_loop.hpp"
#include "store/sqlite_store.hpp"
#include "store/store_test_support.hpp"

namespace collet {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;

class SecretStoreTest : public testing::Test {
 protected:
  SecretStoreTest() {
    for (const auto* name : {"a", "b"}) {
      store_->plugins().insert(test::sample_record(name),
                               Reply<PluginRecord>([](auto row) { ASSERT_TRUE(row); }));
    }
    loop_.run_ready();
  }

  /// What `operation` answers: its value as text, or why there is none.
  template <class T, class Operation, class Show>
  std::string ask(Operation operation, Show show) {
    std::string answer = "no answer";
    operation(Reply<T>([&](Result<T> outcome) {
      answer = outcome ? show(*outcome)
                       : std::string(describe(outcome.error().code).name) + ": " +
                             outcome.error().message;
    }));
    loop_.run_ready();
    return answer;
  }
  std::string add(SecretName name, std::string text) {
    return ask<std::int64_t>(
        [&](auto reply) {
          secrets_.add(
              std::move(name),
              [text](std::int64_t version) { return text + "/" + std::to_string(version); },
              test::k_noon, std::move(reply));
        },
        [](std::int64_t version) { return std::to_string(version); });
  }
  std::string get(SecretName name, std::optional<std::int64_t> version = std::nullopt) {
    return ask<std::optional<SealedSecret>>(
        [&](auto reply) { secrets_.get(std::move(name), version, std::move(reply)); },
        [](const auto& found) {
          return found ? std::to_string(found->version) + " " + found->sealed : "nothing";
        });
  }
  std::string remove(SecretName name) {
    return ask<bool>([&](auto reply) { secrets_.remove(std::move(name), std::move(reply)); },
                     [](bool was_there) { return was_there ? "removed" : "nothing"; });
  }
  std::string bind(std::string plugin_id, SecretName name) {
    return ask<Done>(
        [&](auto reply) { secrets_.bind(std::move(plugin_id), std::move(name), std::move(reply)); },
        [](const Done&) { return "done"; });
  }
  bool is_bound(std::string plugin_id, SecretName name) {
    return ask<bool>(
               [&](auto reply) {
                 secrets_.is_bound(std::move(plugin_id), std::move(name), std::move(reply));
               },
               [](bool bound) { return bound ? "yes" : "no"; }) == "yes";
  }
  bool has_any() {
    return ask<bool>([&](auto reply) { secrets_.has_any(std::move(reply)); },
                     [](bool any) { return any ? "yes" : "no"; }) == "yes";
  }
  /// "company/id: versions by plugins", one a row.
  std::vector<std::string> list(std::optional<std::string> company = std::nullopt) {
    std::vector<std::string> lines;
    ask<std::vector<SecretRow>>(
        [&](auto reply) { secrets_.list(std::move(company), std::move(reply)); },
        [&](const auto& rows) {
          for (const auto& row : rows) {
            auto line = row.name.company_id + "/" + row.name.id + ":";
            for (const auto version : row.versions) line += " " + std::to_string(version);
            for (const auto& plugin : row.plugin_ids) line += " by " + plugin;
            EXPECT_EQ(row.updated_at, test::k_noon);
            lines.push_back(line);
          }
          return std::string();
        });
    return lines;
  }

  VirtualLoop loop_;
  std::unique_ptr<Store> store_ =
      *make_memory_store(loop_, {.secret_versions_max = 2, .secrets_per_company_max = 2});
  SecretStore& secrets_ = store_->secrets();
};

TEST_F(SecretStoreTest, VersionsCountUpAndTheNewestIsTheOne) {
  EXPECT_EQ(get({"c", "x"}), "nothing");
  EXPECT_FALSE(has_any());
  EXPECT_EQ(add({"c", "x"}, "one"), "1");
  EXPECT_EQ(add({"c", "x"}, "two"), "2");
  EXPECT_EQ(get({"c", "x"}), "2 two/2");
  EXPECT_EQ(get({"c", "x"}, 1), "1 one/1");
  EXPECT_EQ(get({"c", "x"}, 3), "nothing");
  EXPECT_TRUE(has_any());
}

TEST_F(SecretStoreTest, OnlySoManyVersionsAreKept) {
  for (const auto* text : {"one", "two", "three"}) add({"c", "x"}, text);
  EXPECT_EQ(get({"c", "x"}, 1), "nothing");
  EXPECT_EQ(get({"c", "x"}, 2), "2 two/2");
  EXPECT_THAT(list(), ElementsAre("c/x: 2 3"));
}

TEST_F(SecretStoreTest, ANumberNeverMeansAnotherValue) {
  add({"c", "x"}, "one");
  EXPECT_EQ(remove({"c", "x"}), "removed");
  EXPECT_EQ(remove({"c", "x"}), "nothing");
  EXPECT_FALSE(has_any());
  EXPECT_EQ(get({"c", "x"}), "nothing");
  EXPECT_THAT(list(), IsEmpty());
  EXPECT_EQ(add({"c", "x"}, "again"), "2");
  EXPECT_EQ(get({"c", "x"}, 1), "nothing");
}

TEST_F(SecretStoreTest, CompaniesAreApart) {
  add({"c", "x"}, "of c");
  add({"d", "x"}, "of d");
  EXPECT_EQ(get({"c", "x"}), "1 of c/1");
  EXPECT_EQ(get({"d", "x"}), "1 of d/1");
  EXPECT_EQ(get({"", "x"}), "nothing");
  EXPECT_THAT(list("d"), ElementsAre("d/x: 1"));
  EXPECT_THAT(list(), ElementsAre("c/x: 1", "d/x: 1"));
  EXPECT_EQ(remove({"c", "x"}), "removed");
  EXPECT_EQ(get({"d", "x"}), "1 of d/1");
}

TEST_F(SecretStoreTest, ACompanyHasSoManySecrets) {
  EXPECT_EQ(add({"c", "x"}, "1"), "1");
  EXPECT_EQ(add({"c", "y"}, "1"), "1");
  EXPECT_EQ(add({"c", "z"}, "1"), "overloaded: this company has 2 secrets, which is the limit");
  EXPECT_EQ(add({"c", "x"}, "2"), "2");
  EXPECT_EQ(add({"d", "z"}, "1"), "1");
  remove({"c", "y"});
  EXPECT_EQ(add({"c", "z"}, "1"), "1");
}

TEST_F(SecretStoreTest, ABindingIsForOnePluginCompanyAndSecret) {
  EXPECT_EQ(bind("id-a", {"c", "x"}), "done");
  EXPECT_EQ(bind("id-a", {"c", "x"}), "done");
  EXPECT_TRUE(is_bound("id-a", {"c", "x"}));
  EXPECT_FALSE(is_bound("id-b", {"c", "x"}));
  EXPECT_FALSE(is_bound("id-a", {"d", "x"}));
  EXPECT_FALSE(is_bound("id-a", {"c", "y"}));
  add({"c", "x"}, "1");
  EXPECT_EQ(bind("id-b", {"c", "x"}), "done");
  EXPECT_THAT(list(), ElementsAre("c/x: 1 by id-a by id-b"));
  EXPECT_EQ(bind("nobody", {"c", "x"}),
            "plugin_not_found: no plugin in the store has the id nobody");
}

TEST_F(SecretStoreTest, ABindingGoesWithItsPluginAndItsSecret) {
  bind("id-a", {"c", "x"});
  bind("id-b", {"c", "x"});
  store_->plugins().remove("id-a", Reply<Done>([](auto done) { EXPECT_TRUE(done); }));
  store_->plugins().insert(test::sample_record("a"),
                           Reply<PluginRecord>([](auto row) { EXPECT_TRUE(row); }));
  loop_.run_ready();
  EXPECT_FALSE(is_bound("id-a", {"c", "x"}));
  EXPECT_TRUE(is_bound("id-b", {"c", "x"}));
  remove({"c", "x"});
  EXPECT_FALSE(is_bound("id-b", {"c", "x"}));
}

}  // namespace
}  // namespace collet
