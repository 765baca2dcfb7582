#include "store/folder_store.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/virtual_loop.hpp"
#include "store/sqlite_store.hpp"
#include "store/store_test_support.hpp"

namespace collet {
namespace {

class FolderStoreTest : public testing::Test {
 protected:
  FolderStoreTest() { insert(); }

  void insert() {
    store_->plugins().insert(test::sample_record("a"), Reply<PluginRecord>([](auto row) {
                               ASSERT_TRUE(row) << row.error().message;
                             }));
    loop_.run_ready();
  }
  std::string set(FolderKey key, std::string path) {
    std::string answer;
    store_->folders().set(
        std::move(key),
        {.path = std::move(path),
         .access = "read",
         .required_directories_json = R"(["d"])",
         .required_files_json = "[]",
         .updated_at = from_epoch_ms(7)},
        Reply<Done>([&](auto outcome) { answer = outcome ? "done" : outcome.error().message; }));
    loop_.run_ready();
    return answer;
  }
  std::string get(FolderKey key) {
    std::string answer;
    store_->folders().get(std::move(key), Reply<std::optional<FolderSettings>>([&](auto outcome) {
                            ASSERT_TRUE(outcome);
                            const auto& row = *outcome;
                            answer = row ? row->path + " " + row->access + " " +
                                               row->required_directories_json + " " +
                                               row->required_files_json + " " +
                                               std::to_string(to_epoch_ms(row->updated_at))
                                         : "nothing";
                          }));
    loop_.run_ready();
    return answer;
  }

  VirtualLoop loop_;
  std::unique_ptr<Store> store_ = *make_memory_store(loop_);
};

TEST_F(FolderStoreTest, KeepsAFolderForEachPluginCompanyAndKey) {
  EXPECT_EQ(get({"id-a", "acme", "root"}), "nothing");
  EXPECT_EQ(set({"id-a", "acme", "root"}, "/srv/a"), "done");
  EXPECT_EQ(get({"id-a", "acme", "root"}), R"(/srv/a read ["d"] [] 7)");
  EXPECT_EQ(set({"id-a", "acme", "root"}, "/srv/b"), "done");
  EXPECT_EQ(get({"id-a", "acme", "root"}), R"(/srv/b read ["d"] [] 7)");
  EXPECT_EQ(get({"id-a", "globex", "root"}), "nothing");
  EXPECT_EQ(get({"id-a", "acme", "other"}), "nothing");
  EXPECT_EQ(set({"nobody", "acme", "root"}, "/srv/a"), "no plugin in the store has the id nobody");
}

TEST_F(FolderStoreTest, FoldersGoWithTheirPlugin) {
  EXPECT_EQ(set({"id-a", "acme", "root"}, "/srv/a"), "done");
  store_->plugins().remove("id-a", Reply<Done>([](auto done) { EXPECT_TRUE(done); }));
  insert();
  EXPECT_EQ(get({"id-a", "acme", "root"}), "nothing");
}

}  // namespace
}  // namespace collet
