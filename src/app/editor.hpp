// An editor of the user's choice, on the terminal of this process.
#pragma once

#include <string>

#include "collet/error.hpp"

namespace collet::app {

/// Lets the user change `text` with `editor`, a command as a shell reads it, in a temporary file
/// that nobody else can read; answers what is in the file when the editor has ended. The file is
/// gone then. Fails where the editor did. Blocks; while it does, Ctrl-C is the editor's.
[[nodiscard]] Result<std::string> edit_text(const std::string& editor, const std::string& text);

}  // namespace collet::app
