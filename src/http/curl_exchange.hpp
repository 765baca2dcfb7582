// One request to one URL by libcurl: what is sent, where it may go, what comes back. Internal to
// http/.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "http/curl_handles.hpp"
#include "http/curl_url.hpp"
#include "http/outbound.hpp"

namespace collet::http {

/// Everything that libcurl is told; borrowed, outlives the exchange.
struct ExchangePlan {
  const OutboundRequest& request;
  const CurlUrl& url;
  const OutboundOptions& options;
  Route route;
  std::vector<IpAddress> addresses;  ///< of the host, checked; of no use where the way is by proxy
};

/// Holds a handle that is ready to be run, and gathers the answer while it is. Does not move: the
/// handle points here.
class CurlExchange {
 public:
  explicit CurlExchange(ExchangePlan plan);
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  [[nodiscard]] CURL* handle() const { return handle_.get(); }
  /// What came of it, once the transfer has ended with `code`.
  [[nodiscard]] Result<OutboundResponse> outcome(CURLcode code);

 private:
  void set_way();
  void set_trust();
  void set_message();
  void set_callbacks();
  void add_header(const std::string& line);
  bool read_head(std::string_view line);

  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int before_request(void* self, char* address, char*, int, int);
  static std::size_t take_head(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* self);

  const ExchangePlan plan_;
  CurlHandle handle_;
  CurlList headers_;
  CurlList pins_;
  std::array<char, CURL_ERROR_SIZE> complaint_{};
  OutboundResponse response_;
  std::size_t head_bytes_ = 0;
  bool head_done_ = false;
  enum class Stop { none, not_permitted, head_too_large, body_too_large } stop_ = Stop::none;
};

/// The reference's words for a destination that no address of may be connected to.
[[nodiscard]] Error not_permitted(const Destination& to);

}  // namespace collet::http
