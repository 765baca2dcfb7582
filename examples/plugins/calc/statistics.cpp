#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace calc {

Statistics describe(std::vector<double> numbers) {
  if (numbers.empty())
    throw std::invalid_argument("there is nothing to describe: \"numbers\" is empty");
  std::ranges::sort(numbers);
  const std::size_t count = numbers.size();
  const double sum = std::reduce(numbers.begin(), numbers.end());
  const double mean = sum / static_cast<double>(count);
  const double median = std::midpoint(numbers[(count - 1) / 2], numbers[count / 2]);
  std::optional<double> stdev;
  if (count > 1) {
    double squares = 0;
    for (const double number : numbers) squares += (number - mean) * (number - mean);
    stdev = std::sqrt(squares / static_cast<double>(count - 1));
  }
  if (!std::isfinite(sum + stdev.value_or(0))) {
    throw std::overflow_error(
        "these numbers are too large: their sum or deviation is beyond the range of a double");
  }
  return {count, sum, mean, median, stdev, numbers.front(), numbers.back()};
}

}  // namespace calc
