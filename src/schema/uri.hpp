// URI references (RFC 3986): what `$id`, `$ref` and `$schema` are made of.
#pragma once

#include <string>
#include <string_view>

namespace collet::schema {

/// `reference` resolved against `base` (RFC 3986, section 5.2), dot segments removed; `base` may be
/// empty or relative, which leaves a relative result. URNs and other opaque bases keep their path.
[[nodiscard]] std::string resolve_uri(std::string_view base, std::string_view reference);

/// A URI without its fragment, and the fragment without its '#', percent-decoded; an absent one is
/// empty. Views `uri` but
/// for the decoding.
struct SplitUri {
  std::string_view without_fragment;
  std::string fragment;
};
[[nodiscard]] SplitUri split_fragment(std::string_view uri);

/// `text` as a fragment: what may not stand there (RFC 3986, section 3.5) is percent-encoded.
[[nodiscard]] std::string encode_fragment(std::string_view text);

}  // namespace collet::schema
