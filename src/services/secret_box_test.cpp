#include "services/secret_box.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

namespace collet::services {
namespace {

std::string opened(const SecretKey& key, std::string_view sealed, std::string_view purpose) {
  const auto value = key.open(sealed, purpose);
  return value ? "opened: " + std::string(value->reveal()) : "nothing";
}

TEST(SecretText, LeavesNothingBehind) {
  std::string value = "a secret that is longer than what a string holds in itself";
  const SecretText kept(std::move(value));
  EXPECT_EQ(kept.reveal(), "a secret that is longer than what a string holds in itself");
  EXPECT_TRUE(value.empty());  // NOLINT: that it is wiped is what this is about
  std::string text = "secret";
  const auto* const bytes = text.data();
  wipe(text);
  EXPECT_EQ(std::string_view(bytes, 6), std::string_view("\0\0\0\0\0\0", 6));
}

TEST(SecretText, MovesLeaveTheOtherEmpty) {
  SecretText one(std::string("one"));
  SecretText two(std::move(one));
  EXPECT_EQ(one.reveal(), "");  // NOLINT
  EXPECT_EQ(two.copy().reveal(), "one");
  SecretText three;
  three = std::move(two);
  EXPECT_EQ(three.reveal(), "one");
}

TEST(SecretKey, OpensWhatItSealedAndForThatOnly) {
  const auto key = SecretKey::random();
  const std::string value("a\0\xff value", 9);
  const auto sealed = key.seal(value, "acme/x/1");
  EXPECT_EQ(sealed.find("value"), std::string::npos);
  EXPECT_EQ(opened(key, sealed, "acme/x/1"), "opened: " + value);
  EXPECT_EQ(opened(key, sealed, "acme/x/2"), "nothing");
  EXPECT_EQ(opened(SecretKey::random(), sealed, "acme/x/1"), "nothing");
  EXPECT_NE(key.seal(value, "acme/x/1"), sealed);
  EXPECT_EQ(opened(key, key.seal("", "p"), "p"), "opened: ");
}

TEST(SecretKey, EveryByteOfASealedTextCounts) {
  const auto key = SecretKey::random();
  const auto sealed = key.seal("value", "p");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(opened(key, changed, "p"), "nothing") << i;
    EXPECT_EQ(opened(key, sealed.substr(0, i), "p"), "nothing") << i;
  }
  EXPECT_EQ(opened(key, sealed + "A", "p"), "nothing");
}

TEST(SecretKey, IsTheSameFromItsText) {
  const auto key = SecretKey::random();
  const auto text = key.to_text();
  EXPECT_EQ(text.reveal().size(), 2 * SecretKey::size);
  const auto same = SecretKey::from_text(std::string(text.reveal()) + "\n");
  ASSERT_TRUE(same);
  EXPECT_EQ(opened(*same, key.seal("v", "p"), "p"), "opened: v");
  const std::string digits(2 * SecretKey::size, 'a');
  EXPECT_TRUE(SecretKey::from_text(digits));
  for (const auto& other :
       {digits.substr(2), digits + "aa", digits.substr(1) + "x", std::string()}) {
    EXPECT_FALSE(SecretKey::from_text(other)) << other;
  }
}

class KeyFileTest : public testing::Test {
 protected:
  KeyFileTest() {
    auto pattern = (std::filesystem::temp_directory_path() / "collet-key-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    file = folder / "secrets.key";
  }
  ~KeyFileTest() override { std::filesystem::remove_all(folder); }

  std::filesystem::path folder;
  std::filesystem::path file;
};

TEST_F(KeyFileTest, IsMadeOnceForItsOwnerAlone) {
  const auto none = read_key(file);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  const auto made = make_key(file);
  ASSERT_TRUE(made) << made.error().message;
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  const auto again = make_key(file);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->to_text().reveal(), made->to_text().reveal());
  const auto read = read_key(file);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->to_text().reveal(), made->to_text().reveal());
}

TEST_F(KeyFileTest, OneThatOthersMayReadIsRefused) {
  ASSERT_TRUE(make_key(file));
  ::chmod(file.c_str(), 0644);
  const auto key = read_key(file);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, ErrorCode::forbidden);
}

TEST_F(KeyFileTest, HasALimit) {
  const std::string digits(2 * SecretKey::size, 'a');
  const auto write = [&](std::size_t size) {
    std::ofstream(file) << digits << std::string(size - digits.size(), '\n');
    ::chmod(file.c_str(), 0600);
  };
  write(1024);
  EXPECT_TRUE(read_key(file));
  write(1025);
  EXPECT_EQ(read_key(file).error().message,
            file.string() + " cannot be read: it has more than 1024 bytes");
}

TEST_F(KeyFileTest, OneThatHoldsNoKeyIsNotReplaced) {
  std::ofstream(file) << "no key\n";
  ::chmod(file.c_str(), 0600);
  for (const auto& error : {read_key(file).error(), make_key(file).error()}) {
    EXPECT_EQ(error.message, file.string() + " holds no key of the secret store");
  }
}

}  // namespace
}  // namespace collet::services
