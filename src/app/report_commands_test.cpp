// What `collet plugin logs`, `activity` and `jobs` print, letter by letter.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_fixture.hpp"

namespace collet::app {
namespace {

class ReportCommandsTest : public AppTest {};

TEST_F(ReportCommandsTest, LogsAreReadFromTheOldest) {
  answer("GET /api/plugins/x/logs",
         R"([{"level":"error","message":"two\n\u001b[2J","meta":{"n": 1},)"
         R"("createdAt":"2026-11-20T06:22:31.500Z"},)"
         R"({"level":"info","message":"one","meta":null,"createdAt":"2026-11-20T06:22:29.038Z"}])");
  EXPECT_EQ(run({"plugin", "logs", "x"}), 0);
  EXPECT_EQ(terminal.out_text,
            "2026-11-20 06:22:29  info   one\n"
            "2026-11-20 06:22:31  error  two\\n\\x1b[2J  {\"n\":1}\n");
}

TEST_F(ReportCommandsTest, LogsAreFilteredByTheDaemon) {
  answer("GET /api/plugins/x/logs?limit=500&level=warn&since=2026-11-20T06%3A12%3A29.000Z", "[]");
  EXPECT_EQ(run({"plugin", "logs", "x", "--limit", "500", "--level", "warn", "--since", "10m"}), 0);
  EXPECT_EQ(terminal.out_text, "No log lines.\n");
  answer("GET /api/plugins/x/logs?level=metric&companyId=a%20b", "[]");
  EXPECT_EQ(run({"plugin", "logs", "x", "--level", "metric", "--company", "a b"}), 0);
  answer("GET /api/plugins/x/logs?since=2026-11-20T00%3A00%3A00.000Z", "[]");
  EXPECT_EQ(run({"plugin", "logs", "x", "--since", "2026-11-20", "--json"}), 0);
  answer("GET /api/plugins/x/logs?since=2026-11-20T05%3A00%3A00.000Z", "[]");
  EXPECT_EQ(run({"plugin", "logs", "x", "--since", "2026-11-20T06:00:00+01:00", "--json"}), 0);
  EXPECT_EQ(terminal.out_text, "[]\n");
  EXPECT_EQ(run({"plugin", "logs", "x", "--since", "yesterday"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: --since wants a duration or a time, got \"yesterday\"\n"
            "  hint: write for example 10m, 2026-11-20 or 2026-11-20T06:00:00Z\n");
}

TEST_F(ReportCommandsTest, LogLimitsHaveTwoSides) {
  answer("GET /api/plugins/x/logs?limit=1", "[]");
  EXPECT_EQ(run({"plugin", "logs", "x", "--limit", "1"}), 0);
  EXPECT_EQ(run({"plugin", "logs", "x", "--limit", "0"}), 2);
  EXPECT_EQ(run({"plugin", "logs", "x", "--limit", "501"}), 2);
  EXPECT_EQ(run({"plugin", "logs", "x", "--level", "loud"}), 2);
  EXPECT_TRUE(requests.empty());
}

TEST_F(ReportCommandsTest, ActivityIsReadFromTheOldest) {
  answer("GET /api/plugins/x/activity?limit=2&kind=activity&companyId=acme",
         R"([{"kind":"telemetry","message":"plugin.x.e","entityType":null,"entityId":null,)"
         R"("metadata":{"n": 1},"createdAt":"2026-11-20T06:22:31.500Z"},)"
         R"({"kind":"activity","message":"did","entityType":"issue","entityId":"7",)"
         R"("metadata":null,"createdAt":"2026-11-20T06:22:29.038Z"}])");
  EXPECT_EQ(
      run({"plugin", "activity", "x", "--limit", "2", "--kind", "activity", "--company", "acme"}),
      0);
  EXPECT_EQ(terminal.out_text,
            "2026-11-20 06:22:29  activity   issue 7  did\n"
            "2026-11-20 06:22:31  telemetry           plugin.x.e  {\"n\":1}\n");
  answer("GET /api/plugins/x/activity?since=2026-11-20T06%3A12%3A29.000Z", "[]");
  EXPECT_EQ(run({"plugin", "activity", "x", "--since", "10m"}), 0);
  EXPECT_EQ(terminal.out_text, "No activity.\n");
  EXPECT_EQ(run({"plugin", "activity", "x", "--kind", "odd"}), 2);
}

TEST_F(ReportCommandsTest, JobsAreListedWithTheirTimes) {
  answer("GET /api/plugins/x/jobs",
         R"([{"jobKey":"sync","displayName":"Sync","schedule":"0 * * * *","status":"active",)"
         R"("problem":null,"lastRunAt":null,"nextRunAt":"2026-11-20T07:00:00.000Z"},)"
         R"({"jobKey":"b","displayName":"B","schedule":"","status":"active","problem":null,)"
         R"("lastRunAt":"2026-11-20T06:00:01.000Z","nextRunAt":null},)"
         R"({"jobKey":"c","displayName":"C","schedule":"0 0 30 2 *","status":"failed",)"
         R"("problem":"is never due","lastRunAt":null,"nextRunAt":null}])");
  EXPECT_EQ(run({"plugin", "jobs", "x"}), 0);
  EXPECT_EQ(terminal.out_text,
            "JOB   SCHEDULE    STATUS  LAST RUN             NEXT RUN             WHAT\n"
            "sync  0 * * * *   active                       2026-11-20 07:00:00  Sync\n"
            "b     by hand     active  2026-11-20 06:00:01                       B\n"
            "c     0 0 30 2 *  failed                                            is never due\n");
  answer("GET /api/plugins/y/jobs", "[]");
  EXPECT_EQ(run({"plugin", "jobs", "y"}), 0);
  EXPECT_EQ(terminal.out_text, "The plugin declares no jobs.\n");
  EXPECT_EQ(run({"plugin", "jobs", "y", "--json"}), 0);
  EXPECT_EQ(terminal.out_text, "[]\n");
}

TEST_F(ReportCommandsTest, RunsOfAJobAreReadFromTheOldest) {
  answer("GET /api/plugins/x/jobs/a%20b/runs?limit=7",
         R"([{"trigger":"manual","status":"failed","durationMs":1234,"error":"no\nway",)"
         R"("createdAt":"2026-11-20T07:00:00.000Z"},{"trigger":"schedule","status":"running",)"
         R"("durationMs":null,"error":null,"createdAt":"2026-11-20T06:00:00.000Z"}])");
  EXPECT_EQ(run({"plugin", "jobs", "x", "runs", "a b", "--limit", "7"}), 0);
  EXPECT_EQ(terminal.out_text,
            "2026-11-20 06:00:00  schedule  running\n"
            "2026-11-20 07:00:00  manual    failed   1.2 s  no\\nway\n");
}

TEST_F(ReportCommandsTest, RunWaitsForTheEnd) {
  answer("POST /api/plugins/x/jobs/sync/trigger?wait=true",
         R"({"runId":"1","jobId":"sync","run":{"status":"succeeded","durationMs":2049}})");
  EXPECT_EQ(run({"plugin", "jobs", "x", "run", "sync"}), 0);
  EXPECT_EQ(terminal.out_text, "Ran sync in 2.0 s.\n");
  answer("POST /api/plugins/x/jobs/sync/trigger?wait=true",
         R"({"runId":"1","jobId":"sync","run":{"status":"failed","error":"no","durationMs":1}})");
  EXPECT_EQ(run({"plugin", "jobs", "x", "run", "sync"}), 4);
  EXPECT_EQ(terminal.err_text,
            "error: the job sync failed: no\n  hint: see `collet plugin logs x`\n");
  EXPECT_EQ(run({"plugin", "jobs", "x", "run", "sync", "--json"}), 4);
  EXPECT_THAT(terminal.out_text, testing::StartsWith(R"({"runId":"1")"));
}

TEST_F(ReportCommandsTest, JobsSayWhatIsMissing) {
  EXPECT_EQ(run({"plugin", "jobs", "x", "run"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: which job? `run` wants its key\n  hint: see `collet plugin jobs x`\n");
  EXPECT_EQ(run({"plugin", "jobs", "x", "eat", "sync"}), 2);
  EXPECT_TRUE(requests.empty());
}

}  // namespace
}  // namespace collet::app
