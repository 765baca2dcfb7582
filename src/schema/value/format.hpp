// The formats of JSON Schema (2020-12 validation, section 7.3) as functions of a text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace collet::schema {

enum class Format : std::uint8_t {
  date_time,
  date,
  time,
  duration,
  email,
  idn_email,
  hostname,
  idn_hostname,
  ipv4,
  ipv6,
  uri,
  uri_reference,
  iri,
  iri_reference,
  uri_template,
  uuid,
  json_pointer,
  relative_json_pointer,
  regex,
};

/// The format of that name ("date-time"); nothing for a name that no draft defines. The same in
/// every draft: who writes "uuid" into a draft-07 schema means it.
[[nodiscard]] std::optional<Format> format_named(std::string_view name);
[[nodiscard]] std::string_view name_of(Format format);

/// Whether `text` (decoded; UTF-8, lone surrogates in their three-byte form) has the format, by the
/// grammar of its RFC: where that differs from what is accepted in the field, docs/schema.md says
/// how. Linear in the text. Allocates for `regex` and for labels of host names that are not ASCII
/// or begin with "xn--".
[[nodiscard]] bool conforms(Format format, std::string_view text);
/// What `conforms` takes at most, in steps of about 10 ns (SchemaLimits::steps_max).
[[nodiscard]] std::size_t steps_of(Format format, std::string_view text);

/// An example of the format for messages, e.g. "2026-01-31T09:30:00Z".
[[nodiscard]] std::string_view example_of(Format format);

}  // namespace collet::schema
