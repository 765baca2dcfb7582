#include "http/outbound.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/ascii.hpp"
#include "base/asio_loop.hpp"
#include "http/curl_exchange.hpp"
#include "http/curl_multi.hpp"
#include "http/curl_url.hpp"
#include "http/resolver.hpp"

namespace collet::http {
namespace {

/// libcurl counts who uses it; several hosts in a program are several users.
class CurlUse {
 public:
  CurlUse() { ::curl_global_init(CURL_GLOBAL_DEFAULT); }
  ~CurlUse() { ::curl_global_cleanup(); }
  CurlUse(const CurlUse&) = delete;
  CurlUse& operator=(const CurlUse&) = delete;
};

std::int64_t in_ms(Clock::duration duration) {
  return std::chrono::round<std::chrono::milliseconds>(duration).count();
}

/// Where an answer points; nothing where it is one to hand over.
std::optional<std::string> location_of(const OutboundResponse& response) {
  constexpr std::array statuses{301, 302, 303, 307, 308};
  if (std::ranges::find(statuses, response.status) == statuses.end()) return std::nullopt;
  const auto found = std::ranges::find(response.headers, "location", &Header::name);
  if (found == response.headers.end()) return std::nullopt;
  return found->value;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](auto each) { return equal_ignoring_case(name, each); });
}

/// What fetch makes of a request that is sent on
/// (https://fetch.spec.whatwg.org/#http-redirect-fetch).
void send_on(OutboundRequest& request, int status, bool same_origin) {
  const bool becomes_get = (status == 303 && request.method != "GET" && request.method != "HEAD") ||
                           ((status == 301 || status == 302) && request.method == "POST");
  if (becomes_get) {
    request.method = "GET";
    request.body.reset();
    std::erase_if(request.headers, [](const Header& header) {
      return is_one_of(header.name, {"Content-Type", "Content-Encoding", "Content-Language",
                                     "Content-Location"});
    });
  }
  if (same_origin) return;
  std::erase_if(request.headers, [](const Header& header) {
    return is_one_of(header.name, {"Authorization", "Cookie", "Proxy-Authorization"});
  });
}

class CurlOutbound final : public Outbound {
 public:
  CurlOutbound(AsioLoop& loop, Resolver& resolver, OutboundOptions options)
      : loop_(loop),
        resolver_(resolver),
        options_(std::move(options)),
        multi_(loop, {.idle_connections_max = options_.idle_connections_max,
                      .idle_timeout = options_.idle_timeout}) {}

  ~CurlOutbound() override { CurlOutbound::stop(); }

  void stop() override {
    phase_ = Phase::stopped;
    while (!sendings_.empty()) finish(*sendings_.begin()->second, stopped());
  }

  void send(OutboundRequest request, Reply<OutboundResponse> reply) override {
    if (phase_ == Phase::stopped) return reply(stopped());
    const auto number = ++last_number_;
    auto sending =
        std::make_shared<Sending>(number, loop_.now(), std::move(request), std::move(reply));
    sendings_.emplace(number, sending);
    sending->deadline = loop_.call_at(sending->request.deadline.when(), [this, &on = *sending] {
      // The URL was read, or there would be no waiting.
      finish(on, fail(ErrorCode::timeout,
                      fmt::format("the request to {} timed out after {}ms",
                                  on.url->destination().host, in_ms(loop_.now() - on.begun))));
    });
    go(*sending, CurlUrl::parse(sending->request.url));
  }

 private:
  /// A request on its way, from URL to URL.
  struct Sending : std::enable_shared_from_this<Sending> {
    Sending(std::uint64_t its_number, TimePoint now, OutboundRequest the_request,
            Reply<OutboundResponse> the_reply)
        : number(its_number),
          begun(now),
          request(std::move(the_request)),
          reply(std::move(the_reply)) {}

    const std::uint64_t number;
    const TimePoint begun;
    OutboundRequest request;
    Reply<OutboundResponse> reply;
    std::optional<CurlUrl> url;
    int redirects = 0;
    Route route = Route::direct;
    Timer deadline;
    Timer resolving;
    std::optional<CurlExchange> exchange;
  };

  static std::unexpected<Error> stopped() {
    return fail(ErrorCode::shutting_down, "the host is stopping; the request was given up");
  }

  void finish(Sending& sending, Result<OutboundResponse> outcome) {
    const auto kept = sending.shared_from_this();
    if (sending.exchange) multi_.remove(sending.exchange->handle());
    sending.deadline.cancel();
    sending.resolving.cancel();
    sendings_.erase(sending.number);
    auto reply = std::move(sending.reply);
    reply(std::move(outcome));
  }

