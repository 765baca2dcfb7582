// A program with a plugin host inside: a function of its own as a tool, a plugin beside it, and one
// list of both.
//   embed <folder of a plugin, e.g. the built calc>
#include <collet/host.hpp>
#include <cstdio>
#include <filesystem>
#include <future>

// A thread of the program waits; a callback and a coroutine do not (see Host::call and
// Host::call_async).
static void show(const collet::Result<collet::ToolExecutionResult>& answer) {
  std::printf("%s\n", answer ? answer->result.json.c_str() : answer.error().message.c_str());
}

int main(int argc, char** argv) {
  const auto data = std::filesystem::temp_directory_path() / "collet-embed";
  auto host = collet::Host::start({.data_dir = data});
  if (!host) return std::fprintf(stderr, "%s\n", host.error().message.c_str()), 1;

  const auto greet = [](const collet::ToolCall& call) -> collet::Result<collet::ToolResult> {
    return collet::text_result("Hello from this program! You said " + call.parameters.text());
  };
  auto registered = (*host)->register_functions(
      "my.app", {{.name = "greet", .description = "Says hello.", .function = greet}});
  if (!registered) return std::fprintf(stderr, "%s\n", registered.error().message.c_str()), 1;

  if (argc > 1 && (*host)->plugins().empty()) {
    auto installed =
        (*host)->install({.source = argv[1], .kind = collet::InstallRequest::Kind::folder});
    if (!installed) return std::fprintf(stderr, "%s\n", installed.error().message.c_str()), 1;
  }
  for (const auto& tool : (*host)->list_tools())
    std::printf("%s: %s\n", tool.name.c_str(), tool.description.c_str());

  show((*host)->call("my.app:greet", R"({"text":"good morning"})"));
  if (argc > 1) {
    std::promise<void> answered;
    (*host)->call("collet.calc:evaluate", R"({"expression":"6 * 7"})", {}, [&](auto answer) {
      show(answer);
      answered.set_value();
    });
    answered.get_future().wait();
  }
}
