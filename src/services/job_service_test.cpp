#include "services/job_service.hpp"

#include "services/fake_workers.hpp"
#include "services/services_fixture.hpp"
#include "services/zone_rules_for_tests.hpp"

namespace collet::services {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view k_sync =
    R"({"jobs":[{"jobKey":"sync","displayName":"Sync","schedule":"*/5 * * * *"}]})";

class JobServiceTest : public ServicesTest {
 protected:
  JobServiceTest() {
    jobs.attach(workers);
    jobs.follow(events);
    loop.run_ready();
  }
  ~JobServiceTest() override {
    for (; !workers.calls.empty(); loop.run_ready()) workers.answer();
  }

  void enable(std::string_view manifest_json = k_sync) {
    events.tell(PluginEventType::enabled, "u", manifest_json);
  }
  /// Lets time pass, on the wall too.
  void pass(Clock::duration duration) { loop.advance(duration); }
  /// What is recorded of a plugin, newest first, as "job trigger status error".
  std::vector<std::string> recorded(std::string plugin_id = "u") {
    std::vector<std::string> lines;
    store->jobs().list({.plugin_id = std::move(plugin_id), .limit = 500},
                       Reply<std::vector<JobRun>>([&](auto runs) {
                         for (const auto& run : *runs) {
                           lines.push_back(run.job_key + " " + std::string(to_string(run.trigger)) +
                                           " " + std::string(to_string(run.status)) +
                                           (run.error ? " " + *run.error : ""));
                         }
                       }));
    loop.run_ready();
    return lines;
  }
  JobRun last_run() {
    std::vector<JobRun> found;
    store->jobs().list({.plugin_id = "u", .limit = 1},
                       Reply<std::vector<JobRun>>([&](auto runs) { found = *runs; }));
    loop.run_ready();
    return found.at(0);
  }
  /// "status" of the run that was triggered, or the error; empty while it is not answered.
  std::shared_ptr<std::string> trigger(const std::string& key, JobWait wait = JobWait::for_start) {
    auto answer = std::make_shared<std::string>();
    jobs.trigger("u", key, wait, Reply<JobRun>([answer](Result<JobRun> run) {
                   *answer = run ? std::string(to_string(run->status))
                                 : std::string(describe(run.error().code).name) + ": " +
                                       run.error().message;
                 }));
    loop.run_ready();
    return answer;
  }

  FakeWorkers workers;
  FakeEvents events;
  const TimePoint begin = loop.now();
  WallTime noon = utc("2026-05-01T12:00");  ///< what the wall shows at first; moved by tests
  JobService jobs{{.loop = loop,
                   .store = store->jobs(),
                   .entropy = *entropy,
                   .wall_clock = [this] { return noon + (loop.now() - begin); },
                   .zone = utc_rules(),
                   .log = log},
                  {.scheduled_per_plugin_max = 2, .error_bytes_max = 10}};
};

TEST_F(JobServiceTest, RunsAJobWhenItIsDue) {
  enable();
  pass(5min - 1ns);
  EXPECT_TRUE(workers.calls.empty());
  pass(1ns);
  ASSERT_EQ(workers.calls.size(), 1u);
  const auto& [plugin_id, request, reply] = workers.calls[0];
  EXPECT_EQ(plugin_id, "u");
  EXPECT_EQ(request.method, "runJob");
  EXPECT_EQ(request.params_json,
            R"({"job":{"jobKey":"sync","runId":")" + last_run().id +
                R"(","trigger":"schedule","scheduledAt":"2026-05-01T12:05:00.000Z"}})");
  EXPECT_EQ(request.company_id, "");
  EXPECT_EQ(request.deadline.when(), loop.now() + 15min);
  EXPECT_THAT(recorded(), ElementsAre("sync schedule running"));
  pass(1500ms);
  workers.answer();
  EXPECT_THAT(recorded(), ElementsAre("sync schedule succeeded"));
  const auto run = last_run();
  EXPECT_EQ(utc_text(run.scheduled_at), "2026-05-01T12:05");
  EXPECT_EQ(utc_text(*run.started_at), "2026-05-01T12:05");
  EXPECT_EQ(run.finished_at, *run.started_at + 1500ms);
  EXPECT_EQ(run.duration, 1500ms);
  pass(5min - 1500ms);
  EXPECT_EQ(workers.calls.size(), 1u);
}

TEST_F(JobServiceTest, WhatAJobFailsOfIsKeptInAFewWords) {
  enable();
  pass(5min);
  workers.answer(fail(ErrorCode::tool_error, "out of cheese"));
  EXPECT_THAT(recorded(), ElementsAre("sync schedule failed out of che"));
  pass(5min);
  workers.answer(fail(ErrorCode::tool_error, "no cheese!"));
  EXPECT_EQ(last_run().error, "no cheese!");
}

