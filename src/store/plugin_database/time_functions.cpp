// Times, dates and intervals as PostgreSQL counts them, all in UTC.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>

#include "base/wall_clock.hpp"
#include "store/plugin_database/call.hpp"

namespace collet::plugin_database {
namespace {

using namespace std::chrono;

// What PostgreSQL reads as a time: the day, and perhaps a time of day and an offset.
std::optional<WallTime> read_time(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  std::string iso(text);
  if (iso.size() == 10) return from_iso8601(iso + "T00:00:00Z");
  if (iso.size() < 16) return std::nullopt;
  if (iso[10] == ' ' || iso[10] == 't') iso[10] = 'T';
  if (iso.size() == 16 || iso[16] != ':') iso.insert(16, ":00");
  const auto zone = iso.find_first_of("Zz+-", 17);
  if (zone == std::string::npos) return from_iso8601(iso + "Z");
  auto offset = iso.substr(zone);
  iso.resize(iso.find_last_not_of(' ', zone - 1) + 1);
  if (offset == "z") offset = "Z";
  if (offset.size() == 3) offset += ":00";
  if (offset.size() == 5 && offset[3] != ':') offset.insert(3, ":");
  return from_iso8601(iso + offset);
}

std::optional<WallTime> time_argument(Call& call, int i) {
  auto time = read_time(call.text(i));
  if (!time)
    call.fail(fmt::format("invalid input syntax for type timestamp: \"{}\"", call.text(i)));
  return time;
}

std::string date_text(WallTime time) {
  return to_iso8601(time).substr(0, 10);
}

/// Months and days have no fixed length.
struct Interval {
  std::int64_t months = 0;
  std::int64_t days = 0;
  std::int64_t milliseconds = 0;

