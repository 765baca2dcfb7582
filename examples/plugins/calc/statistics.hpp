// What describes a list of numbers.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace calc {

struct Statistics {
  std::size_t count;
  double sum;
  double mean;
  double median;                ///< of an even count: the mean of the two in the middle
  std::optional<double> stdev;  ///< of a sample (n - 1); none for a single number
  double min;
  double max;
};

/// `numbers` holds at least one; throws std::invalid_argument otherwise, and std::overflow_error
/// where a figure is beyond a double.
Statistics describe(std::vector<double> numbers);

}  // namespace calc
