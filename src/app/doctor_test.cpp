// What `collet doctor` prints, letter by letter.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_fixture.hpp"

namespace collet::app {
namespace {

class DoctorTest : public AppTest {
 protected:
  DoctorTest() {
    machine.programs = {{"node", {"/bin/node", "v18.19.0"}}, {"npm", {"/bin/npm", "9.2.0"}}};
    answer("GET /healthz", R"({"status":"ok","version":"0.1.0"})");
    answer("GET /api/plugins", "[]");
  }
  static std::string row(const std::string& key, const std::string& status,
                         const std::string& error = "null") {
    return R"({"pluginKey":")" + key + R"(","version":"1.0.0","status":")" + status +
           R"(","lastError":)" + error +
           R"(,"packagePath":"/opt/x","manifestJson":{"entrypoints":{"worker":"dist/w.js"}}})";
  }
  void answer_worker(const std::string& key, const std::string& worker) {
    answer("GET /api/plugins/" + key + "/dashboard", R"({"worker":)" + worker + "}");
  }
};

TEST_F(DoctorTest, AllIsWell) {
  answer("GET /api/plugins", "[" + row("acme.x", "ready") + "]");
  answer_worker("acme.x", R"({"status":"running","pid":7,"uptime":61000})");
  EXPECT_EQ(run({"doctor"}), 0);
  EXPECT_EQ(terminal.out_text,
            "ok    data folder  " + data_dir.string() +
                "\n"
                "ok    node         v18.19.0  /bin/node\n"
                "ok    npm          9.2.0  /bin/npm\n"
                "ok    daemon       http://127.0.0.1:7420  version 0.1.0\n"
                "ok    acme.x       ready, worker running, pid 7, for 1m, no crash\n"
                "\n"
                "All is well.\n");
}

TEST_F(DoctorTest, NotesDoNotFail) {
  machine.programs.clear();
  answer("GET /healthz", R"({"version":"0.0.9"})");
  EXPECT_EQ(run({"doctor"}), 0);
  EXPECT_EQ(
      terminal.out_text,
      "ok    data folder  " + data_dir.string() +
          "\n"
          "note  node         node was not found in /bin\n"
          "        -> needed for plugins in JavaScript only: install the package nodejs, or "
          "set [node] path\n"
          "note  npm          npm was not found in /bin\n"
          "        -> needed to install npm packages only: install the package npm, or set "
          "[node] npm\n"
          "note  daemon       http://127.0.0.1:7420  version 0.0.9, this command line is 0.1.0\n"
          "        -> stop the daemon and start it again with this version\n"
          "note  plugins      none is installed\n"
          "        -> collet plugin install <folder | npm package>\n"
          "\n"
          "All is well.\n");
}

TEST_F(DoctorTest, WithoutADaemonThePortIsLookedAt) {
  no_answer = Error{.code = ErrorCode::worker_unavailable, .message = "connection refused"};
  EXPECT_EQ(run({"doctor"}), 4);
  EXPECT_THAT(
      terminal.out_text,
      testing::EndsWith(
          "FAIL  daemon       no Collet daemon answers at http://127.0.0.1:7420: connection "
          "refused\n"
          "        -> start one with `collet serve` (in a source checkout: scripts/run), or "
          "name another with --url\n"
          "ok    port         127.0.0.1:7420 is free\n"
          "\n"
          "1 problem found.\n"));
  machine.listening = fail(ErrorCode::invalid_request, "Address already in use");
  machine.writing = fail(ErrorCode::invalid_request, "/x: Permission denied");
  EXPECT_EQ(run({"doctor"}), 4);
  EXPECT_THAT(terminal.out_text,
              testing::HasSubstr("FAIL  data folder  cannot be written: /x: Permission denied\n"
                                 "        -> make the folder yours, or choose another with "
                                 "--data-dir\n"));
  EXPECT_THAT(terminal.out_text,
              testing::EndsWith("FAIL  port         127.0.0.1:7420: Address already in use\n"
                                "        -> end the program that uses it, or choose another with "
                                "collet serve --listen\n"
                                "\n"
                                "3 problems found.\n"));
}

