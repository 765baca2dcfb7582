// When a schedule of five fields falls due. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/local_time.hpp"
#include "collet/error.hpp"

namespace collet::services {

/// Minute, hour, day of the month, month and day of the week, in local time. A field is a list,
/// with commas, of `*`, `n` or `n-m`, each with `/step` or without (`n/step` goes on to the end of
/// the field). Days of the week are 0 to 7, both of these Sunday. A day has to fit both fields for
/// days, as in the reference, where other crons take one of them.
///
/// Where clocks are changed: a schedule that names hours is due once for each time that it names,
/// also for one that comes twice (at the first) or not at all (when the clocks have jumped over
/// it). One that is for every hour goes on with the time that passes.
class CronSchedule {
 public:
  /// Fails with `invalid_request` and a sentence where this is no schedule, or one that no day of
  /// any year fits, such as 30 February.
  [[nodiscard]] static Result<CronSchedule> parse(std::string_view text);

  /// The first moment after `after` at which it is due.
  [[nodiscard]] WallTime next(WallTime after, const ZoneRules& zone) const;

  friend bool operator==(const CronSchedule&, const CronSchedule&) = default;

  /// Whether it is for every hour.
  [[nodiscard]] bool is_for_every_hour() const { return sets_[1] == k_every_hour; }

 private:
  using Minutes = std::chrono::sys_time<std::chrono::minutes>;
  /// A day of the calendar, as if clocks showed UTC.
  struct Day;

  static constexpr std::uint64_t k_every_hour = (std::uint64_t{1} << 24) - 1;

  [[nodiscard]] bool has(std::size_t field, unsigned value) const {
    return (sets_[field] >> value & 1) != 0;
  }
  [[nodiscard]] bool fits(std::chrono::sys_days date) const;
  [[nodiscard]] bool is_possible() const;
  [[nodiscard]] std::optional<Minutes> first_of_day(const Day& day, WallTime after) const;

  std::array<std::uint64_t, 5> sets_{};  // a bit for each value of a field
};

}  // namespace collet::services
