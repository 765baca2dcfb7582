// What a plugin's manifest says of its configuration (`instanceConfigSchema`).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/error.hpp"
#include "collet/schema.hpp"
#include "json/document.hpp"

namespace collet::services {

/// A compiled `instanceConfigSchema`: draft-07 unless it says otherwise; without one, everything
/// fits.
///
/// Where the schema says `"format": "secret-ref"` no secret may stand, only a reference to one,
/// `{"type": "secret_ref", "secretId": "…", "version": 1 | "latest"}`, or nothing yet: `null` or
/// "", as far as the rest of the schema lets them. A reference fits there also where the schema
/// asks for a string, which is what plugins wrote when references were strings. `"format":
/// "password"` says nothing of the value.
///
/// Immutable.
class ConfigSchema {
 public:
  /// Of a manifest's JSON text.
  explicit ConfigSchema(std::string_view manifest_json);

  /// What is wrong with the schema: "instanceConfigSchema is invalid at /type: …". Everything fits
  /// it then: a plugin's mistake does not take its configuration from it. Empty where nothing is.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// How `config` falls short, none where it fits.
  [[nodiscard]] std::vector<Violation> judge(const json::Value& config) const;
  /// The same as an error: `invalid_request` in the reference's words, with the violations.
  [[nodiscard]] Result<Done> check(const json::Value& config) const;

 private:
  std::optional<Schema> schema_;
  std::string problem_;
};

/// The schema as it is compiled: beside `format: secret-ref` an object is allowed and a reference
/// demanded. JSON text. For tests, too.
[[nodiscard]] std::string with_secret_references(const json::Value& schema);

}  // namespace collet::services
