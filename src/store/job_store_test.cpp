#include "store/job_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/virtual_loop.hpp"
#include "store/sqlite_store.hpp"
#include "store/store_test_support.hpp"

namespace collet {
namespace {
using namespace std::chrono_literals;
using test::k_noon;
using testing::ElementsAre;

class JobStoreTest : public testing::Test {
 protected:
  JobStoreTest() {
    for (const auto* name : {"a", "b"}) {
      store_->plugins().insert(test::sample_record(name),
                               Reply<PluginRecord>([](auto row) { ASSERT_TRUE(row); }));
    }
    loop_.run_ready();
  }

  static JobRun run(std::string id, std::string key = "sync", std::string plugin = "id-a") {
    return {.id = std::move(id),
            .plugin_id = std::move(plugin),
            .job_key = std::move(key),
            .scheduled_at = k_noon,
            .created_at = k_noon,
            .started_at = k_noon};
  }
  /// "done", or why not.
  template <class Ask>
  std::string outcome(Ask ask) {
    std::string answer;
    ask(Reply<Done>([&](Result<Done> done) {
      answer = done ? "done" : std::string(describe(done.error().code).name);
    }));
    loop_.run_ready();
    return answer;
  }
  std::string begin(JobRun given) {
    return outcome([&](auto reply) { store_->jobs().begin(std::move(given), std::move(reply)); });
  }
  std::string finish(JobRun given) {
    return outcome([&](auto reply) { store_->jobs().finish(std::move(given), std::move(reply)); });
  }
  std::vector<JobRun> runs(JobRunQuery query = {.plugin_id = "id-a", .limit = 500}) {
    std::vector<JobRun> found;
    store_->jobs().list(std::move(query), Reply<std::vector<JobRun>>([&](auto list) {
                          ASSERT_TRUE(list) << list.error().message;
                          found = *list;
                        }));
    loop_.run_ready();
    return found;
  }
  /// Newest first, as "id status".
  std::vector<std::string> said(JobRunQuery query = {.plugin_id = "id-a", .limit = 500}) {
    std::vector<std::string> lines;
    for (const auto& each : runs(std::move(query)))
      lines.push_back(each.id + " " + std::string(to_string(each.status)));
    return lines;
  }

