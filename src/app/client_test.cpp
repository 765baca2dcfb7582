#include "app/client.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_fixture.hpp"

namespace collet::app {
namespace {

class ClientTest : public AppTest {
 protected:
  std::string shown_token() const {
    for (const auto& header : requests.at(0).headers) {
      if (header.name == "Authorization") return header.value;
    }
    return "none";
  }
};

TEST_F(ClientTest, FindsDaemonAndTokenInTheDataFolder) {
  answer("GET /api/plugins", "[]");
  EXPECT_EQ(run({"plugin", "list"}), 0);
  EXPECT_EQ(requests.at(0).url, "http://127.0.0.1:7420/api/plugins");
  EXPECT_EQ(shown_token(), "Bearer secret");
}

TEST_F(ClientTest, FlagsWinOverTheEnvironmentAndThatOverFiles) {
  answer("GET /api/plugins", "[]");
  environment.variables["COLLET_URL"] = "http://127.0.0.1:1/";
  environment.variables["COLLET_TOKEN"] = "of-environment";
  EXPECT_EQ(run({"plugin", "list"}), 0);
  EXPECT_EQ(requests.at(0).url, "http://127.0.0.1:1/api/plugins");
  EXPECT_EQ(shown_token(), "Bearer of-environment");
  EXPECT_EQ(run({"plugin", "list", "--url", "http://127.0.0.1:2", "--token", "of-flag"}), 0);
  EXPECT_EQ(requests.at(0).url, "http://127.0.0.1:2/api/plugins");
  EXPECT_EQ(shown_token(), "Bearer of-flag");
}

TEST_F(ClientTest, TheTokenFileIsNotShownToStrangers) {
  answer("GET /api/plugins", "[]");
  EXPECT_EQ(run({"plugin", "list", "--url", "http://192.0.2.1:7420"}), 0);
  EXPECT_EQ(shown_token(), "none");
  EXPECT_EQ(run({"plugin", "list", "--url", "http://127.0.0.1:99@192.0.2.1:7420"}), 0);
  EXPECT_EQ(shown_token(), "none");
  EXPECT_EQ(run({"plugin", "list", "--url", "http://a.localhost:7420"}), 0);
  EXPECT_EQ(shown_token(), "none") << "a resolver may lead this name anywhere";
  EXPECT_EQ(run({"plugin", "list", "--url", "http://[::1]:7420"}), 0);
  EXPECT_EQ(shown_token(), "Bearer secret");
  // A daemon beyond loopback whose data folder is ours.
  write("run.json", R"({"url":"http://192.0.2.1:7420"})");
  EXPECT_EQ(run({"plugin", "list"}), 0);
  EXPECT_EQ(shown_token(), "Bearer secret");
}

TEST_F(ClientTest, SaysThatNoDaemonRuns) {
  std::filesystem::remove(data_dir / "run.json");
  EXPECT_EQ(run({"plugin", "list"}), 3);
  EXPECT_EQ(
      terminal.err_text,
      "error: no Collet daemon runs for the data folder " + data_dir.string() +
          "\n"
          "  hint: start one with `collet serve` (in a source checkout: scripts/run), or name "
          "another with --url\n");
}

TEST_F(ClientTest, SaysThatNoDaemonAnswers) {
  no_answer = Error{.code = ErrorCode::worker_unavailable, .message = "connection refused"};
  EXPECT_EQ(run({"tool", "list"}), 3);
  EXPECT_EQ(terminal.err_text,
            "error: no Collet daemon answers at http://127.0.0.1:7420: connection refused\n"
            "  hint: start one with `collet serve` (in a source checkout: scripts/run), or name "
            "another with --url\n");
}

TEST_F(ClientTest, ATimeoutIsNoMissingDaemon) {
  no_answer = Error{.code = ErrorCode::timeout, .message = "no answer in 2m"};
  EXPECT_EQ(run({"tool", "list"}), 4);
  EXPECT_EQ(terminal.err_text, "error: no answer in 2m\n");
}

TEST_F(ClientTest, ExplainsARefusedToken) {
  answer("GET /api/plugins", R"({"error":"The operator token is wrong","code":"unauthorized"})",
         401);
  EXPECT_EQ(run({"plugin", "list"}), 4);
  EXPECT_EQ(
      terminal.err_text,
      "error: The operator token is wrong\n"
      "  hint: the token of " +
          (data_dir / "operator-token").string() +
          " is not the daemon's; name its data folder with --data-dir, or give its token with "
          "COLLET_TOKEN\n");
  std::filesystem::remove(data_dir / "operator-token");
  EXPECT_EQ(run({"plugin", "list"}), 4);
  EXPECT_EQ(
      terminal.err_text,
      "error: The operator token is wrong\n"
      "  hint: no operator token was found; name the daemon's data folder with --data-dir, or "
      "give its token with COLLET_TOKEN\n");
}

TEST_F(ClientTest, NoticesWhatIsNoDaemon) {
  answer("GET /api/plugins", "<html>", 502);
  EXPECT_EQ(run({"plugin", "list"}), 4);
  EXPECT_EQ(terminal.err_text,
            "error: http://127.0.0.1:7420 answered with HTTP status 502\n"
            "  hint: check that a Collet daemon listens at that address\n");
  answer("GET /api/plugins", "<html>");
  EXPECT_EQ(run({"plugin", "list"}), 4);
  EXPECT_THAT(terminal.err_text,
              testing::StartsWith("error: http://127.0.0.1:7420 answered with something that is no "
                                  "JSON: "));
  EXPECT_EQ(run({"plugin", "list", "--url", "localhost:7420"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: \"localhost:7420\" is not the URL of a daemon\n"
            "  hint: write it as http://<address>:<port>\n");
}

TEST_F(ClientTest, ReadsAnswersThatWrapTheDeepestResult) {
  std::string deep = "1";
  for (int i = 0; i < 1000; ++i) deep = "[" + deep + "]";
  answer("POST /api/plugins/tools/execute",
         R"({"pluginId":"p","toolName":"t","result":{"data":)" + deep + "}}");
  EXPECT_EQ(run({"tool", "call", "p:t", "--raw"}), 0) << terminal.err_text;
  EXPECT_EQ(terminal.out_text, R"({"data":)" + deep + "}");
}

TEST_F(ClientTest, ExitCodesComeFromTheTableOfErrors) {
  for (const auto& row : k_error_codes) {
    answer("GET /api/plugins", R"({"error":"x","code":")" + std::string(row.name) + "\"}",
           row.http_status);
    EXPECT_EQ(run({"plugin", "list"}), row.exit_code) << row.name;
  }
  answer("GET /api/plugins", R"({"error":"x","code":"of_the_future"})", 418);
  EXPECT_EQ(run({"plugin", "list"}), 4);
}

TEST_F(ClientTest, TheDataFolderMayComeFromTheConfiguration) {
  answer("GET /api/plugins", "[]");
  std::filesystem::create_directory(data_dir / "collet");
  write("collet/collet.toml", "data_dir = \"..\"");
  environment.variables = {{"XDG_CONFIG_HOME", data_dir.string()}};
  EXPECT_EQ(run({"plugin", "list"}), 0);
  EXPECT_EQ(shown_token(), "Bearer secret");
  environment.variables = {};
  EXPECT_EQ(run({"plugin", "list"}), 2);
  EXPECT_EQ(terminal.err_text,
            "error: there is no data folder: neither HOME nor XDG_DATA_HOME is set\n"
            "  hint: name a folder with --data-dir or COLLET_DATA_DIR\n");
}

TEST(UrlEncoded, KeepsUnreservedOnly) {
  EXPECT_EQ(url_encoded("acme.x-1_~"), "acme.x-1_~");
  EXPECT_EQ(url_encoded("a/b?c=ä"), "a%2Fb%3Fc%3D%C3%A4");
}

}  // namespace
}  // namespace collet::app
