// Lines that answer nothing: what plugins print where only messages belong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fault {

struct Noise {
  enum class Kind : std::uint8_t {
    junk,   ///< no message, or an answer to what nobody asked
    quiet,  ///< blank, or a message that is right and asks for nothing that anybody can do
  } kind;
  std::string line;  ///< without its end; `@` stands for the id of the request that is answered
};

const std::vector<Noise>& all_noise();

/// The line with `id` in place of each `@`.
std::string noise_line(const Noise& noise, const std::string& id);

}  // namespace fault
