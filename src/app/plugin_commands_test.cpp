// What `collet plugin …` prints, letter by letter.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_fixture.hpp"

namespace collet::app {
namespace {

constexpr std::string_view k_calc =
    R"({"id":"0b0b","pluginKey":"collet.calc","packageName":"calc","version":"1.0.0",)"
    R"("manifestJson":{"displayName":"Calculator","description":"Exact sums.","author":"Collet",)"
    R"("entrypoints":{"worker":"calc"},)"
    R"("tools":[{"name":"evaluate","description":"Evaluates an expression. Exactly."},)"
    R"({"name":"mean","description":"The mean"}]},)"
    R"("status":"ready","packagePath":"/opt/calc","lastError":null,)"
    R"("installedAt":"2026-11-20T06:22:29.038Z","updatedAt":"2026-11-20T06:22:30.056Z"})";

constexpr std::string_view k_bad =
    R"({"id":"1c1c","pluginKey":"acme.bad","packageName":"@acme/bad","version":"0.1.0",)"
    R"("manifestJson":{"tools":[]},"status":"error","packagePath":"/opt/bad",)"
    R"("lastError":"Activation failed: no such file\nmore \u001b[31m"})";

class PluginCommandsTest : public AppTest {};

TEST_F(PluginCommandsTest, ListShowsPluginsAndTheirTroubles) {
  answer("GET /api/plugins", "[" + std::string(k_calc) + "," + std::string(k_bad) + "]");
  EXPECT_EQ(run({"plugin", "list"}), 0);
  EXPECT_EQ(terminal.out_text,
            "PLUGIN       VERSION  STATUS  TOOLS  FROM\n"
            "collet.calc  1.0.0    ready       2  /opt/calc\n"
            "acme.bad     0.1.0    error       0  /opt/bad\n"
            "\n"
            "acme.bad:  Activation failed: no such file\n"
            "More: collet doctor <plugin>\n");
  EXPECT_EQ(terminal.err_text, "");
}

TEST_F(PluginCommandsTest, ListIsColouredOnATerminal) {
  answer("GET /api/plugins", "[" + std::string(k_calc) + "]");
  terminal.traits = {.width = 80, .colour = StreamTraits::Colour::on};
  EXPECT_EQ(run({"plugin", "list"}), 0);
  EXPECT_THAT(terminal.out_text, testing::HasSubstr("\x1b[32mready\x1b[0m"));
}

TEST_F(PluginCommandsTest, ListForMachinesIsTheAnswerItself) {
  answer("GET /api/plugins?status=error", "[ " + std::string(k_bad) + " ]");
  EXPECT_EQ(run({"plugin", "list", "--json", "--status", "error"}), 0);
  EXPECT_EQ(terminal.out_text, "[ " + std::string(k_bad) + " ]\n");
}

TEST_F(PluginCommandsTest, AnEmptyListSaysWhatToDo) {
  answer("GET /api/plugins", "[]");
  EXPECT_EQ(run({"plugin", "list"}), 0);
  EXPECT_EQ(terminal.out_text,
            "No plugins are installed.\n"
            "Install one: collet plugin install <folder | npm package>\n");
  answer("GET /api/plugins?status=disabled", "[]");
  EXPECT_EQ(run({"plugin", "list", "--status", "disabled"}), 0);
  EXPECT_EQ(terminal.out_text, "No plugin has the status disabled.\n");
}

TEST_F(PluginCommandsTest, ListPassesTheDaemonsRefusalOn) {
  answer("GET /api/plugins?status=odd",
         R"({"error":"Invalid status 'odd'.","code":"invalid_request","remedy":"Choose another."})",
         400);
  EXPECT_EQ(run({"plugin", "list", "--status", "odd"}), 2);
  EXPECT_EQ(terminal.out_text, "");
  EXPECT_EQ(terminal.err_text, "error: Invalid status 'odd'.\n  hint: Choose another.\n");
}

TEST_F(PluginCommandsTest, ShowTellsAll) {
  answer("GET /api/plugins/collet.calc", std::string(k_calc));
  answer("GET /api/plugins/collet.calc/dashboard",
         R"({"worker":{"status":"running","pid":12,"uptime":185000,"totalCrashes":2,)"
         R"("lastCrashAt":1795155749000,"nextRestartAt":null}})");
  EXPECT_EQ(run({"plugin", "show", "collet.calc"}), 0);
  EXPECT_EQ(terminal.out_text,
            "collet.calc 1.0.0  Calculator\n"
            "Exact sums.\n"
            "\n"
            "  status     ready\n"
            "  worker     running, pid 12, for 3m, 2 crashes, the last at 2026-11-20 06:22:29\n"
            "  id         0b0b\n"
            "  package    calc\n"
            "  folder     /opt/calc\n"
            "  author     Collet\n"
            "  installed  2026-11-20 06:22:29\n"
            "  updated    2026-11-20 06:22:30\n"
            "\n"
            "Tools:\n"
            "  collet.calc:evaluate  Evaluates an expression.\n"
            "  collet.calc:mean      The mean\n");
  EXPECT_EQ(run({"plugin", "show", "collet.calc", "--json"}), 0);
  EXPECT_EQ(terminal.out_text, std::string(k_calc) + "\n");
}

TEST_F(PluginCommandsTest, ShowSaysWhatIsStillToBeConfigured) {
  const auto row = std::string(k_calc);
  answer("GET /api/plugins/collet.calc?companyId=acme",
         row.substr(0, row.size() - 1) +
             R"(,"configErrors":[{"field":"/","message":"missing required property \"key\""},)"
             R"({"field":"/n","message":"must be at most 5; got 6"}]})");
  EXPECT_EQ(run({"plugin", "show", "collet.calc", "--company", "acme"}), 0);
  EXPECT_THAT(
      terminal.out_text,
      testing::HasSubstr("  configuration  missing required property \"key\"\n"
                         "                 /n: must be at most 5; got 6\n"
                         "                 mend it: collet plugin config edit collet.calc\n"));
}

TEST_F(PluginCommandsTest, ShowNamesCallsAndInstances) {
  answer("GET /api/plugins/collet.calc", std::string(k_calc));
  const auto shown = [&](const std::string& calls) {
    answer("GET /api/plugins/collet.calc/dashboard",
           R"({"worker":{"status":"running","totalCrashes":0,"instances":3,"instancesRunning":2},)"
           R"("calls":)" +
               calls + "}");
    EXPECT_EQ(run({"plugin", "show", "collet.calc"}), 0);
    return terminal.out_text;
  };
  EXPECT_THAT(shown(R"({"running":0,"runningMax":0,"waiting":0})"),
              testing::HasSubstr("  worker     running, 2 of 3 run, no crash\n"
                                 "  calls      none yet\n"));
  EXPECT_THAT(shown(R"({"running":2,"runningMax":768,"waiting":0,"waitingMax":9,"hadToWait":0})"),
              testing::HasSubstr("  calls      2 in flight of 768, 0 waiting of 9\n"));
  EXPECT_THAT(
      shown(R"({"running":8,"runningMax":8,"waiting":3,"hadToWait":70,"refused":5,"expired":4})"),
      testing::HasSubstr(
          "  calls      8 in flight of 8, 3 waiting; 70 had to wait, 5 refused, 4 expired\n"));
}

TEST_F(PluginCommandsTest, ShowNamesTheLimitsAndWhatHitThem) {
  answer("GET /api/plugins/collet.calc", std::string(k_calc));
  const auto shown = [&](const std::string& members) {
    answer("GET /api/plugins/collet.calc/dashboard",
           R"({"worker":{"status":"running","totalCrashes":0,"lastExit":"",)" + members + "}}");
    EXPECT_EQ(run({"plugin", "show", "collet.calc"}), 0);
    return terminal.out_text;
  };
  EXPECT_THAT(
      shown(R"("limits":{"openFilesMax":4096,"coreBytesMax":0,"cpuSecondsMax":null,)"
            R"("addressSpaceMax":null,"memoryMax":null,"processesMax":512},)"
            R"("limitsUnenforced":[],"limitsHit":{"memory":0,"processes":0,"cpu":0})"),
      testing::HasSubstr("  limits     4096 open files, no core dump, 512 processes\n  id "));
  EXPECT_THAT(
      shown(R"("limits":{"openFilesMax":null,"coreBytesMax":1024,"cpuSecondsMax":9,)"
            R"("addressSpaceMax":1073741824,"memoryMax":268435456,"processesMax":null},)"
            R"("limitsUnenforced":["no processes_max"],)"
            R"("limitsHit":{"memory":1,"processes":12,"cpu":2})"),
      testing::HasSubstr("  limits     core dumps of 1 KiB, 9 s of CPU time, 1 GiB of address "
                         "space, 256 MiB of memory; hit: 1 killed for want of memory, 12 processes "
                         "refused, 2 killed for their CPU time\n"
                         "             no processes_max\n"));
}

TEST_F(PluginCommandsTest, ShowNamesTheLimitsOfTheProtocolAndWhatHitThem) {
  answer("GET /api/plugins/collet.calc", std::string(k_calc));
  const auto shown = [&](const std::string& hits) {
    answer(
        "GET /api/plugins/collet.calc/dashboard",
        R"({"worker":{"status":"running","totalCrashes":0,"lastExit":"","limits":{"openFilesMax":16,)"
        R"("lineBytesMax":134217728,"depthMax":1024,"stderrLineBytesMax":16384,"callsPendingMax":10000,)"
        R"("unsentBytesMax":67108864,"chatterBytesPerSecondMax":4194304,"logLinesPerSecondMax":200,)"
        R"("logLinesAtOnceMax":2000},"limitsHit":{)" +
            hits + "}}}");
    EXPECT_EQ(run({"plugin", "show", "collet.calc"}), 0);
    return terminal.out_text;
  };
  const std::string limits =
      "  protocol   messages of 128 MiB and 1024 levels, lines of 16 KiB on standard error, 10000 "
      "calls pending, 64 MiB unsent, 4 MiB of noise a second, 200 log lines a second (2000 at "
      "once)";
  EXPECT_THAT(shown(R"("memory":1,"lineBytes":0)"), testing::HasSubstr(limits + "\n"));
  EXPECT_THAT(
      shown(R"("lineBytes":1,"depth":2,"stderrLineBytes":3,"callsPending":4,"unsentBytes":5,)"
            R"("chatter":6,"logLines":7)"),
      testing::HasSubstr(limits +
                         "; hit: 1 message too long, 2 messages too deep, 3 lines too long for the "
                         "log, 4 times too many calls pending, 5 times too much unsent, 6 seconds "
                         "too noisy, 7 log lines left out\n"));
}

TEST_F(PluginCommandsTest, ShowNamesTheLastErrorAndHarmsNoTerminal) {
  answer("GET /api/plugins/acme.bad", std::string(k_bad));
  answer("GET /api/plugins/acme.bad/dashboard", R"({"worker":null})");
  EXPECT_EQ(run({"plugin", "show", "acme.bad"}), 0);
  EXPECT_THAT(
      terminal.out_text,
      testing::HasSubstr("  status      error\n"
                         "  worker      none runs\n"
                         "  last error  Activation failed: no such file\\nmore \\x1b[31m\n"));
}

TEST_F(PluginCommandsTest, ShowOfAnUnknownPluginFails) {
  answer("GET /api/plugins/a%2Fb",
         R"({"error":"Plugin not found","code":"plugin_not_found","remedy":"See the list."})", 404);
  EXPECT_EQ(run({"plugin", "show", "a/b"}), 4);
  EXPECT_EQ(terminal.err_text, "error: Plugin not found\n  hint: See the list.\n");
}

TEST_F(PluginCommandsTest, InstallShowsProgressAndTheTools) {
  answer_stream("POST /api/plugins/install",
                {"event: progress", R"(data: {"line":"reading the manifest"})", "",
                 "event: progress", R"(data: {"line":"npm \u001b[1mworks"})", "", "event: result",
                 "data: " + std::string(k_calc), ""});
  machine.existing["calc"] = true;
  EXPECT_EQ(run({"plugin", "install", "calc"}), 0);
  EXPECT_EQ(requests.at(0).body, R"({"packageName":"/work dir/calc","isLocalPath":true})");
  EXPECT_EQ(terminal.err_text, "reading the manifest\nnpm \\x1b[1mworks\n");
  EXPECT_EQ(terminal.out_text,
            "Installed collet.calc 1.0.0 (ready), 2 tools:\n"
            "  collet.calc:evaluate  Evaluates an expression.\n"
            "  collet.calc:mean      The mean\n"
            "Next: collet tool show collet.calc:evaluate\n");
  EXPECT_EQ(run({"plugin", "install", "calc", "--json"}), 0);
  EXPECT_EQ(terminal.err_text, "");
  EXPECT_EQ(terminal.out_text, std::string(k_calc) + "\n");
}

TEST_F(PluginCommandsTest, InstallEnableAndRestartWarnOfDisabledTools) {
  answer("POST /api/plugins/install", std::string(k_calc));
  answer("POST /api/plugins/collet.calc/enable", std::string(k_calc));
  answer("POST /api/plugins/collet.calc/restart", std::string(k_calc));
  answer("GET /api/plugins/tools?pluginId=collet.calc",
         R"([{"name":"collet.calc:evaluate"},{"name":"collet.calc:mean",)"
         R"("disabled":"parametersSchema is invalid at /type: no"}])");
  const std::string warning =
      "warning: collet.calc:mean is disabled: its parametersSchema is invalid at /type: no\n";
  EXPECT_EQ(run({"plugin", "install", "./calc"}), 0);
  EXPECT_EQ(terminal.err_text, warning);
  EXPECT_EQ(run({"plugin", "enable", "collet.calc"}), 0);
  EXPECT_EQ(terminal.err_text, warning);
  EXPECT_EQ(run({"plugin", "restart", "collet.calc"}), 0);
  EXPECT_EQ(terminal.err_text, warning);
  EXPECT_EQ(run({"plugin", "restart", "collet.calc", "--json"}), 0);
  EXPECT_EQ(terminal.err_text, "");
}

TEST_F(PluginCommandsTest, InstallKeepsOneProgressLineOnATerminal) {
  answer_stream(
      "POST /api/plugins/install",
      {"event: progress", R"(data: {"line":"a rather long first line"})", "", "event: progress",
       R"(data: {"line":"two"})", "", "event: result", "data: " + std::string(k_bad), ""});
  terminal.traits = {.width = 11};
  EXPECT_EQ(run({"plugin", "install", "@acme/bad"}), 0);
  EXPECT_EQ(terminal.err_text, "a rather …\r\x1b[2Ktwo\r\x1b[2K");
  EXPECT_EQ(terminal.out_text, "Installed acme.bad 0.1.0 (error), no tools.\n");
}

TEST_F(PluginCommandsTest, InstallTellsFoldersFromPackages) {
  answer("POST /api/plugins/install", std::string(k_calc));
  const auto body = [&](const std::string& source) {
    EXPECT_EQ(run({"plugin", "install", source}), 0);
    return requests.at(0).body;
  };
  EXPECT_EQ(body("./x"), R"({"packageName":"/work dir/x","isLocalPath":true})");
  EXPECT_EQ(body("/abs/x"), R"({"packageName":"/abs/x","isLocalPath":true})");
  EXPECT_EQ(body("name"), R"({"packageName":"name"})");
  EXPECT_EQ(body("name@1.2.3"), R"({"packageName":"name","version":"1.2.3"})");
  EXPECT_EQ(body("@scope/name"), R"({"packageName":"@scope/name"})");
  EXPECT_EQ(body("@scope/name@next"), R"({"packageName":"@scope/name","version":"next"})");
}

TEST_F(PluginCommandsTest, InstallOfWhatIsThereNamesRestart) {
  const std::string refusal =
      R"({"error":"Plugin already installed: collet.calc","code":"install_failed",)"
      R"("remedy":"to run its files as they are now: collet plugin restart collet.calc"})";
  answer_stream("POST /api/plugins/install", {"event: error", "data: " + refusal, ""});
  EXPECT_EQ(run({"plugin", "install", "./calc"}), 4);
  EXPECT_EQ(terminal.err_text,
            "error: Plugin already installed: collet.calc\n"
            "  hint: to run its files as they are now: collet plugin restart collet.calc\n");
  streams.clear();  // refused before a stream began
  answer("POST /api/plugins/install", refusal, 400);
  EXPECT_EQ(run({"plugin", "install", "./calc"}), 4);
  EXPECT_THAT(terminal.err_text, testing::HasSubstr("collet plugin restart collet.calc"));
}

TEST_F(PluginCommandsTest, InstallNoticesAStreamThatBrokeOff) {
  answer_stream("POST /api/plugins/install", {"event: progress", R"(data: {"line":"x"})", ""});
  EXPECT_EQ(run({"plugin", "install", "./calc"}), 4);
  EXPECT_EQ(terminal.err_text,
            "x\n"
            "error: the daemon's answer broke off before its result\n"
            "  hint: see what became of it with `collet plugin list`\n");
}

TEST_F(PluginCommandsTest, ChangesSayWhatTheyDid) {
  answer("POST /api/plugins/collet.calc/enable", std::string(k_calc));
  EXPECT_EQ(run({"plugin", "enable", "collet.calc"}), 0);
  EXPECT_EQ(terminal.out_text, "Enabled collet.calc 1.0.0: 2 tools.\n");

  answer("POST /api/plugins/collet.calc/disable", std::string(k_calc));
  EXPECT_EQ(run({"plugin", "disable", "collet.calc", "--reason", "too \"slow\""}), 0);
  EXPECT_EQ(requests.at(0).body, R"({"reason":"too \"slow\""})");
  EXPECT_EQ(terminal.out_text,
            "Disabled collet.calc 1.0.0. Its tools are gone until: collet plugin enable "
            "collet.calc\n");

  answer("POST /api/plugins/collet.calc/restart", std::string(k_calc));
  EXPECT_EQ(run({"plugin", "restart", "collet.calc"}), 0);
  EXPECT_EQ(terminal.out_text, "Restarted collet.calc 1.0.0: 2 tools.\n");

  answer("DELETE /api/plugins/collet.calc", std::string(k_calc));
  EXPECT_EQ(run({"plugin", "uninstall", "collet.calc"}), 0);
  EXPECT_EQ(terminal.out_text,
            "Uninstalled collet.calc 1.0.0. Its row is kept until: collet plugin uninstall --purge "
            "collet.calc\n");

  answer("DELETE /api/plugins/collet.calc?purge=true", std::string(k_calc));
  EXPECT_EQ(run({"plugin", "uninstall", "--purge", "collet.calc"}), 0);
  EXPECT_EQ(terminal.out_text, "Uninstalled and purged collet.calc 1.0.0.\n");
  EXPECT_EQ(run({"plugin", "uninstall", "--purge", "collet.calc", "--json"}), 0);
  EXPECT_EQ(terminal.out_text, std::string(k_calc) + "\n");
}

TEST_F(PluginCommandsTest, ARefusedChangePrintsTheReason) {
  answer("POST /api/plugins/x/enable",
         R"({"error":"Cannot enable plugin in status 'ready'.","code":"invalid_transition"})", 400);
  EXPECT_EQ(run({"plugin", "enable", "x"}), 4);
  EXPECT_EQ(terminal.err_text, "error: Cannot enable plugin in status 'ready'.\n");
}

}  // namespace
}  // namespace collet::app
