#include "services/secret_vault.hpp"

#include <sys/stat.h>

#include "services/secret_source_fixture.hpp"
#include "store/sqlite_store.hpp"

namespace collet::services {
namespace {

class SecretVaultTest : public SecretSourceTest {
 protected:
  std::string set(SecretVault& vault, SecretName name, std::string value) {
    std::string answer;
    vault.set(std::move(name), SecretText(std::move(value)),
              Reply<std::int64_t>([&](Result<std::int64_t> version) {
                answer = version ? std::to_string(*version) : text(version.error());
              }));
    loop.run_ready();
    return answer;
  }
  std::string get(SecretVault& vault, SecretName name,
                  std::optional<std::int64_t> version = std::nullopt) {
    std::string answer;
    vault.read(std::move(name), version,
               Reply<std::optional<SecretText>>([&](auto value) { answer = text(value); }));
    loop.run_ready();
    return answer;
  }
  /// As after a restart.
  SecretVault open(SecretVaultLimits limits = {}) {
    return SecretVault({.store = store->secrets(),
                        .background = background,
                        .wall_clock = [] { return WallTime(std::chrono::seconds(1)); },
                        .key_file = key_file},
                       limits);
  }

  std::unique_ptr<Store> store = *make_memory_store(loop);
  std::filesystem::path key_file = folder / "secrets.key";
};

TEST_F(SecretVaultTest, KeepsVersionsOverARestart) {
  auto vault = open();
  EXPECT_FALSE(std::filesystem::exists(key_file));
  EXPECT_EQ(get(vault, {"c", "x"}), "nothing");
  EXPECT_FALSE(std::filesystem::exists(key_file));
  EXPECT_EQ(set(vault, {"c", "x"}, "one"), "1");
  EXPECT_EQ(set(vault, {"c", "x"}, "two"), "2");
  auto again = open();
  EXPECT_EQ(get(again, {"c", "x"}), "\"two\"");
  EXPECT_EQ(get(again, {"c", "x"}, 1), "\"one\"");
  EXPECT_EQ(get(again, {"c", "x"}, 3), "nothing");
  EXPECT_EQ(get(again, {"d", "x"}), "nothing");
  struct stat status {};
  ASSERT_EQ(::stat(key_file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST_F(SecretVaultTest, TheStoreHoldsNothingOfAValue) {
  auto vault = open();
  set(vault, {"c", "x"}, "hunter2");
  std::string sealed;
  store->secrets().get({"c", "x"}, std::nullopt,
                       Reply<std::optional<SealedSecret>>([&](auto found) {
                         ASSERT_TRUE(found && *found);
                         sealed = (*found)->sealed;
                       }));
  loop.run_ready();
  EXPECT_FALSE(sealed.empty());
  EXPECT_EQ(sealed.find("hunter2"), std::string::npos);
}

TEST_F(SecretVaultTest, ASealedTextIsOfNoUseInAnotherPlace) {
  auto vault = open();
  set(vault, {"c", "x"}, "of c");
  std::string sealed;
  store->secrets().get(
      {"c", "x"}, std::nullopt,
      Reply<std::optional<SealedSecret>>([&](auto found) { sealed = (*found)->sealed; }));
  loop.run_ready();
  // As whoever can write the database would, to read it as another company.
  store->secrets().add(
      {"d", "x"}, [&](std::int64_t) { return sealed; }, {},
      Reply<std::int64_t>([](auto version) { EXPECT_TRUE(version); }));
  loop.run_ready();
  EXPECT_EQ(get(vault, {"d", "x"}),
            "store_unavailable: secret \"x\" was not sealed by the key in " + key_file.string());
}

TEST_F(SecretVaultTest, WithoutItsKeyNothingIsReadAndNothingSealedAnew) {
  auto first = open();
  set(first, {"c", "x"}, "one");
  std::filesystem::rename(key_file, folder / "copy");
  auto vault = open();
  const auto gone =
      "store_unavailable: the key of the secret store is gone: there is no " + key_file.string();
  EXPECT_EQ(get(vault, {"c", "x"}), gone);
  EXPECT_EQ(set(vault, {"c", "y"}, "two"), gone);
  EXPECT_FALSE(std::filesystem::exists(key_file));
  std::filesystem::rename(folder / "copy", key_file);
  EXPECT_EQ(get(vault, {"c", "x"}), "\"one\"");
  EXPECT_EQ(set(vault, {"c", "y"}, "two"), "1");
}

TEST_F(SecretVaultTest, AnotherKeyOpensNothing) {
  auto first = open();
  set(first, {"c", "x"}, "one");
  std::filesystem::remove(key_file);
  ASSERT_TRUE(make_key(key_file));
  auto vault = open();
  EXPECT_EQ(get(vault, {"c", "x"}),
            "store_unavailable: secret \"x\" was not sealed by the key in " + key_file.string());
}

TEST_F(SecretVaultTest, AKeyThatOthersMayReadIsRefused) {
  auto first = open();
  set(first, {"c", "x"}, "one");
  ::chmod(key_file.c_str(), 0640);
  auto vault = open();
  const auto refused = "forbidden: " + key_file.string() +
                       " may be read or changed by other users (its mode is 0640)";
  EXPECT_EQ(get(vault, {"c", "x"}), refused);
  EXPECT_EQ(set(vault, {"c", "x"}, "two"), refused);
}

TEST_F(SecretVaultTest, ValuesAreTextUpToALimit) {
  auto vault = open({.value_bytes_max = 5});
  EXPECT_EQ(set(vault, {"c", "x"}, "12345"), "1");
  EXPECT_EQ(set(vault, {"c", "x"}, "123456"),
            "payload_too_large: the value of the secret has 6 bytes, the limit is 5");
  EXPECT_EQ(set(vault, {"c", "x"}, ""), "invalid_request: the value of the secret is empty");
  EXPECT_EQ(set(vault, {"c", "x"}, "\xff"),
            "invalid_request: the value of the secret is no UTF-8 text");
  EXPECT_EQ(set(vault, {"c", "../x"}, "1").substr(0, 30), "invalid_request: a secret's na");
}

}  // namespace
}  // namespace collet::services
