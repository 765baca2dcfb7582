// Names inside commands that somebody may type.
#pragma once

#include <string>
#include <string_view>

namespace collet::tool {

/// `text` as one word of a POSIX shell; quoted only where it must be.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace collet::tool