TEST_F(DoctorTest, AWrongTokenIsNamed) {
  answer("GET /api/plugins", R"({"error":"Wrong token","code":"unauthorized"})", 401);
  EXPECT_EQ(run({"doctor"}), 4);
  EXPECT_THAT(terminal.out_text, testing::HasSubstr("FAIL  token        Wrong token\n"));
}

TEST_F(DoctorTest, LimitsThatDoNotHoldAreNamed) {
  answer("GET /api/plugins", "[" + row("acme.x", "ready") + "]");
  answer_worker("acme.x",
                R"({"status":"running","totalCrashes":0,"lastExit":"",)"
                R"("limitsUnenforced":["memory_max is not enforced: no groups; be root"]})");
  EXPECT_EQ(run({"doctor"}), 0);
  EXPECT_THAT(
      terminal.out_text,
      testing::HasSubstr("note  acme.x       memory_max is not enforced: no groups; be root\n"
                         "ok    acme.x       ready, worker running, no crash\n"));
}

TEST_F(DoctorTest, PluginsInTroubleSayWhatToDo) {
  answer("GET /api/plugins",
         "[" + row("acme.off", "disabled", "\"wrong results\"") + "," +
             row("acme.bad", "error", R"("Activation failed: x\nstderr line")") + "," +
             row("acme.down", "ready") + "]");
  answer_worker("acme.down",
                R"({"status":"backoff","totalCrashes":1,"lastExit":"exited with code 3",)"
                R"("nextRestartAt":1795155749000})");
  EXPECT_EQ(run({"doctor"}), 4);
  EXPECT_THAT(
      terminal.out_text,
      testing::EndsWith("note  acme.off     disabled: wrong results\n"
                        "        -> collet plugin enable acme.off\n"
                        "FAIL  acme.bad     error: Activation failed: x\n"
                        "        stderr line\n"
                        "        -> mend that, then: collet plugin enable acme.bad\n"
                        "FAIL  acme.down    ready, worker backoff, 1 crash, last exited with code "
                        "3, next start at "
                        "2026-11-20 06:22:29\n"
                        "        -> see why: collet doctor acme.down, then: collet plugin restart "
                        "acme.down\n"
                        "\n"
                        "2 problems found.\n"));
}

TEST_F(DoctorTest, OnePluginIsExaminedThoroughly) {
  answer("GET /api/plugins/acme.x", row("acme.x", "ready"));
  answer_worker("acme.x", R"({"status":"running","pid":7})");
  answer("GET /api/plugins/acme.x/health",
         R"({"checks":[{"name":"registry","passed":true,"message":"fine"},)"
         R"({"name":"worker","passed":false,"message":"does not answer"}]})");
  answer("GET /api/plugins/acme.x/logs?limit=5",
         R"([{"level":"warn","message":"late\u0007","createdAt":"2026-11-20T06:22:31.500Z"},)"
         R"({"level":"info","message":"up","createdAt":"2026-11-20T06:22:29.038Z"}])");
  machine.existing["/opt/x"] = true;
  EXPECT_EQ(run({"doctor", "acme.x"}), 4);
  EXPECT_EQ(terminal.out_text,
            "ok    daemon       http://127.0.0.1:7420  version 0.1.0\n"
            "ok    acme.x       ready, worker running, pid 7, no crash\n"
            "ok    folder       /opt/x\n"
            "FAIL  worker file  /opt/x/dist/w.js does not exist\n"
            "        -> build the plugin, or correct entrypoints.worker in its manifest\n"
            "FAIL  health       worker: does not answer\n"
            "        -> collet plugin restart acme.x\n"
            "\n"
            "Last log lines:\n"
            "  2026-11-20 06:22:29  info  up\n"
            "  2026-11-20 06:22:31  warn  late\\x07\n"
            "\n"
            "2 problems found.\n");
}