  void go(Sending& sending, Result<CurlUrl> url) {
    if (!url) return finish(sending, std::unexpected(std::move(url.error())));
    sending.exchange.reset();
    sending.url = *std::move(url);
    const auto& to = sending.url->destination();
    const bool by_proxy = !options_.proxy.empty() &&
                          (!sending.request.route || sending.request.route(to) == Route::by_proxy);
    sending.route = by_proxy ? Route::by_proxy : Route::direct;
    if (const auto& ip = sending.url->ip()) return connect(sending, {*ip});
    resolve(sending);
  }

  void resolve(Sending& sending) {
    const auto& host = sending.url->destination().host;
    sending.resolving = loop_.call_after(options_.resolve_timeout, [this, &sending] {
      resolved(sending, fail(ErrorCode::timeout, fmt::format("no answer within {}ms",
                                                             options_.resolve_timeout.count())));
    });
    const auto deadline =
        Deadline::after(loop_.now(), options_.resolve_timeout).earlier(sending.request.deadline);
    // The reply may come when this request, or this object, is gone; and for the URL before this.
    resolver_.resolve({.caller = sending.request.caller, .host = host, .deadline = deadline},
                      Reply<std::vector<IpAddress>>(
                          [this, alive = sending.weak_from_this(),
                           hop = sending.redirects](Result<std::vector<IpAddress>> addresses) {
                            const auto self = alive.lock();
                            if (!self || !self->reply || self->redirects != hop) return;
                            if (!self->exchange) resolved(*self, std::move(addresses));
                          }));
  }

  void resolved(Sending& sending, Result<std::vector<IpAddress>> addresses) {
    sending.resolving.cancel();
    if (addresses) return connect(sending, *std::move(addresses));
    // What cannot be looked up here may be known behind the proxy.
    if (sending.route == Route::by_proxy) return exchange(sending, {});
    auto error = std::move(addresses.error());
    error.message = fmt::format("DNS resolution failed for {}: {}", sending.url->destination().host,
                                error.message);
    finish(sending, std::unexpected(std::move(error)));
  }

  void connect(Sending& sending, std::vector<IpAddress> addresses) {
    const auto& to = sending.url->destination();
    std::erase_if(addresses,
                  [&](const IpAddress& address) { return !sending.request.permits(to, address); });
    if (addresses.empty()) return finish(sending, std::unexpected(not_permitted(to)));
    exchange(sending, std::move(addresses));
  }

  void exchange(Sending& sending, std::vector<IpAddress> addresses) {
    sending.exchange.emplace(ExchangePlan{.request = sending.request,
                                          .url = *sending.url,
                                          .options = options_,
                                          .route = sending.route,
                                          .addresses = std::move(addresses)});
    multi_.add(sending.exchange->handle(), [this, &sending](CURLcode code) {
      exchanged(sending, sending.exchange->outcome(code));
    });
  }

  void exchanged(Sending& sending, Result<OutboundResponse> response) {
    if (!response || sending.request.redirects == Redirects::hand_over) {
      return finish(sending, std::move(response));
    }
    const auto location = location_of(*response);
    if (!location) return finish(sending, std::move(response));
    if (++sending.redirects > redirects_max) {
      return finish(sending, fail(ErrorCode::worker_unavailable,
                                  fmt::format("the request to {} was redirected more than {} times",
                                              sending.url->destination().host, redirects_max)));
    }
    auto next = sending.url->resolved(*location);
    if (next) send_on(sending.request, response->status, next->has_same_origin(*sending.url));
    go(sending, std::move(next));
  }

  const CurlUse use_;
  AsioLoop& loop_;
  Resolver& resolver_;
  const OutboundOptions options_;
  std::map<std::uint64_t, std::shared_ptr<Sending>> sendings_;
  std::uint64_t last_number_ = 0;
  enum class Phase { open, stopped } phase_ = Phase::open;
  CurlMulti multi_;  // first to go: it points into the requests
};

}  // namespace

Result<Done> check_url(std::string_view url) {
  if (CurlUrl::parse(url)) return Done{};
  return fail(ErrorCode::invalid_request, "must be a URL such as \"http://127.0.0.1:3100/rpc\"");
}

Result<Done> check_proxy(std::string_view url) {
  if (CurlUrl::names_proxy(url)) return Done{};
  return fail(ErrorCode::invalid_request,
              "must be the URL of a proxy with its port, such as \"http://proxy.example:3128\" or "
              "\"socks5h://127.0.0.1:1080\"");
}

std::unique_ptr<Outbound> make_outbound(AsioLoop& loop, Resolver& resolver,
                                        OutboundOptions options) {
  return std::make_unique<CurlOutbound>(loop, resolver, std::move(options));
}

}  // namespace collet::http
