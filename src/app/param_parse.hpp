// `--param key=value` made into JSON by the tool's schema, so that nobody writes JSON by hand.
//
// clang-format off
// How a value is read, by what the schema says of the parameter:
//   string          the text as it is (quotes would be part of it)
//   integer, number a JSON number, its digits kept as typed
//   boolean         true or false
//   null            null, where the type allows it (so `string or null` cannot say the text "null")
//   enum, const     the choice with that text
//   list            the flag once for each element, or one JSON array: tags=a tags=b, tags=["a"], tags=[]
//   object          a JSON object, or dotted keys: filter.author=Ann
//   several types   the first of null, boolean, integer, number, JSON array, JSON object, string
//   no type known   JSON where the text is a number, true, false, null, or JSON in [], {} or "";
//                   text otherwise
// clang-format on
// A tool without declared parameters takes any name; dots nest there too.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "collet/error.hpp"
#include "json/document.hpp"

namespace collet::app {

/// The parameters object as JSON text, members in the order in which they are first named. Fails
/// with `invalid_parameters`; the message names the parameter and what was expected. What the
/// schema demands beyond the kind of value is left to the daemon. A pure function.
[[nodiscard]] Result<std::string> build_parameters(const json::Value& schema,
                                                   std::span<const std::string> assignments);

}  // namespace collet::app
