#include "plugin/module_manifest.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "json/document.hpp"
#include "process/run.hpp"

namespace collet::plugin {
namespace {

// Prints one line: the mark and {"manifest": …} or {"error": "…"}. The mark is a token that the
// module cannot know while it prints; exit() ends whatever the module left running.
constexpr std::string_view k_script = R"js(
import { pathToFileURL } from 'node:url';
const [path, mark] = process.argv.slice(-2);
process.argv.length = 1;
let line;
try {
  const module = await import(pathToFileURL(path));
  line = { manifest: module.default ?? { ...module } };
} catch (error) {
  console.error(error);
  line = { error: String(error) };
}
process.stdout.write('\n' + mark + JSON.stringify(line) + '\n', () => process.exit(0));
)js";

std::string stderr_part(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text.empty() ? std::string() : fmt::format("\nnode's standard error:\n{}", text);
}

/// What stands after the last mark, up to the end of that line; empty where there is no mark.
std::string_view marked_line(std::string_view text, std::string_view mark) {
  const auto at = text.rfind(mark);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + mark.size());
  return text.substr(0, text.find('\n'));
}

std::unexpected<Error> not_loaded(const std::filesystem::path& module, std::string_view why) {
  return fail(ErrorCode::install_failed,
              fmt::format("Failed to load manifest module at {}: {}", module.native(), why),
              "mend the manifest, or build the plugin and its dependencies first");
}

Result<std::string> read_answer(const std::filesystem::path& module, std::string_view mark,
                                const process::RunOutcome& run) {
  const auto line = marked_line(run.stdout_text, mark);
  const auto document = json::Document::parse(std::string(line));
  if (line.empty() || !document) {
    return not_loaded(module, fmt::format("node {} before it had read it{}", run.status.describe(),
                                          stderr_part(run.stderr_tail)));
  }
  if (const auto error = document->root().find("error")) {
    return not_loaded(module, error->as_string().value_or("") + run.status.limits_text +
                                  stderr_part(run.stderr_tail));
  }
  const auto manifest = document->root().find("manifest");
  // A function or a symbol has no JSON form and so is left out.
  if (!manifest) return not_loaded(module, "its default export is no data");
  return json::compact(*manifest);
}

}  // namespace

Async<Result<std::string>> read_module_manifest(Loop& loop, process::Spawner& spawner,
                                                Entropy& entropy, NodeOptions options,
                                                std::filesystem::path module,
                                                std::filesystem::path package_root) {
  const std::string mark = make_token(entropy);
  process::SpawnRequest request;
  request.executable = options.program;
  request.arguments = {"--input-type=module", "-e", std::string(k_script), "--",
                       module.native(),       mark};
  request.environment = {{"PATH", options.search_path}, {"NODE_ENV", "production"}, {"TZ", "UTC"}};
  request.directory = package_root;
  request.limits = options.limits;
  process::RunOptions how;
  how.deadline = Deadline::after(loop.now(), options.time_limit);
  how.cancellation = options.cancellation;

  const auto run = co_await reply_of<process::RunOutcome>(
      [&](auto reply) { process::run(loop, spawner, request, std::move(how), std::move(reply)); });
  if (run) co_return read_answer(module, mark, *run);
  if (run.error().code == ErrorCode::cancelled)
    co_return fail(ErrorCode::shutting_down, "the host is stopping");
  if (run.error().code == ErrorCode::overloaded) co_return std::unexpected(run.error());
  if (run.error().code == ErrorCode::worker_unavailable) {
    co_return fail(ErrorCode::install_failed,
                   fmt::format("The manifest {} is JavaScript and needs Node: {}", module.native(),
                               run.error().message),
                   "install Node (apt-get install nodejs), or name it in collet.toml: [node] path "
                   "= \"/path/to/node\"");
  }
  co_return not_loaded(module, run.error().message);
}

}  // namespace collet::plugin
