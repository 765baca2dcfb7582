#include "app/editor.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_fixture.hpp"

namespace collet::app {
namespace {

class EditorTest : public AppTest {
 protected:
  /// The text of a file that an editor of a test wrote into the data folder.
  std::string written(const std::string& name) const {
    std::ifstream file(data_dir / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_F(EditorTest, AnswersWhatTheUserSaved) {
  EXPECT_EQ(edit_text("sed -i s/a/b/", "{\"a\":1}\n"), "{\"b\":1}\n");
  EXPECT_EQ(edit_text("true", "same"), "same");
}

TEST_F(EditorTest, NobodyElseCanReadTheFileAndItIsGoneAfterwards) {
  const auto say = [&](const std::string& words) {
    return "f() { " + words + " > '" + (data_dir / "said").string() + "'; }; f";
  };
  ASSERT_TRUE(edit_text(say("stat -c %a \"$1\" \"$(dirname \"$1\")\""), "secret"));
  EXPECT_EQ(written("said"), "600\n700\n");
  ASSERT_TRUE(edit_text(say("echo \"$1\""), "secret"));
  auto path = written("said");
  ASSERT_THAT(path, testing::EndsWith("/config.json\n"));
  path.pop_back();
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(path).parent_path()));
}

TEST_F(EditorTest, AnEditorMayPutAnotherFileInItsPlace) {
  EXPECT_EQ(edit_text("f() { echo new > \"$1.new\"; mv \"$1.new\" \"$1\"; }; f", "old"), "new\n");
}

TEST_F(EditorTest, AnEditorThatFailsChangesNothing) {
  const auto failed = edit_text("false", "text");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "the editor \"false\" exited with code 1");
  EXPECT_EQ(failed.error().remedy, "name another with VISUAL or EDITOR");
  const auto killed = edit_text("kill -9 $$; true", "text");
  ASSERT_FALSE(killed);
  EXPECT_EQ(killed.error().message, "the editor \"kill -9 $$; true\" was ended by a signal");
}

TEST_F(EditorTest, AnEditorThatIsNotThereIsNamed) {
  testing::internal::CaptureStderr();  // the shell says it, too
  const auto missing = edit_text("no-such-editor", "text");
  testing::internal::GetCapturedStderr();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "the editor \"no-such-editor\" exited with code 127");
}

}  // namespace
}  // namespace collet::app
