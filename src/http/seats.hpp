// Which connections a server has, and where one more finds a place. Internal to this room.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "http/session.hpp"

namespace collet::http {

/// Where the next connection sits, and who gives way to it: null where there is room.
struct Seat {
  Place place = Place::ordinary;
  std::shared_ptr<Session> taken_from{};
};

/// The sessions of a server, by their places. Loop thread only.
class Seats {
 public:
  /// More ordinary places may be taken than there are, where the server says so; the same goes for
  /// spare ones.
  Seats(std::size_t ordinary_max, std::size_t spare_max)
      : ordinary_{.limit = ordinary_max}, spare_{.limit = spare_max} {}

  void add(std::shared_ptr<Session> session);
  void remove(Session& session);

  /// A seat for one more connection. Whoever only waits gives way to who comes, the one that has
  /// waited for longest first, so that silent connections cannot keep others out; and a spare place
  /// is for when all in the ordinary ones are at work. Nothing where all are at work, or where who
  /// would have to go came in the present turn of the loop, which began at `turn`, and could not
  /// say anything yet.
  [[nodiscard]] std::optional<Seat> find(TimePoint turn) const;
  /// Who, of all, has waited for longest, since before `turn`; or null.
  [[nodiscard]] std::shared_ptr<Session> quietest_before(TimePoint turn) const;

  [[nodiscard]] std::size_t size() const { return sessions_.size(); }
  [[nodiscard]] bool empty() const { return sessions_.empty(); }
  /// A copy: sessions leave while they are walked.
  [[nodiscard]] std::vector<std::shared_ptr<Session>> all() const;

 private:
  struct Row {
    std::size_t limit = 0;
    std::size_t taken = 0;
  };

  [[nodiscard]] Row& row(Place place) { return place == Place::ordinary ? ordinary_ : spare_; }
  [[nodiscard]] const Row& row(Place place) const {
    return place == Place::ordinary ? ordinary_ : spare_;
  }
  /// In one row, or in both.
  [[nodiscard]] std::shared_ptr<Session> quietest(std::optional<Place> place) const;

  std::unordered_map<Session*, std::shared_ptr<Session>> sessions_;
  Row ordinary_;
  Row spare_;
};

}  // namespace collet::http
