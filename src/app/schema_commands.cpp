// collet schema …: a validator for people; no daemon is asked.
#include <algorithm>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/text.hpp"
#include "app/violation_text.hpp"
#include "base/file.hpp"
#include "collet/json.hpp"
#include "collet/schema.hpp"
#include "http/message.hpp"
#include "json/document.hpp"
#include "json/writer.hpp"
#include "tool/tool_schemas.hpp"

namespace collet::app {
namespace {

constexpr std::size_t k_file_bytes_max = json::ParseLimits{}.bytes_max;

std::string_view name_of(SchemaDraft draft) {
  return std::ranges::find(k_draft_names, draft, &DraftName::draft)->name;
}

/// "-" as people know it.
std::string name_of(const std::string& source) {
  return source == "-" ? "standard input" : source;
}

/// The JSON in a file, or on standard input for "-".
Outcome<Json> read_json(const std::string& source, Terminal& terminal) {
  auto text = source == "-" ? terminal.read_input(k_file_bytes_max)
                            : read_file(source, k_file_bytes_max, FileKind::any_stream);
  if (!text) return wrong_usage(text.error().message);
  auto json = Json::parse(*std::move(text));
  if (!json) return wrong_usage(name_of(source) + ": " + json.error().message);
  return *std::move(json);
}

constexpr std::string_view k_file_scheme = "file://";

/// The file URI of an absolute path (RFC 8089).
std::string file_uri(const std::filesystem::path& path) {
  constexpr std::string_view unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string uri(k_file_scheme);
  for (const char c : path.generic_string()) {
    if (unreserved.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri;
}

bool lies_below(const std::filesystem::path& file, const std::filesystem::path& folder) {
  return std::ranges::mismatch(folder, file).in1 == folder.end();
}

/// Finds the schemas that a schema in `folder` refers to: files below that folder, also behind
/// symbolic links. A schema from anywhere must not read the rest of the machine, nor call anybody.
class Neighbours {
 public:
  explicit Neighbours(const std::filesystem::path& folder) {
    std::error_code error;
    folder_ = std::filesystem::canonical(folder, error);
  }

  std::expected<std::optional<std::string>, std::string> operator()(std::string_view uri) const {
    if (folder_.empty() || !uri.starts_with(k_file_scheme)) return std::nullopt;
    const auto path = http::percent_decode(uri.substr(k_file_scheme.size()));
    if (!path || !path->starts_with('/')) return std::nullopt;
    std::error_code missing;
    std::error_code nowhere;
    const auto file = std::filesystem::canonical(*path, missing);
    // Where a missing one would stand decides what is said of it.
    const auto place = missing ? std::filesystem::weakly_canonical(*path, nowhere) : file;
    if (!nowhere && !lies_below(place, folder_)) {
      return std::unexpected(
          "references that lead outside of the schema's own folder are not followed; copy the file "
          "into that folder");
    }
    if (missing) return std::nullopt;
    auto text = read_file(file, SchemaLimits{}.bytes_max);
    if (!text) return std::nullopt;
    return *std::move(text);
  }

 private:
  std::filesystem::path folder_;
};

/// Reads and compiles; an invalid schema is a SchemaError inside the Outcome.
Outcome<std::expected<Schema, SchemaError>> compile(const std::string& source,
                                                    SchemaOptions options, const Surroundings& on) {
  const auto document = read_json(source, on.terminal);
  if (!document) return std::unexpected(document.error());
  if (source != "-") {
    const auto path = on.machine.absolute(source);
    options.base_uri = file_uri(path);
    options.resolver = Neighbours(path.parent_path());
  }
  return Schema::compile(*document, std::move(options));
}

std::string as_json(const Schema& schema) {
  json::Writer writer;
  writer.begin_object().member("valid", true).member("draft", std::string(name_of(schema.draft())));
  writer.end_object();
  return std::move(writer).take();
}

std::string as_json(const SchemaError& error) {
  json::Writer writer;
  writer.begin_object()
      .member("valid", false)
      .member("schemaPointer", error.pointer)
      .member("message", error.message);
  if (!error.uri.empty()) writer.member("uri", error.uri);
  writer.end_object();
  return std::move(writer).take();
}

std::string as_json(const std::vector<Violation>& violations) {
  json::Writer writer;
  writer.begin_object().member("valid", violations.empty()).key("violations");
  http::write_violations(writer, violations);
  writer.end_object();
  return std::move(writer).take();
}

std::string as_text(const std::vector<Violation>& violations) {
  if (violations.empty()) return "valid\n";
  const bool all = violations.size() < SchemaLimits{}.violations_max;
  return "invalid: " + counted(violations.size(), "violation") + (all ? "" : ", or more") + "\n" +
         violation_lines(violations);
}

}  // namespace

Outcome<ExitCode> execute(const SchemaCheck& command, const Surroundings& on) {
  const auto compiled =
      compile(command.schema, {.draft = command.draft.value_or(SchemaDraft::draft2020_12)}, on);
  if (!compiled) return std::unexpected(compiled.error());
  const auto& schema = *compiled;
  if (command.form == OutputForm::json) {
    on.terminal.out((schema ? as_json(*schema) : as_json(schema.error())) + "\n");
  } else {
    on.terminal.out((schema ? "valid, draft " + std::string(name_of(schema->draft()))
                            : printable(tool::invalidity(schema.error()))) +
                    "\n");
  }
  return schema ? ExitCode::ok : ExitCode::does_not_fit;
}

Outcome<ExitCode> execute(const SchemaValidate& command, const Surroundings& on) {
  if (command.schema == "-" && command.instance == "-") {
    return wrong_usage("only one of schema and instance can be standard input");
  }
  const auto compiled = compile(
      command.schema,
      {.draft = command.draft.value_or(SchemaDraft::draft2020_12), .formats = command.formats}, on);
  if (!compiled) return std::unexpected(compiled.error());
  if (!*compiled) {
    return wrong_usage(
        "the schema in " + name_of(command.schema) + " is " + tool::invalidity(compiled->error()),
        "mend the schema first; `collet schema check` looks at it alone");
  }
  const auto& schema = **compiled;
  const auto instance = read_json(command.instance, on.terminal);
  if (!instance) return std::unexpected(instance.error());

  if (command.output) {
    on.terminal.out(schema.output(*instance, *command.output).text() + "\n");
    return schema.accepts(*instance) ? ExitCode::ok : ExitCode::does_not_fit;
  }
  const auto violations = schema.evaluate(*instance);
  on.terminal.out(command.form == OutputForm::json ? as_json(violations) + "\n"
                                                   : as_text(violations));
  return violations.empty() ? ExitCode::ok : ExitCode::does_not_fit;
}

}  // namespace collet::app