TEST_F(DoctorTest, DisabledToolsAreAProblemAndToldOnce) {
  const std::string health =
      R"x({"checks":[{"name":"registry","passed":true,"message":"fine"},)x"
      R"x({"name":"schemas","passed":false,"message":"1 of 2 tools is disabled: acme.x:t (bad)"}]})x";
  answer("GET /api/plugins", "[" + row("acme.x", "ready") + "]");
  answer("GET /api/plugins/acme.x", row("acme.x", "ready"));
  answer("GET /api/plugins/acme.x/dashboard",
         R"({"worker":{"status":"running","pid":7},"health":)" + health + "}");
  answer("GET /api/plugins/acme.x/health", health);
  machine.existing = {{"/opt/x", true}, {"/opt/x/dist/w.js", true}};
  EXPECT_EQ(run({"doctor"}), 4);
  EXPECT_THAT(terminal.out_text,
              testing::EndsWith("ok    acme.x       ready, worker running, pid 7, no crash\n"
                                "FAIL  acme.x       1 of 2 tools is disabled: acme.x:t (bad)\n"
                                "        -> mend the manifest, then: collet plugin restart acme.x\n"
                                "\n"
                                "1 problem found.\n"));
  EXPECT_EQ(run({"doctor", "acme.x"}), 4);
  EXPECT_THAT(
      terminal.out_text,
      testing::EndsWith("FAIL  health       schemas: 1 of 2 tools is disabled: acme.x:t (bad)\n"
                        "        -> mend the manifest, then: collet plugin restart acme.x\n"
                        "\n"
                        "1 problem found.\n"));
}

TEST_F(DoctorTest, AMissingFolderIsNamed) {
  answer("GET /api/plugins/acme.x", row("acme.x", "disabled"));
  EXPECT_EQ(run({"doctor", "acme.x"}), 4);
  EXPECT_EQ(terminal.out_text,
            "ok    daemon  http://127.0.0.1:7420  version 0.1.0\n"
            "note  acme.x  disabled\n"
            "        -> collet plugin enable acme.x\n"
            "FAIL  folder  /opt/x does not exist\n"
            "        -> install it again: collet plugin uninstall acme.x, then collet plugin "
            "install\n"
            "\n"
            "1 problem found.\n");
}

TEST_F(DoctorTest, AnUnknownPluginFails) {
  answer("GET /api/plugins/none", R"({"error":"Plugin not found","code":"plugin_not_found"})", 404);
  EXPECT_EQ(run({"doctor", "none"}), 4);
  EXPECT_THAT(terminal.out_text, testing::HasSubstr("FAIL  none    Plugin not found\n"));
}

TEST_F(DoctorTest, SpeaksJson) {
  machine.writing = fail(ErrorCode::invalid_request, "no");
  EXPECT_EQ(run({"doctor", "--json"}), 4);
  EXPECT_EQ(terminal.out_text,
            R"({"ok":false,"checks":[{"name":"data folder","status":"fail",)"
            R"("message":"cannot be written: no",)"
            R"("remedy":"make the folder yours, or choose another with --data-dir"},)"
            R"({"name":"node","status":"ok","message":"v18.19.0  /bin/node"},)"
            R"({"name":"npm","status":"ok","message":"9.2.0  /bin/npm"},)"
            R"({"name":"daemon","status":"ok","message":"http://127.0.0.1:7420  version 0.1.0"},)"
            R"({"name":"plugins","status":"note","message":"none is installed",)"
            R"("remedy":"collet plugin install <folder | npm package>"}]})"
            "\n");
}

TEST_F(DoctorTest, AMistakeInTheConfigurationIsAProblem) {
  std::filesystem::create_directory(data_dir / "collet");
  write("collet/collet.toml", "lisen = 1");
  environment.variables["XDG_CONFIG_HOME"] = data_dir.string();
  EXPECT_EQ(run({"doctor"}), 4);
  EXPECT_THAT(terminal.out_text,
              testing::StartsWith("FAIL  configuration  " + data_dir.string() +
                                  "/collet/collet.toml:1: there is no key lisen\n"
                                  "        -> did you mean listen?\n"));
}

}  // namespace
}  // namespace collet::app
