// References to secrets, as they stand in configurations and in calls. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "collet/error.hpp"
#include "collet/service_settings.hpp"
#include "json/document.hpp"

namespace collet::services {

/// Whether a secret may have this name: 1 to 200 letters, digits and `_ . : / @ -`, a letter, digit
/// or `_` first and no `..`, so that it is harmless as a file's name, a variable's and an argument.
[[nodiscard]] bool is_secret_id(std::string_view id);
/// Fails with `invalid_request` and says what a name may be.
[[nodiscard]] Result<Done> check_secret_id(std::string_view id);

/// Reads `{"type": "secret_ref", "secretId": …, "version"?: number | "latest"}`; nothing where it
/// is something else.
[[nodiscard]] std::optional<SecretRef> read_secret_ref(json::Value value);

/// Whether a reference to the secret stands anywhere in `config`: whoever wrote it there wants the
/// plugin to have it.
[[nodiscard]] bool refers_to_secret(json::Value config, std::string_view id);

}  // namespace collet::services
