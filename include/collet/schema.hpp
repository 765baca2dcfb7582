// JSON Schema: compile once, evaluate many times, explain in one line. Usable without the rest of
// Collet (CMake target collet::schema).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/error.hpp"
#include "collet/json.hpp"

namespace collet {

/// The drafts of JSON Schema that are read; `$schema` chooses.
enum class SchemaDraft : std::uint8_t { draft4, draft6, draft7, draft2019_09, draft2020_12 };

/// Whether `format` is judged. As the dialect says: asserted up to draft-07, an annotation from
/// 2019-09 on unless the metaschema's vocabulary asserts it.
enum class SchemaFormats : std::uint8_t { as_dialect_says, annotate, enforce };

/// What compiling and evaluating may cost. Tests stand on both sides of each. They stand here and
/// not in limits.hpp, because schemas are usable alone.
struct SchemaLimits {
  /// A schema's text, and that of each document it refers to. The largest tool schema seen in the
  /// wild has 300 KB.
  std::size_t bytes_max = std::size_t{4} << 20;
  /// Nesting of a schema's text; the evaluation of deeper ones would need more stack than threads
  /// have.
  std::uint32_t depth_max = 500;
  /// Subschemas that are compiled: what is reachable, each once.
  std::uint32_t subschemas_max = 100'000;
  /// Documents: the schema and those that references lead to, metaschemas included. As many
  /// metaschemas may be named by `$schema`.
  std::uint32_t documents_max = 256;
  /// Texts that the resolver gives, together: four documents of the largest size. They are kept
  /// with the schema, and read anew with it (which takes as much again, and their structure) when a
  /// value that does not fit is explained.
  std::size_t resolved_bytes_max = std::size_t{16} << 20;
  /// A URI, after resolution: each resource keeps its own.
  std::size_t uri_bytes_max = 4'096;
  /// Different patterns; together they take at most 16 MiB. Each may cost a millisecond to compile.
  std::uint32_t patterns_max = 2'000;
  /// Applications of a subschema inside each other: instance depth times the references and
  /// combinators on the way. 1,000 levels of JSON with two each; 2 MiB of stack. Also the bare
  /// references that may lead from each to the next.
  std::uint32_t nesting_max = 2'000;
  /// Work of one evaluation, in units of about 10 ns: half a second. Recursive `anyOf`s double with
  /// each level of the instance.
  std::uint64_t steps_max = 50'000'000;
  /// Work of one explanation, in units of about 250 ns: half a second. A typical call's takes 50.
  std::uint64_t explanation_steps_max = 2'000'000;
  /// Violations that one evaluation reports: more than a model can mend at once. 0: none, whatever
  /// the verdict.
  std::uint32_t violations_max = 32;
};

/// Gives the text of the document with that absolute URI (without fragment), nothing where there is
/// none, or a sentence that says why it is not given: it becomes part of SchemaError::message, and
/// so does what() of an exception. Collet never asks the network; the metaschemas of the drafts are
/// known. Asked once for each URI.
using SchemaResolver =
    std::function<std::expected<std::optional<std::string>, std::string>(std::string_view uri)>;

struct SchemaOptions {
  SchemaDraft draft = SchemaDraft::draft2020_12;  ///< of a schema without `$schema`
  SchemaFormats formats = SchemaFormats::as_dialect_says;
  std::string base_uri{};     ///< where the schema comes from; references are resolved against it
  SchemaResolver resolver{};  ///< asked while compiling only
  SchemaLimits limits{};
};

/// Why a schema was not compiled.
struct SchemaError {
  std::string pointer;  ///< RFC 6901 pointer to the place in the schema, "" for the root
  std::string message;  ///< e.g. "minLength must be a non-negative integer; got -1"
  std::string uri{};    ///< the document, where it is not the schema that was given
};

/// The output formats of JSON Schema (2020-12 core, section 12.4).
enum class SchemaOutput : std::uint8_t { flag, basic, detailed };

/// What Schema::adapt may change.
struct SchemaAdaptation {
  bool fill_defaults = false;  ///< absent properties get the schema's `default`
  /// Strings become numbers or booleans, and a single value an array of one, where that is what the
  /// schema wants and the value leaves one reading.
  bool coerce = false;
};

/// How violations are told.
struct EvaluationOptions {
  /// RFC 6901 pointer to the instance in what the reader knows: all pointers of violations start
  /// there, those in their sentences, too. "/data" where the instance is that member of a result.
  std::string instance_pointer{};
};

/// A compiled schema. Immutable, cheap to copy, any thread.
class Schema {
 public:
  /// Compiles `document`. References are resolved, patterns compiled and every keyword checked
  /// here; evaluation meets no surprises but its own limits.
  [[nodiscard]] static std::expected<Schema, SchemaError> compile(const Json& document,
                                                                  SchemaOptions options = {});

  /// Whether `instance` fits. Allocates nothing for usual schemas (docs/schema.md has the
  /// exceptions).
  [[nodiscard]] bool accepts(const json::Value& instance) const;
  [[nodiscard]] bool accepts(const Json& instance) const;

  /// The violations, none where `instance` fits: in document order of the instance's parts, at most
  /// `violations_max`. Of `anyOf` and `oneOf` those of the branch that came closest.
  [[nodiscard]] std::vector<Violation> evaluate(const json::Value& instance,
                                                const EvaluationOptions& options = {}) const;
  [[nodiscard]] std::vector<Violation> evaluate(const Json& instance,
                                                const EvaluationOptions& options = {}) const;

  /// The whole story as JSON, in one of the specification's output formats.
  [[nodiscard]] Json output(const Json& instance, SchemaOutput format) const;

  /// `instance` with defaults filled in and values coerced; nothing where there is nothing to
  /// change. What it makes is not yet judged.
  [[nodiscard]] std::optional<Json> adapt(const Json& instance, SchemaAdaptation adaptation) const;

  /// The draft its root is written in.
  [[nodiscard]] SchemaDraft draft() const;
  /// Heap bytes it holds, compiled patterns apart.
  [[nodiscard]] std::size_t memory() const;
  /// What judging `instance` counts to (see SchemaLimits::steps_max): for tests that keep the
  /// optimiser honest.
  [[nodiscard]] std::uint64_t steps(const Json& instance) const;

 private:
  struct Impl;
  explicit Schema(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

}  // namespace collet