TEST_F(JobServiceTest, AJobDoesNotOverlapItself) {
  enable();
  pass(5min);
  const auto running = last_run().id;
  pass(5min);
  EXPECT_EQ(workers.calls.size(), 1u);
  const auto skipped = last_run();
  EXPECT_EQ(skipped.status, JobRunStatus::cancelled);
  EXPECT_EQ(skipped.error, "skipped: the run " + running + " still went on");
  EXPECT_EQ(utc_text(skipped.scheduled_at), "2026-05-01T12:10");
  EXPECT_EQ(skipped.started_at, std::nullopt);
  EXPECT_EQ(*trigger("sync"),
            "invalid_transition: Job \"sync\" is already running — cannot trigger while in "
            "progress");
  workers.answer();
  pass(5min);
  EXPECT_EQ(workers.calls.size(), 1u);
  EXPECT_EQ(recorded().size(), 3u);
}

TEST_F(JobServiceTest, JobsOfOnePluginRunSideBySide) {
  enable(R"({"jobs":[{"jobKey":"a","displayName":"A","schedule":"* * * * *"},)"
         R"({"jobKey":"b","displayName":"B","schedule":"* * * * *"}]})");
  pass(1min);
  EXPECT_EQ(workers.calls.size(), 2u);
}

TEST_F(JobServiceTest, AWorkerThatDoesNotRunIsTheReasonOfAFailure) {
  enable();
  pass(5min);
  workers.answer(fail(ErrorCode::worker_unavailable, "is gone"));
  EXPECT_THAT(recorded(), ElementsAre("sync schedule failed is gone"));
}

TEST_F(JobServiceTest, JobsOfPluginsThatDoNotRunAreNotDue) {
  for (const auto type : {PluginEventType::disabled, PluginEventType::error,
                          PluginEventType::upgrade_pending, PluginEventType::unloaded}) {
    enable();
    events.tell(type, "u");
    pass(1h);
    EXPECT_TRUE(workers.calls.empty());
    EXPECT_EQ(*trigger("sync"), "invalid_transition: the plugin is not running");
  }
  EXPECT_EQ(loop.pending_timers(), 0u);
}

TEST_F(JobServiceTest, WhoStopsAPluginOrAHostCancelsItsRuns) {
  enable();
  pass(5min);
  events.tell(PluginEventType::disabled, "u");
  workers.answer(fail(ErrorCode::worker_unavailable, "stopped"));
  EXPECT_THAT(recorded(), ElementsAre("sync schedule cancelled stopped"));
  enable();
  pass(5min);
  workers.answer(fail(ErrorCode::shutting_down, "ends"));
  EXPECT_EQ(recorded().at(0), "sync schedule cancelled ends");
}

TEST_F(JobServiceTest, ARestartLosesNoTimeAndAnUpgradeMayChangeIt) {
  enable();
  pass(4min);
  enable();
  pass(1min);
  EXPECT_EQ(workers.calls.size(), 1u);
  workers.answer();
  enable(R"({"jobs":[{"jobKey":"new","displayName":"N","schedule":"7 * * * *"}]})");
  pass(5min);
  ASSERT_EQ(workers.calls.size(), 1u);
  EXPECT_THAT(workers.last().params_json, HasSubstr(R"("jobKey":"new")"));
  workers.answer();
  enable(R"({"jobs":[{"jobKey":"new","displayName":"N"}]})");
  pass(2h);
  EXPECT_TRUE(workers.calls.empty());
}

TEST_F(JobServiceTest, AManualRunIsAnsweredAtItsStart) {
  enable(R"({"jobs":[{"jobKey":"by hand","displayName":"B"}]})");
  pass(1h);
  EXPECT_TRUE(workers.calls.empty());
  EXPECT_EQ(*trigger("by hand"), "running");
  EXPECT_THAT(workers.last().params_json, HasSubstr(R"("trigger":"manual")"));
  EXPECT_THAT(workers.last().params_json, HasSubstr(R"("scheduledAt":"2026-05-01T13:00:00.000Z")"));
  workers.answer();
  EXPECT_THAT(recorded(), ElementsAre("by hand manual succeeded"));
  EXPECT_EQ(*trigger("no such"), "not_found: Job not found");
}

TEST_F(JobServiceTest, OrAtItsEnd) {
  enable();
  const auto answer = trigger("sync", JobWait::for_end);
  EXPECT_EQ(*answer, "");
  workers.answer(fail(ErrorCode::tool_error, "no"));
  loop.run_ready();
  EXPECT_EQ(*answer, "failed");
}