  VirtualLoop loop_;
  std::unique_ptr<Store> store_ = *make_memory_store(loop_, {.runs_per_job_max = 3});
};

TEST_F(JobStoreTest, KeepsWhatBecameOfARun) {
  auto one = run("1");
  one.trigger = JobTrigger::manual;
  one.scheduled_at = k_noon - 1s;
  EXPECT_EQ(begin(one), "done");
  auto kept = runs().at(0);
  EXPECT_EQ(kept.plugin_id, "id-a");
  EXPECT_EQ(kept.job_key, "sync");
  EXPECT_EQ(kept.trigger, JobTrigger::manual);
  EXPECT_EQ(kept.status, JobRunStatus::running);
  EXPECT_EQ(kept.scheduled_at, k_noon - 1s);
  EXPECT_EQ(kept.created_at, k_noon);
  EXPECT_EQ(kept.started_at, k_noon);
  EXPECT_EQ(kept.error, std::nullopt);
  EXPECT_EQ(kept.finished_at, std::nullopt);
  EXPECT_EQ(kept.duration, std::nullopt);

  one.status = JobRunStatus::failed;
  one.error = "out of cheese";
  one.finished_at = k_noon + 2s;
  one.duration = 2001ms;
  EXPECT_EQ(finish(one), "done");
  kept = runs().at(0);
  EXPECT_EQ(kept.status, JobRunStatus::failed);
  EXPECT_EQ(kept.error, "out of cheese");
  EXPECT_EQ(kept.finished_at, k_noon + 2s);
  EXPECT_EQ(kept.duration, 2001ms);
}

TEST_F(JobStoreTest, ARunThatDidNotBeginIsKeptAtOnce) {
  auto skipped = run("1");
  skipped.status = JobRunStatus::cancelled;
  skipped.started_at.reset();
  skipped.finished_at = k_noon;
  skipped.error = "skipped";
  EXPECT_EQ(begin(skipped), "done");
  const auto kept = runs().at(0);
  EXPECT_EQ(kept.status, JobRunStatus::cancelled);
  EXPECT_EQ(kept.error, "skipped");
  EXPECT_EQ(kept.started_at, std::nullopt);
  EXPECT_EQ(kept.finished_at, k_noon);
}

TEST_F(JobStoreTest, RunsAreOfAPluginAndAJob) {
  begin(run("1", "x"));
  begin(run("2", "y"));
  begin(run("3", "x", "id-b"));
  EXPECT_THAT(said({.plugin_id = "id-a"}), testing::UnorderedElementsAre("1 running", "2 running"));
  EXPECT_THAT(said({.plugin_id = "id-a", .job_key = "x"}), ElementsAre("1 running"));
  EXPECT_THAT(said({.plugin_id = "id-b"}), ElementsAre("3 running"));
  EXPECT_EQ(begin(run("4", "x", "nobody")), "plugin_not_found");
}

TEST_F(JobStoreTest, NewestComeFirstAndNoMoreThanAskedFor) {
  for (const auto* id : {"1", "2", "3"}) begin(run(id));
  EXPECT_THAT(said({.plugin_id = "id-a", .limit = 2}), ElementsAre("3 running", "2 running"));
}

TEST_F(JobStoreTest, OfEachJobTheLastRunsAreKeptAndOneThatGoesOn) {
  begin(run("goes on"));
  for (const auto* id : {"1", "2", "3", "4"}) {
    auto done = run(id);
    done.status = JobRunStatus::succeeded;
    begin(done);
    begin(run(std::string("other ") + id, "other " + std::string(id)));
  }
  EXPECT_THAT(said({.plugin_id = "id-a", .job_key = "sync", .limit = 9}),
              ElementsAre("4 succeeded", "3 succeeded", "2 succeeded", "goes on running"));
  EXPECT_EQ(runs().size(), 8u);
}

TEST_F(JobStoreTest, SaysWhenEachJobBeganLast) {
  begin(run("1", "x"));
  auto later = run("2", "x");
  later.started_at = k_noon + 5s;
  begin(later);
  auto skipped = run("3", "x");
  skipped.started_at.reset();
  begin(skipped);
  begin(run("4", "y"));
  auto never = run("5", "z");
  never.started_at.reset();
  begin(never);
  std::vector<std::string> said;
  store_->jobs().last_starts("id-a", Reply<std::vector<JobStart>>([&](auto starts) {
                               for (const auto& start : *starts)
                                 said.push_back(start.job_key + " " + to_iso8601(start.at));
                             }));
  loop_.run_ready();
  EXPECT_THAT(said, ElementsAre("x " + to_iso8601(k_noon + 5s), "y " + to_iso8601(k_noon)));
}

TEST_F(JobStoreTest, RunsOfAHostThatIsGoneAreEnded) {
  auto done = run("1");
  done.status = JobRunStatus::succeeded;
  begin(done);
  begin(run("2"));
  EXPECT_EQ(outcome([&](auto reply) {
              store_->jobs().end_unfinished("the host ended", k_noon + 1h, std::move(reply));
            }),
            "done");
  EXPECT_THAT(said(), ElementsAre("2 failed", "1 succeeded"));
  EXPECT_EQ(runs().at(0).error, "the host ended");
  EXPECT_EQ(runs().at(0).finished_at, k_noon + 1h);
}

TEST_F(JobStoreTest, RunsGoWithTheirPlugin) {
  begin(run("1"));
  store_->plugins().remove("id-a", Reply<Done>([](auto done) { EXPECT_TRUE(done); }));
  EXPECT_EQ(finish(run("1")), "done");
  EXPECT_THAT(said(), ElementsAre());
}

}  // namespace
}  // namespace collet
