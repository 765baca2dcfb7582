#include "http/curl_url.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <idn2.h>

#include <algorithm>
#include <charconv>
#include <new>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace collet::http {
namespace {

/// In a message a URL is recognised by its start; the rest may be kilobytes.
constexpr std::size_t k_shown_bytes_max = 500;

std::unexpected<Error> invalid(std::string_view text) {
  return fail(ErrorCode::invalid_request, "Invalid URL: " + shortened(text, k_shown_bytes_max));
}

/// As the WHATWG's URLs have it: control characters count as white space.
std::string_view without_controls_around(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

/// The scheme in lower case (RFC 3986, section 3.1); nothing where there is none.
std::optional<std::string> scheme_of(std::string_view text) {
  const auto scheme = ascii_lower(text.substr(0, text.find(':')));
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view more = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
  if (scheme.size() == text.size() || scheme.empty() ||
      letters.find(scheme.front()) == letters.npos || scheme.find_first_not_of(more) != scheme.npos)
    return std::nullopt;
  return scheme;
}

Result<Done> check_scheme(const std::string& scheme) {
  if (scheme == "http" || scheme == "https") return Done{};
  return fail(ErrorCode::invalid_request,
              fmt::format("Disallowed protocol \"{}:\" — only http: and https: are permitted",
                          shortened(scheme, k_shown_bytes_max)));
}

/// As the WHATWG's URLs have it, and with them whoever looked at this one before: a backslash
/// separates like a slash, but in the query and behind it.
std::string with_slashes(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), std::find_first_of(out.begin(), out.end(), "?#", "?#" + 2), '\\', '/');
  return out;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// A name in letters of any language as name servers have it (UTS 46). libcurl's own way reads the
/// text as the process's locale has it.
std::optional<std::string> in_ascii(const std::string& name) {
  if (is_ascii(name)) return name;
  char* made = nullptr;
  if (::idn2_to_ascii_8z(name.c_str(), &made, IDN2_NONTRANSITIONAL) != IDN2_OK) return std::nullopt;
  std::string copy(made);
  ::idn2_free(made);
  return copy;
}

}  // namespace

class CurlUrl::Handle {
 public:
  Handle() : handle_(::curl_url()) {
    if (handle_ == nullptr) throw std::bad_alloc();
  }
  ~Handle() { ::curl_url_cleanup(handle_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  /// Makes it the URL that `text` is, or means where there is one already.
  bool set_url(std::string_view text, unsigned flags = CURLU_URLENCODE | CURLU_ALLOW_SPACE) {
    const auto terminated = with_slashes(text);
    return terminated.find('\0') == std::string::npos &&
           ::curl_url_set(handle_, CURLUPART_URL, terminated.c_str(), flags) == CURLUE_OK;
  }
  bool set_host(const std::string& host) {
    return ::curl_url_set(handle_, CURLUPART_HOST, host.c_str(), 0) == CURLUE_OK;
  }
  bool drop_fragment() {
    return ::curl_url_set(handle_, CURLUPART_FRAGMENT, nullptr, 0) == CURLUE_OK;
  }
  std::optional<std::string> get(CURLUPart part, unsigned flags = 0) const {
    char* text = nullptr;
    if (::curl_url_get(handle_, part, &text, flags) != CURLUE_OK) return std::nullopt;
    std::string copy(text);
    ::curl_free(text);
    return copy;
  }

 private:
  CURLU* handle_;
};

Result<CurlUrl> CurlUrl::parse(std::string_view text) {
  const auto inner = without_controls_around(text);
  const auto scheme = scheme_of(inner);
  if (!scheme) return invalid(text);
  if (auto checked = check_scheme(*scheme); !checked) return std::unexpected(checked.error());
  Handle handle;
  if (!handle.set_url(inner)) return invalid(text);
  return read(handle, text);
}

bool CurlUrl::names_proxy(std::string_view text) {
  const auto scheme = scheme_of(text);
  if (scheme != "http" && scheme != "https" && scheme != "socks5h") return false;
  Handle handle;
  return handle.set_url(text, CURLU_NON_SUPPORT_SCHEME) && handle.get(CURLUPART_PORT);
}

Result<CurlUrl> CurlUrl::resolved(std::string_view reference) const {
  const auto inner = without_controls_around(reference);
  if (const auto scheme = scheme_of(inner)) {
    if (auto checked = check_scheme(*scheme); !checked) return std::unexpected(checked.error());
  }
  Handle handle;
  if (!handle.set_url(text_) || !handle.set_url(inner)) return invalid(reference);
  return read(handle, reference);
}

Result<CurlUrl> CurlUrl::read(Handle& handle, std::string_view text) {
  CurlUrl url;
  auto scheme = handle.get(CURLUPART_SCHEME);
  auto host = handle.get(CURLUPART_HOST);
  const auto port = handle.get(CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (!scheme || !host || !port || host->empty()) return invalid(text);
  url.scheme_ = *std::move(scheme);
  host = in_ascii(ascii_lower(*host));
  if (!host) return invalid(text);
  // Names are compared, pinned and sent in one spelling.
  if (host->ends_with('.')) host->pop_back();
  if (!handle.set_host(*host) || !handle.drop_fragment()) return invalid(text);
  if (host->starts_with('[')) *host = host->substr(1, host->size() - 2);
  url.ip_ = parse_ip(*host);
  url.destination_.host = *std::move(host);
  std::from_chars(port->data(), port->data() + port->size(), url.destination_.port);
  auto whole = handle.get(CURLUPART_URL);
  if (!whole || url.destination_.port == 0) return invalid(text);
  url.text_ = *std::move(whole);
  return url;
}

}  // namespace collet::http
