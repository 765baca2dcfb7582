// Durations as numbers, for texts and figures.
#pragma once

#include <chrono>

namespace collet {

inline double seconds(std::chrono::duration<double> duration) {
  return duration.count();
}

}  // namespace collet
