// URLs as libcurl reads them: what is checked is what is connected to. Internal to http/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "collet/error.hpp"
#include "http/egress.hpp"

namespace collet::http {

/// An absolute http or https URL.
class CurlUrl {
 public:
  /// Fails with `invalid_request` in the reference's words: `Invalid URL: x`, `Disallowed protocol
  /// "ftp:" — only http: and https: are permitted`.
  [[nodiscard]] static Result<CurlUrl> parse(std::string_view text);
  /// Whether a proxy may be named so; see `check_proxy`.
  [[nodiscard]] static bool names_proxy(std::string_view text);
  /// What `reference` means on a page of this URL (RFC 3986, section 5). Fails as `parse`.
  [[nodiscard]] Result<CurlUrl> resolved(std::string_view reference) const;

  /// Without fragment; spaces and other bytes that no URL has are percent-encoded.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::string& scheme() const { return scheme_; }
  [[nodiscard]] const Destination& destination() const { return destination_; }
  /// Where the host is an address instead of a name, in whichever spelling.
  [[nodiscard]] const std::optional<IpAddress>& ip() const { return ip_; }
  /// Whether both lead to the same server in the same way.
  [[nodiscard]] bool has_same_origin(const CurlUrl& other) const {
    return scheme_ == other.scheme_ && destination_ == other.destination_;
  }

 private:
  class Handle;
  CurlUrl() = default;
  static Result<CurlUrl> read(Handle& handle, std::string_view text);

  std::string text_;
  std::string scheme_;
  Destination destination_;
  std::optional<IpAddress> ip_;
};

}  // namespace collet::http
