#include "http/seats.hpp"

#include <utility>

namespace collet::http {

void Seats::add(std::shared_ptr<Session> session) {
  ++row(session->place()).taken;
  auto* const address = session.get();
  sessions_.emplace(address, std::move(session));
}

void Seats::remove(Session& session) {
  const auto found = sessions_.find(&session);
  if (found == sessions_.end()) return;
  --row(session.place()).taken;
  sessions_.erase(found);
}

std::optional<Seat> Seats::find(TimePoint turn) const {
  for (const auto place : {Place::ordinary, Place::spare}) {
    if (row(place).taken < row(place).limit) return Seat{.place = place};
    auto quiet = quietest(place);
    if (!quiet) continue;
    if (*quiet->quiet_since() >= turn) return std::nullopt;
    return Seat{.place = place, .taken_from = std::move(quiet)};
  }
  return std::nullopt;
}

std::shared_ptr<Session> Seats::quietest_before(TimePoint turn) const {
  auto quiet = quietest(std::nullopt);
  return quiet && *quiet->quiet_since() < turn ? quiet : nullptr;
}

std::shared_ptr<Session> Seats::quietest(std::optional<Place> place) const {
  std::shared_ptr<Session> found;
  auto since = TimePoint::max();
  for (const auto& [address, session] : sessions_) {
    if (place && session->place() != *place) continue;
    const auto quiet = session->quiet_since();
    if (!quiet || *quiet >= since) continue;
    since = *quiet;
    found = session;
  }
  return found;
}

std::vector<std::shared_ptr<Session>> Seats::all() const {
  std::vector<std::shared_ptr<Session>> all;
  all.reserve(sessions_.size());
  for (const auto& [address, session] : sessions_) all.push_back(session);
  return all;
}

}  // namespace collet::http
