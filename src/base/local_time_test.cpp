#include "base/local_time.hpp"

#include <gtest/gtest.h>

#include <array>
#include <ctime>

namespace collet {
namespace {

TEST(LocalTime, TheMachinesZoneSaysWhatItsClocksShow) {
  const auto zone = system_zone_rules();
  for (const std::time_t time : {std::time_t{0}, std::time_t{1'795'155'749}}) {
    std::array<char, 8> said{};
    ASSERT_EQ(std::strftime(said.data(), said.size(), "%z", std::localtime(&time)), 5u);
    const auto offset = zone(std::chrono::system_clock::from_time_t(time));
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(offset).count();
    const auto number = std::atoi(said.data());  // "+0130" as 130
    EXPECT_EQ(minutes, number / 100 * 60 + number % 100);
  }
}

}  // namespace
}  // namespace collet