  [[nodiscard]] std::string text() const {
    std::string out;
    const auto add = [&](std::int64_t count, std::string_view unit) {
      if (count != 0) out += fmt::format("{}{} {}", out.empty() ? "" : " ", count, unit);
    };
    add(months, "mons");
    add(days, "days");
    if (milliseconds % 1000 == 0) {
      add(milliseconds / 1000, "secs");
    } else {
      out += fmt::format("{}{} secs", out.empty() ? "" : " ",
                         static_cast<double>(milliseconds) / 1000);
    }
    return out.empty() ? "0 secs" : out;
  }
};

struct Unit {
  std::string_view name;  // in the singular
  std::int64_t months, days, milliseconds;
};
constexpr std::array<Unit, 18> k_units{{
    {"year", 12, 0, 0},
    {"yr", 12, 0, 0},
    {"y", 12, 0, 0},
    {"month", 1, 0, 0},
    {"mon", 1, 0, 0},
    {"week", 0, 7, 0},
    {"w", 0, 7, 0},
    {"day", 0, 1, 0},
    {"d", 0, 1, 0},
    {"hour", 0, 0, 3'600'000},
    {"hr", 0, 0, 3'600'000},
    {"h", 0, 0, 3'600'000},
    {"minute", 0, 0, 60'000},
    {"min", 0, 0, 60'000},
    {"m", 0, 0, 60'000},
    {"second", 0, 0, 1'000},
    {"sec", 0, 0, 1'000},
    {"s", 0, 0, 1'000},
}};
/// Beyond a few thousand centuries nothing is meant any more, and nothing overflows below it.
constexpr double k_count_max = 1e9;

/// Parts of one interval; every unit once, and some more.
constexpr int k_parts_max = 32;

const Unit* find_unit(std::string_view name) {
  auto found = std::ranges::find(k_units, name, &Unit::name);
  if (found == k_units.end() && name.ends_with('s'))
    found = std::ranges::find(k_units, name.substr(0, name.size() - 1), &Unit::name);
  return found != k_units.end() ? &*found : nullptr;
}

void add(Interval& interval, double count, const Unit& unit) {
  interval.months += std::llround(count * static_cast<double>(unit.months));
  // Parts of days and weeks are hours.
  const double days = count * static_cast<double>(unit.days);
  interval.days += static_cast<std::int64_t>(days);
  interval.milliseconds += std::llround((days - std::trunc(days)) * 86'400'000 +
                                        count * static_cast<double>(unit.milliseconds));
}

// "1 year 2 days", "-3 hours", "01:30:00", "2 weeks ago"
std::optional<Interval> read_interval(std::string_view text) {
  Interval interval;
  int parts = 0;
  bool is_past = false;
  const auto skip = [&] {
    while (!text.empty() && (text[0] == ' ' || text[0] == ',')) text.remove_prefix(1);
  };
  for (skip(); !text.empty(); skip()) {
    if (text == "ago" && parts > 0) {
      is_past = true;
      break;
    }
    double count = 0;
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (failure != std::errc{} || !(std::fabs(count) <= k_count_max) || ++parts > k_parts_max)
      return std::nullopt;
    const bool is_negative = text.starts_with('-');
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.starts_with(':')) {
      double seconds = std::fabs(count) * 3'600;
      for (const double factor : {60.0, 1.0}) {
        if (!text.starts_with(':')) break;
        text.remove_prefix(1);
        double part = 0;
        const auto [stop, wrong] = std::from_chars(text.data(), text.data() + text.size(), part);
        if (wrong != std::errc{} || !(part >= 0 && part < 60)) return std::nullopt;
        seconds += part * factor;
        text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
      }
      interval.milliseconds += std::llround((is_negative ? -seconds : seconds) * 1'000);
      continue;
    }
    skip();
    std::string word;
    while (!text.empty() && ((text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z')) {
      word += static_cast<char>(text[0] | 0x20);
      text.remove_prefix(1);
    }
    // A number alone is one of seconds.
    const auto* unit = find_unit(word.empty() ? "second" : word);
    if (unit == nullptr) return std::nullopt;
    add(interval, count, *unit);
  }
  if (parts == 0) return std::nullopt;
  if (is_past) return Interval{-interval.months, -interval.days, -interval.milliseconds};
  return interval;
}

std::optional<Interval> interval_argument(Call& call, int i) {
  auto interval = read_interval(call.text(i));
  if (!interval)
    call.fail(fmt::format("invalid input syntax for type interval: \"{}\"", call.text(i)));
  return interval;
}

WallTime shifted(WallTime time, const Interval& by) {
  auto day = floor<days>(time);
  const auto of_day = time - day;
  if (by.months != 0) {
    const year_month_day date(day);
    const auto month_start = year_month(date.year(), date.month()) + months(by.months);
    const auto last = year_month_day_last(month_start.year(), month_day_last(month_start.month()));
    day = sys_days(month_start / std::min(date.day(), last.day()));
  }
  return day + days(by.days) + of_day + milliseconds(by.milliseconds);
}

bool is_in_range(const Interval& by) {
  return std::abs(by.months) < 120'000 && std::abs(by.days) < 3'660'000 &&
         std::abs(by.milliseconds) < std::int64_t{316'224'000'000'000};
}

Interval signed_by(std::string_view sign, const Interval& interval) {
  if (sign != "-") return interval;
  return {-interval.months, -interval.days, -interval.milliseconds};
}

void shift(Call& call) {
  const auto time = time_argument(call, 0);
  const auto interval = time ? interval_argument(call, 2) : std::nullopt;
  if (!interval) return;
  if (!is_in_range(*interval)) return call.fail("timestamp out of range");
  const auto result = shifted(*time, signed_by(call.text(1), *interval));
  const int result_year = static_cast<int>(year_month_day(floor<days>(result)).year());
  if (result_year < 0 || result_year > 9'999) return call.fail("timestamp out of range");
  call.give(to_iso8601(result));
}

void between(Call& call) {
  const auto a = time_argument(call, 0);
  const auto b = a ? time_argument(call, 1) : std::nullopt;
  if (!b) return;
  const auto apart = duration_cast<milliseconds>(*a - *b).count();
  constexpr std::int64_t day = 86'400'000;
  call.give(Interval{.days = apart / day, .milliseconds = apart % day}.text());
}

void days_between(Call& call) {
  const auto a = time_argument(call, 0);
  const auto b = a ? time_argument(call, 1) : std::nullopt;
  if (b) call.give(std::int64_t{(floor<days>(*a) - floor<days>(*b)).count()});
}

void interval_times(Call& call) {
  const auto interval = interval_argument(call, 0);
  if (!interval) return;
  const double factor = call.number(1);
  if (!(std::fabs(factor) <= k_count_max) || !is_in_range(*interval))
    return call.fail("interval out of range");
  Interval product;
  add(product, factor * static_cast<double>(interval->months), *find_unit("month"));
  add(product, factor * static_cast<double>(interval->days), *find_unit("day"));
  add(product, factor * static_cast<double>(interval->milliseconds) / 1'000, *find_unit("second"));
  if (!is_in_range(product)) return call.fail("interval out of range");
  call.give(product.text());
}

void interval_add(Call& call) {
  const auto a = interval_argument(call, 0);
  auto b = a ? interval_argument(call, 2) : std::nullopt;
  if (!b) return;
  b = signed_by(call.text(1), *b);
  call.give(
      Interval{a->months + b->months, a->days + b->days, a->milliseconds + b->milliseconds}.text());
}

std::optional<double> field_of(WallTime time, std::string_view field) {
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<milliseconds>(time - day));
  const auto month_number = static_cast<unsigned>(date.month());
  if (field == "epoch") return static_cast<double>(to_epoch_ms(time)) / 1'000;
  if (field == "year") return static_cast<int>(date.year());
  if (field == "quarter") return (month_number - 1) / 3 + 1;
  if (field == "month") return month_number;
  if (field == "day") return static_cast<unsigned>(date.day());
  if (field == "hour") return static_cast<double>(clock.hours().count());
  if (field == "minute") return static_cast<double>(clock.minutes().count());
  const auto in_minute =
      static_cast<double>(clock.seconds().count() * 1'000 + clock.subseconds().count());
  if (field == "second") return in_minute / 1'000;
  if (field == "milliseconds" || field == "millisecond") return in_minute;
  if (field == "dow") return weekday(day).c_encoding();
  if (field == "isodow") return weekday(day).iso_encoding();
  if (field == "doy")
    return static_cast<double>((day - sys_days(date.year() / January / 1)).count() + 1);
  if (field == "week") {
    // The week of a day is that of its Thursday, counted from the year's first one.
    const auto thursday = day - days(weekday(day).iso_encoding() - 4);
    const auto first = sys_days(year_month_day(thursday).year() / January / 1);
    return static_cast<double>((thursday - first).count() / 7 + 1);
  }
  return std::nullopt;
}

std::optional<double> field_of(const Interval& interval, std::string_view field) {
  const auto seconds = static_cast<double>(interval.milliseconds) / 1'000;
  if (field == "epoch") {
    // As PostgreSQL has it: 365.25 days a year, 30 days a month.
    return static_cast<double>(interval.months / 12) * 31'557'600 +
           static_cast<double>(interval.months % 12) * 2'592'000 +
           static_cast<double>(interval.days) * 86'400 + seconds;
  }
  if (field == "year") return static_cast<double>(interval.months / 12);
  if (field == "month") return static_cast<double>(interval.months % 12);
  if (field == "day") return static_cast<double>(interval.days);
  if (field == "hour") return std::trunc(seconds / 3'600);
  if (field == "minute") return std::trunc(std::fmod(seconds, 3'600) / 60);
  if (field == "second") return std::fmod(seconds, 60);
  return std::nullopt;
}

void extract(Call& call) {
  std::optional<double> value;
  if (const auto time = read_time(call.text(1))) {
    value = field_of(*time, call.text(0));
  } else if (const auto interval = interval_argument(call, 1)) {
    value = field_of(*interval, call.text(0));
  } else {
    return;
  }
  if (!value) return call.fail(fmt::format("unit \"{}\" is not known here", call.text(0)));
  if (*value == std::trunc(*value)) return call.give(static_cast<std::int64_t>(*value));
  call.give(*value);
}

void truncate(Call& call) {
  const auto time = time_argument(call, 1);
  if (!time) return;
  const auto field = call.text(0);
  const auto day = floor<days>(*time);
  const year_month_day date(day);
  const auto give = [&](auto point) { call.give(to_iso8601(WallTime(point))); };
  if (field == "second") return give(floor<seconds>(*time));
  if (field == "minute") return give(floor<minutes>(*time));
  if (field == "hour") return give(floor<hours>(*time));
  if (field == "day") return give(day);
  if (field == "week") return give(day - days(weekday(day).iso_encoding() - 1));
  if (field == "month") return give(sys_days(date.year() / date.month() / 1));
  if (field == "quarter") {
    const month first((static_cast<unsigned>(date.month()) - 1) / 3 * 3 + 1);
    return give(sys_days(date.year() / first / 1));
  }
  if (field == "year") return give(sys_days(date.year() / January / 1));
  call.fail(fmt::format("unit \"{}\" is not known here", field));
}

void from_epoch(Call& call) {
  const double seconds = call.number(0);
  // The years 0 to 9999.
  if (!(seconds >= -62'167'219'200.0 && seconds < 253'402'300'800.0))
    return call.fail("timestamp out of range");
  call.give(to_iso8601(from_epoch_ms(std::llround(seconds * 1'000))));
}

using enum FunctionRow::Nulls;
using enum FunctionRow::Result;

constexpr std::array<FunctionRow, 11> k_functions{{
    {"now", 0, [](Call& call) { call.give(call.context().now()); }, give_null, changing},
    {"pg_between", 2, between},
    {"pg_date", 1,
     [](Call& call) {
       if (const auto time = time_argument(call, 0)) call.give(date_text(*time));
     }},
    {"pg_date_trunc", 2, truncate},
    {"pg_days_between", 2, days_between},
    {"pg_extract", 2, extract},
    {"pg_interval_add", 3, interval_add},
    {"pg_interval_times", 2, interval_times},
    {"pg_shift", 3, shift},
    {"pg_timestamp", 1,
     [](Call& call) {
       if (const auto time = time_argument(call, 0)) call.give(to_iso8601(*time));
     }},
    {"pg_to_timestamp", 1, from_epoch},
}};

}  // namespace

std::span<const FunctionRow> time_functions() {
  return k_functions;
}

}  // namespace collet::plugin_database
