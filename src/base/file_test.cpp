#include "base/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/no_descriptors.hpp"

namespace collet {
namespace {

class FileTest : public testing::Test {
 protected:
  FileTest() {
    auto pattern = (std::filesystem::temp_directory_path() / "collet-file-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    file = folder / "f";
  }
  ~FileTest() override { std::filesystem::remove_all(folder); }
  void write(std::string_view text) const { std::ofstream(file, std::ios::binary) << text; }
  static std::string failure(const Result<std::string>& read) {
    return read ? "it was read" : read.error().message;
  }

  std::filesystem::path folder;
  std::filesystem::path file;
};

TEST_F(FileTest, ThatItCannotBeOpenedNowIsNotTheFilesFault) {
  write("a");
  Result<std::string> text = "";
  {
    const NoDescriptors none;
    text = read_file(file, 3);
  }
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::overloaded);
  EXPECT_TRUE(text.error().message.starts_with(file.string() +
                                               " cannot be read: the host has too many open files"))
      << text.error().message;
}

TEST_F(FileTest, ReadsUpToTheLimitAndNotOneByteMore) {
  write("");
  EXPECT_EQ(read_file(file, 0), "");
  write(std::string("a\0b", 3));
  EXPECT_EQ(read_file(file, 3), std::string("a\0b", 3));
  EXPECT_EQ(failure(read_file(file, 2)),
            file.string() + " cannot be read: it has more than 2 bytes");
  const std::string large(300'000, 'x');
  write(large);
  EXPECT_EQ(read_file(file, 300'000), large);
  EXPECT_FALSE(read_file(file, 299'999));
}

TEST_F(FileTest, EndlessFilesEnd) {
  EXPECT_EQ(failure(read_file("/dev/zero", 1000, FileKind::any_stream)),
            "/dev/zero cannot be read: it has more than 1000 bytes");
  EXPECT_EQ(failure(read_file("/dev/zero", 1000)),
            "/dev/zero cannot be read: it is no regular file");
}

TEST_F(FileTest, SaysWhyItCannot) {
  EXPECT_EQ(failure(read_file(file, 9)),
            file.string() + " cannot be read: No such file or directory");
  EXPECT_EQ(failure(read_file(folder, 9, FileKind::any_stream)),
            folder.string() + " cannot be read: Is a directory");
}

TEST_F(FileTest, APipeIsReadWhereStreamsAreWantedAndElseNotWaitedFor) {
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(failure(read_file(file, 9)), file.string() + " cannot be read: it is no regular file");
  std::thread writer([this] { write("piped"); });
  EXPECT_EQ(read_file(file, 5, FileKind::any_stream), "piped");
  writer.join();
}

}  // namespace
}  // namespace collet
