// The tools of the worker. A tool is a row: to add one, add a row to `tools` in tools.cpp.
#pragma once

#include <span>
#include <string_view>

#include "worker.hpp"

namespace fault {

struct Tool {
  std::string_view name;
  std::string_view description;
  void (*run)(Worker&, const Request&);
};

std::span<const Tool> all_tools();

}  // namespace fault
