// The modes of the worker. A mode is a row: to add one, add a row to the table of its group, and a
// line to docs/fault-worker.md.
#pragma once

#include <span>
#include <string_view>

#include "worker.hpp"

namespace fault {

struct Mode {
  std::string_view name;
  std::string_view description;  ///< options with their defaults in parentheses
  void (*apply)(Worker&);        ///< changes the worker's habits before it starts
};

std::span<const Mode> start_modes();    ///< until `initialize` is answered: start_modes.cpp
std::span<const Mode> talk_modes();     ///< what is written: talk_modes.cpp
std::span<const Mode> host_modes();     ///< what is asked of the host: host_modes.cpp
std::span<const Mode> answer_modes();   ///< what is wrong with an answer: answer_modes.cpp
std::span<const Mode> end_modes();      ///< death, deafness, farewell: end_modes.cpp
std::span<const Mode> process_modes();  ///< children, memory, files: process_modes.cpp

}  // namespace fault
