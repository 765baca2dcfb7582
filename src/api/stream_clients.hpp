// The streams of plugins as server-sent events (HTML Living Standard, section 9.2).
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>

#include "base/loop.hpp"
#include "http/message.hpp"
#include "services/stream_hub.hpp"

namespace collet::api {

/// Everybody who listens to a stream over HTTP. Loop thread only.
class StreamClients {
 public:
  /// A comment so often keeps proxies from taking a silent stream for a dead one: those in wide use
  /// wait for 30 s or longer, and the standard advises 15 s.
  static constexpr auto keep_alive_interval = std::chrono::seconds(15);

  /// Both outlive it.
  StreamClients(Loop& loop, services::StreamHub& hub) : loop_(loop), hub_(hub) {}
  StreamClients(const StreamClients&) = delete;
  StreamClients& operator=(const StreamClients&) = delete;
  ~StreamClients();

  /// Answers with the stream, which lives until its client goes, reads too slowly, or the plugin or
  /// the host ends; or refuses.
  void add(services::StreamAddress address, const http::Request& request,
           http::Responder responder);

 private:
  using Id = services::StreamHub::ListenerId;
  struct Forget {
    StreamClients* clients;
    Id id;
    void operator()() const noexcept;
  };
  struct Client {
    std::unique_ptr<http::Stream> stream;
    std::optional<std::stop_callback<Forget>> gone;
  };

  void hear(Id id, services::StreamSignal signal, std::string_view event_json);
  void write(Id id, std::string bytes);
  void remove(Id id);
  void keep_alive();

  Loop& loop_;
  services::StreamHub& hub_;
  std::map<Id, Client> clients_;
  Timer timer_;  // while there are any
};

}  // namespace collet::api
