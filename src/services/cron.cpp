#include "services/cron.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

namespace collet::services {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

struct Field {
  std::string_view name;
  unsigned least;
  unsigned most;
  unsigned last;  ///< of `*` and `n/step`
};

enum : std::size_t { k_minute, k_hour, k_day, k_month, k_weekday };
constexpr std::array<Field, 5> k_fields{{{"minute", 0, 59, 59},
                                         {"hour", 0, 23, 23},
                                         {"day of the month", 1, 31, 31},
                                         {"month", 1, 12, 12},
                                         {"day of the week", 0, 7, 6}}};

constexpr std::uint64_t bit(unsigned value) {
  return std::uint64_t{1} << value;
}

std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorCode::invalid_request, std::move(message),
              "write five fields such as \"*/15 8-18 * * 1-5\"");
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find_first_of(separators);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The values of `*`, `n`, `n-m`, `*/s`, `n/s` or `n-m/s`; nothing where it is none of these, or
// beyond its field.
std::optional<std::uint64_t> read_item(std::string_view item, const Field& field) {
  const auto slash = item.find('/');
  const auto range = item.substr(0, slash);
  auto [first, last, step] = std::array{field.least, field.last, 1u};
  if (slash != item.npos) {
    const auto given = number(item.substr(slash + 1));
    if (!given || *given == 0) return std::nullopt;
    step = *given;
  }
  if (range != "*") {
    const auto dash = range.find('-');
    const auto from = number(range.substr(0, dash));
    if (!from) return std::nullopt;
    first = *from;
    if (dash != range.npos) {
      const auto to = number(range.substr(dash + 1));
      if (!to) return std::nullopt;
      last = *to;
    } else if (slash == item.npos) {
      last = first;
    }
  }
  if (first < field.least || last > field.most || first > last) return std::nullopt;
  std::uint64_t set = 0;
  for (auto value = first; value <= last; value += std::min(step, 64u)) set |= bit(value);
  return set;
}

Result<std::uint64_t> read_field(std::string_view text, const Field& field) {
  std::uint64_t set = 0;
  for (const auto item : split(text, ",")) {
    const auto values = read_item(item, field);
    if (!values) {
      return wrong(
          fmt::format("\"{}\" is no {} of a schedule: it has to be *, n or n-m, from {} "
                      "to {}, with or without /step",
                      item, field.name, field.least, field.most));
    }
    set |= *values;
  }
  return set;
}

}  // namespace

Result<CronSchedule> CronSchedule::parse(std::string_view text) {
  auto words = split(text, " \t\n\v\f\r");
  std::erase(words, "");
  if (words.size() != k_fields.size()) {
    return wrong(fmt::format("\"{}\" is no schedule: it has {} fields, not 5", text, words.size()));
  }
  CronSchedule schedule;
  for (std::size_t i = 0; i < k_fields.size(); ++i) {
    const auto set = read_field(words[i], k_fields[i]);
    if (!set) return std::unexpected(set.error());
    schedule.sets_[i] = *set;
  }
  // 7 is Sunday as 0 is.
  if (schedule.has(k_weekday, 7)) schedule.sets_[k_weekday] |= bit(0);
  if (!schedule.is_possible()) {
    return wrong(
        fmt::format("\"{}\" is never due: no month that it names has a day that it names", text));
  }
  return schedule;
}

// Within 400 years every date falls on every day of the week, 29 February too.
bool CronSchedule::is_possible() const {
  constexpr std::array<unsigned, 13> longest{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (unsigned month = 1; month <= 12; ++month) {
    if (!has(k_month, month)) continue;
    for (unsigned day = 1; day <= longest[month]; ++day) {
      if (has(k_day, day)) return true;
    }
  }
  return false;
}

bool CronSchedule::fits(sys_days date) const {
  const std::chrono::year_month_day day(date);
  return has(k_month, static_cast<unsigned>(day.month())) &&
         has(k_day, static_cast<unsigned>(day.day())) &&
         has(k_weekday, std::chrono::weekday(date).c_encoding());
}

/// What clocks do on a day: they are `before` ahead of UTC until `change`, and `behind` from then
/// on. Rules that change twice within three days are not known of any zone since 1970.
struct CronSchedule::Day {
  sys_days date;
  seconds before;
  seconds behind;
  Minutes change;

  Day(sys_days day, const ZoneRules& zone)
      : date(day), before(zone(day - days(1))), behind(zone(day + days(2))), change(day) {
    if (before == behind) return;
    sys_seconds old_rule = day - days(1), new_rule = day + days(2);
    while (new_rule - old_rule > seconds(1)) {
      const auto middle = old_rule + (new_rule - old_rule) / 2;
      (zone(middle) == before ? old_rule : new_rule) = middle;
    }
    change = std::chrono::ceil<minutes>(new_rule);
  }

  /// When clocks show this time: never, once, or twice.
  [[nodiscard]] std::vector<Minutes> moments(minutes time) const {
    std::vector<Minutes> found;
    const auto first = floor<minutes>(date + time - before);
    const auto second = floor<minutes>(date + time - behind);
    if (before == behind || first < change) found.push_back(first);
    if (before != behind && second >= change) found.push_back(second);
    return found;
  }
};

std::optional<CronSchedule::Minutes> CronSchedule::first_of_day(const Day& day,
                                                                WallTime after) const {
  const auto earliest = std::max(day.before, day.behind);
  const auto latest = std::min(day.before, day.behind);
  std::optional<Minutes> best;
  for (unsigned hour = 0; hour < 24; ++hour) {
    if (!has(k_hour, hour)) continue;
    // No time of this hour comes after this.
    if (day.date + std::chrono::hours(hour + 1) - latest <= after) continue;
    for (unsigned minute = 0; minute < 60; ++minute) {
      if (!has(k_minute, minute)) continue;
      const auto time = std::chrono::hours(hour) + minutes(minute);
      // Nor does a later one come before that which was found.
      if (best && day.date + time - earliest >= *best) return best;
      auto moments = day.moments(time);
      if (!is_for_every_hour()) {
        if (moments.empty()) moments.push_back(day.change);
        moments.resize(1);
      }
      for (const auto moment : moments) {
        if (moment > after && (!best || moment < *best)) best = moment;
      }
    }
  }
  return best;
}

WallTime CronSchedule::next(WallTime after, const ZoneRules& zone) const {
  // From the day before: clocks that are put back at midnight show its end again.
  auto date = floor<days>(after + zone(after)) - days(1);
  // Ends, because it is possible: 29 February of a certain day of the week is the rarest, and comes
  // within 40 years.
  for (;; date += days(1)) {
    if (!fits(date)) continue;
    if (const auto found = first_of_day(Day(date, zone), after)) return *found;
  }
}

}  // namespace collet::services
