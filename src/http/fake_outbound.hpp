// For tests of other rooms: requests that go nowhere, answered by the test.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "http/outbound.hpp"

namespace collet::http {

/// Keeps what is sent, oldest first, until the test answers it.
class FakeOutbound final : public Outbound {
 public:
  struct Sent {
    OutboundRequest request;
    Reply<OutboundResponse> reply;
  };

  void send(OutboundRequest request, Reply<OutboundResponse> reply) override {
    if (stopped) return reply(fail(ErrorCode::shutting_down, "the host is stopping"));
    sent.push_back({std::move(request), std::move(reply)});
  }
  void stop() override {
    stopped = true;
    while (!sent.empty()) answer(fail(ErrorCode::shutting_down, "the host is stopping"));
  }

  /// Answers the oldest, and forgets it.
  void answer(Result<OutboundResponse> response) {
    auto first = std::move(sent.front());
    sent.erase(sent.begin());
    first.reply(std::move(response));
  }
  void answer(int status, std::string body) {
    answer(OutboundResponse{.status = status, .reason = "Said", .body = std::move(body)});
  }

  std::vector<Sent> sent;
  bool stopped = false;
};

}  // namespace collet::http
