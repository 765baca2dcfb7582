// The events that wait for one plugin.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>

#include "collet/deadline.hpp"
#include "collet/limits.hpp"
#include "services/event.hpp"

namespace collet::services {

struct EventLimits {
  std::size_t event_bytes_max = limits::services::event_bytes_max;
  std::size_t name_bytes_max =
      limits::services::name_bytes_max;  ///< of a pattern, and of an id in a filter
  std::size_t subscriptions_max = limits::services::subscriptions_max;  ///< of one process
  std::size_t queued_events_max = limits::services::queued_events_max;  ///< of one plugin
  std::size_t queued_bytes_max = limits::services::queued_bytes_max;    ///< of one plugin
  std::size_t in_flight_max =
      limits::services::events_in_flight_max;  ///< sent and not answered, of one plugin
  Clock::duration answer_timeout = limits::services::event_answer_timeout;
  /// So long are events kept for a plugin without a process that wants them. It covers six crashes
  /// in a row with their back-off.
  Clock::duration resubscribe_within = std::chrono::seconds(60);
  std::uint32_t deaths_max =
      limits::services::event_deaths_max;  ///< processes that may die of one event
  /// Before the next try at a process that has more unread input than it may.
  Clock::duration retry_after = std::chrono::seconds(1);
};

/// Events in the order of their coming: each waits to be sent, is in flight, or is set aside
/// because no process wants it now. Loop thread only.
class EventQueue {
 public:
  using Number = std::uint64_t;  ///< of an event in this queue; counts up

  /// The limits outlive it.
  explicit EventQueue(const EventLimits& limits) : limits_(limits) {}

  /// Appends an event. The oldest fall out to make room, but for those in flight; answers how many.
  std::size_t push(std::shared_ptr<const Event> event);

  /// The next to be sent; null where nothing waits, or has to wait on: so many are in flight, or
  /// one that a process died with, which goes alone, so that none dies with it for nothing.
  [[nodiscard]] std::shared_ptr<const Event> next() const;
  /// What `next` gave is sent.
  Number send_next();
  void set_next_aside();
  void drop_next();
  /// What was set aside waits again, in its old place.
  void recall();

  [[nodiscard]] bool is_in_flight(Number number) const { return in_flight_.contains(number); }
  void answered(Number number) { remove(in_flight_, number); }
  /// It was not heard: it waits again, in its old place.
  void return_unheard(Number number);
  enum class Fate : std::uint8_t { waits, dropped };
  /// The same after the death of the process that had it; dropped where it is one death too many.
  Fate return_after_death(Number number);

  void clear();
  [[nodiscard]] std::size_t size() const {
    return waiting_.size() + in_flight_.size() + aside_.size();
  }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_.size(); }

 private:
  struct Entry {
    std::shared_ptr<const Event> event;
    std::uint32_t deaths = 0;  // of processes that had it
  };
  using Entries = std::map<Number, Entry>;

  void remove(Entries& from, Number number);
  [[nodiscard]] Entries* with_oldest_to_drop();

  const EventLimits& limits_;
  Number last_ = 0;
  std::size_t bytes_ = 0;
  Entries waiting_;
  Entries in_flight_;
  Entries aside_;
};

}  // namespace collet::services
