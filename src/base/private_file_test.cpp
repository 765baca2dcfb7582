#include "base/private_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace collet {
namespace {

class PrivateFileTest : public testing::Test {
 protected:
  PrivateFileTest() {
    auto pattern = (std::filesystem::temp_directory_path() / "collet-private-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    file = folder / "key";
  }
  ~PrivateFileTest() override { std::filesystem::remove_all(folder); }
  void write(std::string_view text, mode_t mode) const {
    std::ofstream(file, std::ios::binary) << text;
    ::chmod(file.c_str(), mode);
  }
  static std::string failure(const Result<std::string>& read) {
    return read ? "it was read"
                : std::string(describe(read.error().code).name) + ": " + read.error().message;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }

  std::filesystem::path folder;
  std::filesystem::path file;
};

TEST_F(PrivateFileTest, IsMadeOnceAndForItsOwnerAlone) {
  EXPECT_EQ(make_private_file(file, std::string_view("a\0b", 3)), FileMade::now);
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_EQ(read_private_file(file, 3), std::string("a\0b", 3));
  EXPECT_EQ(make_private_file(file, "other"), FileMade::before);
  EXPECT_EQ(read_private_file(file, 3), std::string("a\0b", 3));
  EXPECT_EQ(files(), 1u);
}

TEST_F(PrivateFileTest, OneThatOthersMayReadOrWriteIsRefused) {
  for (const mode_t mode : {0644u, 0640u, 0604u, 0620u, 0601u}) {
    write("secret", mode);
    const auto read = read_private_file(file, 100);
    ASSERT_FALSE(read) << mode;
    EXPECT_EQ(read.error().code, ErrorCode::forbidden);
    EXPECT_EQ(read.error().remedy, "make it yours alone with: chmod 600 " + file.string());
  }
  write("secret", 0644);
  EXPECT_EQ(
      failure(read_private_file(file, 100)),
      "forbidden: " + file.string() + " may be read or changed by other users (its mode is 0644)");
  for (const mode_t mode : {0600u, 0400u, 0700u}) {
    write("secret", 0600);
    ::chmod(file.c_str(), mode);
    EXPECT_EQ(failure(read_private_file(file, 100)), "it was read") << mode;
  }
}

TEST_F(PrivateFileTest, OnlyRegularFilesUpToTheLimitAreRead) {
  EXPECT_EQ(failure(read_private_file(file, 1)),
            "invalid_request: " + file.string() + " cannot be read: No such file or directory");
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(failure(read_private_file(file, 1)),
            "invalid_request: " + file.string() + " cannot be read: it is no regular file");
  std::filesystem::remove(file);
  write("ab", 0600);
  EXPECT_EQ(failure(read_private_file(file, 2)), "it was read");
  EXPECT_EQ(failure(read_private_file(file, 1)),
            "invalid_request: " + file.string() + " cannot be read: it has more than 1 bytes");
}

TEST_F(PrivateFileTest, SaysWhyItCannotBeMade) {
  const auto made = make_private_file(folder / "missing" / "key", "x");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::store_unavailable);
  EXPECT_EQ(made.error().message, (folder / "missing" / "key").string() +
                                      " cannot be written: No such file or directory");
}

}  // namespace
}  // namespace collet
