#include "api/stream_clients.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace collet::api {
namespace {

// As the reference names them; `message` is what a client takes an event without a name for.
std::string event_text(services::StreamSignal signal, std::string_view event_json) {
  std::string text;
  if (signal == services::StreamSignal::open) text = "event: open\n";
  if (signal == services::StreamSignal::close) text = "event: close\n";
  return text.append("data: ").append(event_json).append("\n\n");
}

}  // namespace

StreamClients::~StreamClients() {
  for (const auto& [id, client] : clients_) hub_.leave(id);
}

void StreamClients::add(services::StreamAddress address, const http::Request& request,
                        http::Responder responder) {
  // The listener is called from the next event on, when it has its number.
  const auto number = std::make_shared<Id>();
  const auto id = hub_.listen(std::move(address), [this, number](services::StreamSignal signal,
                                                                 std::string_view event_json) {
    hear(*number, signal, event_json);
  });
  if (!id) return responder.send(http::error_response(id.error()));
  *number = *id;
  http::Response head{.content_type = "text/event-stream",
                      .body = ":ok\n\n",  // so that a client knows that it is connected
                      .headers = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}}};
  if (request.method == "HEAD") {  // it would wait for the end of what is not sent
    hub_.leave(*id);
    return responder.send(std::move(head));
  }
  auto& client = clients_[*id];
  client.stream = responder.stream(std::move(head));
  client.gone.emplace(request.closed, Forget{this, *id});
  if (clients_.size() == 1)
    timer_ = loop_.call_after(keep_alive_interval, [this] { keep_alive(); });
}

// It is told in the midst of the connection's end.
void StreamClients::Forget::operator()() const noexcept {
  clients->loop_.post([clients = clients, id = id] { clients->remove(id); });
}

void StreamClients::hear(Id id, services::StreamSignal signal, std::string_view event_json) {
  if (signal == services::StreamSignal::end) return remove(id);
  write(id, event_text(signal, event_json));
}

void StreamClients::write(Id id, std::string bytes) {
  const auto client = clients_.find(id);
  if (client != clients_.end() && !client->second.stream->write(std::move(bytes))) remove(id);
}

// Its stream ends with it.
void StreamClients::remove(Id id) {
  hub_.leave(id);
  clients_.erase(id);
  if (clients_.empty()) timer_.cancel();
}

void StreamClients::keep_alive() {
  std::vector<Id> ids;
  for (const auto& [id, client] : clients_) ids.push_back(id);
  for (const auto id : ids) write(id, ":\n\n");
  if (!clients_.empty()) timer_ = loop_.call_after(keep_alive_interval, [this] { keep_alive(); });
}

}  // namespace collet::api