TEST_F(JobServiceTest, SaysWhereEachJobStands) {
  constexpr std::string_view declared =
      R"({"jobs":[{"jobKey":"a","displayName":"A","description":"d","schedule":"0 0 1 1 *"},)"
      R"({"jobKey":"b","displayName":"B","schedule":"0 0 30 2 *"},{"jobKey":"c","displayName":"C"},)"
      R"({"jobKey":"d","displayName":"D","schedule":"0 * * * *"},)"
      R"({"jobKey":"e","displayName":"E","schedule":"0 * * * *"}]})";
  const auto said = [&] {
    std::vector<std::string> lines;
    for (const auto& job : jobs.jobs("u", declared)) {
      lines.push_back(job.declared.key + " " + std::string(to_string(job.status)) + " " +
                      job.problem + (job.next_run_at ? utc_text(*job.next_run_at) : ""));
    }
    return lines;
  };
  EXPECT_THAT(said(), ElementsAre("a paused ", "b paused ", "c paused ", "d paused ", "e paused "));
  enable(declared);
  EXPECT_THAT(said(), ElementsAre("a active 2027-01-01T00:00",
                                  "b failed \"0 0 30 2 *\" is never due: no month that it names "
                                  "has a day that it names",
                                  "c active ", "d active 2026-05-01T13:00",
                                  "e failed the plugin has more than 2 jobs with a schedule"));
  EXPECT_THAT(
      log.alarms(),
      ElementsAre(HasSubstr("warn a job has no schedule that can be kept plugin=acme.x job=b"),
                  HasSubstr("job=e")));
  EXPECT_EQ(jobs.jobs("u", declared)[0].declared.display_name, "A");
  EXPECT_EQ(jobs.jobs("u", declared)[0].declared.description, "d");
}

TEST_F(JobServiceTest, AJumpOfTheClockIsSeenWithinAMinute) {
  enable(R"({"jobs":[{"jobKey":"daily","displayName":"D","schedule":"0 3 * * *"}]})");
  pass(10s);
  noon += 20h;
  pass(50s - 1ns);
  EXPECT_TRUE(workers.calls.empty());
  pass(1ns);
  ASSERT_EQ(workers.calls.size(), 1u);
  EXPECT_THAT(workers.last().params_json, HasSubstr(R"("scheduledAt":"2026-05-02T03:00:00.000Z")"));
  pass(2h);
  EXPECT_EQ(recorded().size(), 1u);
}

TEST_F(JobServiceTest, AClockThatIsLateByAMomentRunsNothingTwice) {
  enable();
  pass(4min + 59s);
  noon -= 1ms;  // the timer comes too soon now
  pass(1s);
  EXPECT_TRUE(workers.calls.empty());
  pass(1ms);
  EXPECT_EQ(workers.calls.size(), 1u);
  pass(4min);
  EXPECT_EQ(recorded().size(), 1u);
}

TEST_F(JobServiceTest, RunsOfAnEarlierHostAreEnded) {
  store->jobs().begin({.id = "1", .plugin_id = "u", .job_key = "sync", .created_at = noon},
                      Reply<Done>([](auto) {}));
  JobService next({.loop = loop,
                   .store = store->jobs(),
                   .entropy = *entropy,
                   .wall_clock = [this] { return noon; },
                   .zone = utc_rules(),
                   .log = log},
                  {});
  next.attach(workers);
  EXPECT_THAT(recorded(), ElementsAre("sync schedule failed the host ended before the job did"));
}

TEST_F(JobServiceTest, ARunThatCannotBeRecordedDoesNotBegin) {
  enable();
  store->plugins().remove("u", Reply<Done>([](auto) {}));
  EXPECT_EQ(*trigger("sync"), "plugin_not_found: no plugin in the store has the id u");
  EXPECT_TRUE(workers.calls.empty());
  // Nor is it taken to run.
  insert("u", "acme.x");
  EXPECT_EQ(*trigger("sync"), "running");
}

TEST_F(JobServiceTest, DrainWaitsForOpenRunsAndBeginsNone) {
  enable();
  pass(5min);
  bool drained = false;
  jobs.drain(Reply<Done>([&](Result<Done>) { drained = true; }));
  pass(1h);
  EXPECT_EQ(workers.calls.size(), 1u);
  EXPECT_EQ(*trigger("sync"), "invalid_transition: the plugin is not running");
  EXPECT_FALSE(drained);
  workers.answer(fail(ErrorCode::shutting_down, "ends"));
  loop.run_ready();
  EXPECT_TRUE(drained);
  EXPECT_THAT(recorded(), ElementsAre("sync schedule cancelled ends"));
}

}  // namespace
}  // namespace collet::services
