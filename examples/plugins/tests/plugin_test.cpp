#include "collet/plugin.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace collet::plugin {
namespace {

constexpr std::size_t no_limit = Plugin::line_bytes_max;

/// Lines as they look on the wire: `text` starts on the line behind the opening quote.
std::string lines(std::string_view text) {
  return std::string(text.substr(1));
}

std::string read_all(int fd) {
  std::string all;
  std::array<char, 4096> block;
  for (ssize_t got; (got = ::read(fd, block.data(), block.size())) > 0;) {
    all.append(block.data(), static_cast<std::size_t>(got));
  }
  return all;
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::write(fd, bytes.data(), bytes.size());
    ASSERT_GT(sent, 0);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

struct Outcome {
  int code;
  std::string output;
};

/// Runs the plugin on `input`, followed by the end of the stream; `piece` bytes reach it at a time.
Outcome serve(Plugin& plugin, std::string_view input, std::size_t line_bytes = no_limit,
              std::size_t piece = std::string::npos) {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  // Datagram-like pieces: each write on a SOCK_SEQPACKET is one read at the other end.
  EXPECT_EQ(::socketpair(AF_UNIX, piece == std::string::npos ? SOCK_STREAM : SOCK_SEQPACKET, 0,
                         in.data()),
            0);
  EXPECT_EQ(::pipe(out.data()), 0);
  std::jthread feeder([&] {
    for (std::string_view rest = input; !rest.empty();
         rest.remove_prefix(std::min(piece, rest.size()))) {
      write_all(in[1], rest.substr(0, piece));
    }
    ::close(in[1]);
  });
  Outcome outcome{};
  std::jthread reader([&] { outcome.output = read_all(out[0]); });
  outcome.code = plugin.run(in[0], out[1], line_bytes);
  ::close(out[1]);
  ::shutdown(in[0], SHUT_RDWR);
  reader.join();
  feeder.join();
  ::close(in[0]);
  ::close(out[0]);
  return outcome;
}

std::string answer(std::string_view input) {
  Plugin plugin;
  plugin.tool("echo", [](const Call& call) -> ToolResult { return {.data = call.parameters}; })
      .tool("fail", [](const Call&) -> ToolResult { throw std::runtime_error("out of paper"); })
      .tool("code", [](const Call&) -> ToolResult { throw RpcError(-32050, "a code of its own"); })
      .tool("odd", [](const Call&) -> ToolResult { throw 7; })
      .tool("error", [](const Call&) -> ToolResult { return {.error = "no such city"}; })
      .tool("nothing", [](const Call&) -> ToolResult { return {}; })
      .tool("context", [](const Call& call) -> ToolResult {
        return {.content = call.tool + ' ' + call.context.agent_id + ' ' + call.context.run_id +
                           ' ' + call.context.company_id + ' ' + call.context.project_id};
      });
  return serve(plugin, input).output;
}

std::string call(std::string_view tool) {
  return R"({"jsonrpc":"2.0","id":1,"method":"executeTool","params":{"toolName":")" +
         std::string(tool) + "\",\"parameters\":{}}}\n";
}

TEST(Plugin, InitializesOnce) {
  EXPECT_EQ(answer(lines(R"(
{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"manifest":{},"config":{}}}
{"jsonrpc":"2.0","id":2,"method":"initialize","params":{"manifest":{},"config":{}}}
)")),
            lines(R"(
{"jsonrpc":"2.0","id":1,"result":{"ok":true,"supportedMethods":["health","shutdown"]}}
{"jsonrpc":"2.0","id":2,"error":{"code":-32002,"message":"Worker already initialized"}}
)"));
}

TEST(Plugin, WarnsOfToolsWithoutHandler) {
  EXPECT_EQ(answer(lines(R"(
{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"manifest":{"tools":[{"name":"echo"},{"name":"gone"}]}}}
)")),
            lines(R"(
{"jsonrpc":"2.0","method":"log","params":{"level":"warn","message":"The manifest declares the tool \"gone\", for which the worker has no handler"}}
{"jsonrpc":"2.0","id":1,"result":{"ok":true,"supportedMethods":["health","shutdown"]}}
)"));
}

TEST(Plugin, SetupThatThrowsFailsInitialize) {
  Plugin plugin;
  plugin.on_setup([](Host&) { throw std::runtime_error("no licence"); });
  EXPECT_EQ(serve(plugin, lines(R"(
{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}
)"))
                .output,
            lines(R"(
{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"no licence"}}
)"));
}

TEST(Plugin, AnswersHealth) {
  EXPECT_EQ(answer(lines(R"(
{"jsonrpc":"2.0","id":1,"method":"health","params":{}}
)")),
            lines(R"(
{"jsonrpc":"2.0","id":1,"result":{"status":"ok"}}
)"));
  Plugin plugin;
  plugin.on_health([](Host&) {
    return Json::object({{"status", "degraded"}, {"message", "slow disk"}});
  });
  EXPECT_EQ(serve(plugin, lines(R"(
{"jsonrpc":"2.0","id":1,"method":"health"}
)"))
                .output,
            lines(R"(
{"jsonrpc":"2.0","id":1,"result":{"status":"degraded","message":"slow disk"}}
)"));
}

TEST(Plugin, CallsTools) {
  EXPECT_EQ(answer(lines(R"(
{"jsonrpc":"2.0","id":1,"method":"executeTool","params":{"toolName":"echo","parameters":{"n":1.0,"big":1234567890123456789012345,"s":"\ud800"}}}
)")),
            lines(R"(
{"jsonrpc":"2.0","id":1,"result":{"data":{"n":1.0,"big":1234567890123456789012345,"s":"\ud800"}}}
)"));
  EXPECT_EQ(answer(call("error")), lines(R"(
{"jsonrpc":"2.0","id":1,"result":{"error":"no such city"}}
)"));
  EXPECT_EQ(answer(call("nothing")), lines(R"(
{"jsonrpc":"2.0","id":1,"result":{}}
)"));
}

TEST(Plugin, HandlersKnowOnWhoseBehalf) {
  EXPECT_EQ(answer(lines(R"(
{"jsonrpc":"2.0","id":1,"method":"executeTool","params":{"toolName":"context","parameters":{},"runContext":{"agentId":"a","runId":"r","companyId":"c","projectId":"p"}}}
)")),
            lines(R"(
{"jsonrpc":"2.0","id":1,"result":{"content":"context a r c p"}}
)"));
}

TEST(Plugin, ExceptionsFailTheCallOnly) {
  EXPECT_EQ(answer(call("fail") + call("code") + call("odd") + call("nothing")), lines(R"(
{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"out of paper"}}
{"jsonrpc":"2.0","id":1,"error":{"code":-32050,"message":"a code of its own"}}
{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"the handler threw something that is no std::exception"}}
{"jsonrpc":"2.0","id":1,"result":{}}
)"));
}

TEST(Plugin, RefusesUnknownToolsAndMethods) {
  EXPECT_EQ(answer(call("x")), lines(R"(
{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"No tool handler registered for \"x\""}}
)"));
  EXPECT_EQ(answer(lines(R"(
{"jsonrpc":"2.0","id":1,"method":"dance"}
)")),
            lines(R"(
{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Unknown method: dance"}}
)"));
  EXPECT_EQ(answer(lines(R"(
{"jsonrpc":"2.0","id":1,"method":"validateConfig","params":{}}
)")),
            lines(R"(
{"jsonrpc":"2.0","id":1,"error":{"code":-32004,"message":"validateConfig is not implemented by this plugin"}}
)"));
  EXPECT_EQ(answer(lines(R"(
{"jsonrpc":"2.0","id":1,"method":"executeTool"}
)")),
            lines(R"(
{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"\"toolName\" is missing"}}
)"));
}

TEST(Plugin, RefusesLinesThatAreNoMessages) {
  constexpr std::string_view head =
      R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error: )";
  const std::string start(head);
  EXPECT_EQ(answer("{bad\n"),
            start + "Invalid JSON: {bad (expected a member name in double quotes at byte 1)\"}}\n");
  EXPECT_EQ(answer("7\n"), start + "Message must be a JSON object\"}}\n");
  EXPECT_EQ(answer("{\"id\":1}\n"),
            start + "Invalid or missing jsonrpc version (expected \\\"2.0\\\")\"}}\n");
}

TEST(Plugin, IgnoresWhatWantsNoAnswer) {
  EXPECT_EQ(answer("\n \r\n" + lines(R"(
{"jsonrpc":"2.0","method":"onEvent","params":{}}
{"jsonrpc":"2.0","id":null,"method":"health"}
{"jsonrpc":"2.0","id":1,"result":{}}
{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}
)")),
            "");
}

TEST(Plugin, EchoesAnyId) {
  EXPECT_EQ(answer(lines(R"(
{"jsonrpc":"2.0","id":"seven","method":"health"}
{"jsonrpc":"2.0","id":1.5,"method":"health"}
{"jsonrpc":"2.0","id":9007199254740993,"method":"health"}
)")),
            lines(R"(
{"jsonrpc":"2.0","id":"seven","result":{"status":"ok"}}
{"jsonrpc":"2.0","id":1.5,"result":{"status":"ok"}}
{"jsonrpc":"2.0","id":9007199254740993,"result":{"status":"ok"}}
)"));
}

TEST(Plugin, ConfigChangesUnlessTheHookRefuses) {
  Plugin plugin;
  plugin.on_config_changed([](Host& host) {
    if (host.config().get<std::string>("unit") == "furlong")
      throw std::runtime_error("furlong is no unit");
  });
  plugin.tool("unit", [](const Call& call) -> ToolResult {
    return {.content = call.host.config().get<std::string>("unit")};
  });
  EXPECT_EQ(serve(plugin, lines(R"(
{"jsonrpc":"2.0","id":1,"method":"configChanged","params":{"config":{"unit":"metre"},"companyId":"c"}}
{"jsonrpc":"2.0","id":2,"method":"configChanged","params":{"config":{"unit":"furlong"},"companyId":"c"}}
)") + call("unit"))
                .output,
            lines(R"(
{"jsonrpc":"2.0","id":1,"result":null}
{"jsonrpc":"2.0","id":2,"error":{"code":-32002,"message":"furlong is no unit"}}
{"jsonrpc":"2.0","id":1,"result":{"content":"metre"}}
)"));
}

TEST(Plugin, LogsInTheNameOfTheCall) {
  Plugin plugin;
  plugin.on_setup([](Host& host) { host.log(LogLevel::info, "ready"); });
  plugin.tool("log", [](const Call& call) -> ToolResult {
    call.log(LogLevel::error, "disk full", Json::object({{"free", 0}}));
    return {};
  });
  EXPECT_EQ(serve(plugin, lines(R"(
{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}
{"jsonrpc":"2.0","id":2,"method":"executeTool","params":{"toolName":"log"},"paperclipInvocation":{"id":"inv-1","scope":{"companyId":"c"}}}
)"))
                .output,
            lines(R"(
{"jsonrpc":"2.0","method":"log","params":{"level":"info","message":"ready"}}
{"jsonrpc":"2.0","id":1,"result":{"ok":true,"supportedMethods":["health","shutdown"]}}
{"jsonrpc":"2.0","method":"log","params":{"level":"error","message":"disk full","meta":{"free":0}},"paperclipInvocationId":"inv-1"}
{"jsonrpc":"2.0","id":2,"result":{}}
)"));
}

TEST(Plugin, ShutdownEndsTheLoop) {
  Plugin plugin;
  bool told = false;
  plugin.on_shutdown([&](Host&) { told = true; });
  const Outcome outcome = serve(plugin, lines(R"(
{"jsonrpc":"2.0","id":1,"method":"shutdown","params":{}}
{"jsonrpc":"2.0","id":2,"method":"health"}
)"));
  EXPECT_EQ(outcome.output, lines(R"(
{"jsonrpc":"2.0","id":1,"result":null}
)"));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(told);
}

TEST(Plugin, EndOfInputIsNoError) {
  Plugin plugin;
  EXPECT_EQ(serve(plugin, "").code, 0);
}

TEST(Plugin, UnreadableInputIsAnError) {
  Plugin plugin;
  EXPECT_EQ(plugin.run(-1, -1), 1);
}

TEST(Plugin, PutsLinesTogetherFromAnyPieces) {
  const std::string health = R"("method":"health"})";
  const std::string input = R"({"jsonrpc":"2.0","id":1,)" + health + "\r\n\n" +
                            R"({"jsonrpc":"2.0","id":2,)" + health;  // no last line end
  Plugin plugin;
  const std::string whole = serve(plugin, input).output;
  ASSERT_EQ(whole, lines(R"(
{"jsonrpc":"2.0","id":1,"result":{"status":"ok"}}
{"jsonrpc":"2.0","id":2,"result":{"status":"ok"}}
)"));
  for (std::size_t piece = 1; piece < input.size(); ++piece)
    EXPECT_EQ(serve(plugin, input, no_limit, piece).output, whole) << piece;
}

TEST(Plugin, ReadsLinesUpToTheLimit) {
  const std::string health = R"({"jsonrpc":"2.0","id":1,"method":"health"})";
  const std::string too_long = lines(R"(
{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error: a line of more than 60 bytes"}}
)");
  const std::string healthy = lines(R"(
{"jsonrpc":"2.0","id":1,"result":{"status":"ok"}}
)");
  const auto padded = [&](std::size_t bytes) {
    return health + std::string(bytes - health.size(), ' ') + "\n";
  };
  Plugin plugin;
  EXPECT_EQ(serve(plugin, padded(60) + health, 60).output, healthy + healthy);
  EXPECT_EQ(serve(plugin, padded(61) + health, 60).output, too_long + healthy);
  EXPECT_EQ(serve(plugin, padded(1'000'000) + health, 60).output, too_long + healthy);
  EXPECT_EQ(serve(plugin, padded(61) + health, 60, 1).output, too_long + healthy);
  EXPECT_EQ(serve(plugin, std::string(100, 'x'), 60).output, too_long);
}

TEST(Plugin, CarriesLargeMessages) {
  Plugin plugin;
  plugin.tool("echo", [](const Call& call) -> ToolResult { return {.data = call.parameters}; });
  const std::string text(9'000'000, 'x');
  EXPECT_EQ(
      serve(
          plugin,
          R"({"jsonrpc":"2.0","id":1,"method":"executeTool","params":{"toolName":"echo","parameters":")" +
              text + "\"}}\n")
          .output,
      R"({"jsonrpc":"2.0","id":1,"result":{"data":")" + text + "\"}}\n");
}

TEST(Plugin, NamesTheMissingDataFolder) {
  Plugin plugin;
  plugin.tool("where", [](const Call& call) -> ToolResult {
    return {.content = call.host.data_directory().string()};
  });
  ::setenv("COLLET_PLUGIN_DATA_DIR", "/data/x", 1);
  EXPECT_EQ(serve(plugin, call("where")).output, lines(R"(
{"jsonrpc":"2.0","id":1,"result":{"content":"/data/x"}}
)"));
  ::unsetenv("COLLET_PLUGIN_DATA_DIR");
  EXPECT_EQ(serve(plugin, call("where")).output, lines(R"(
{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"COLLET_PLUGIN_DATA_DIR is not set: this host gives no data folder; set it to a writable one"}}
)"));
}

/// The real thing: in a child process, whose handler prints to stdout and starts a child that reads
/// stdin.
TEST(Plugin, StdoutAndStdinBelongToTheProtocol) {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  ASSERT_TRUE(::pipe(in.data()) == 0 && ::pipe(out.data()) == 0 && ::pipe(err.data()) == 0);
  std::fflush(stdout);  // else the child has the runner's unwritten output, too
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    for (const auto& ends : {in, out, err}) {
      ::close(ends[0]);
      ::close(ends[1]);
    }
    Plugin plugin;
    plugin.tool("print", [](const Call&) -> ToolResult {
      std::printf("stray ");
      std::fflush(stdout);
      return {.content = std::system("cat; echo printed") == 0 ? "done" : "failed"};
    });
    ::_exit(plugin.run());
  }
  ::close(in[0]);
  ::close(out[1]);
  ::close(err[1]);
  write_all(in[1], call("print") + call("print"));
  ::close(in[1]);
  EXPECT_EQ(read_all(out[0]), lines(R"(
{"jsonrpc":"2.0","id":1,"result":{"content":"done"}}
{"jsonrpc":"2.0","id":1,"result":{"content":"done"}}
)"));
  EXPECT_EQ(read_all(err[0]), "stray printed\nstray printed\n");
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  ::close(out[0]);
  ::close(err[0]);
}

}  // namespace
}  // namespace collet::plugin
