// The metaschemas of the five drafts, so that a schema may refer to them without a network.
#pragma once

#include <optional>
#include <string_view>

namespace collet::schema {

/// The text of the metaschema with that URI (without fragment), the vocabularies' parts included.
[[nodiscard]] std::optional<std::string_view> metaschema_text(std::string_view uri);

}  // namespace collet::schema
