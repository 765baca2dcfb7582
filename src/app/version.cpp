#include "app/version.hpp"

namespace collet::app {

std::string_view version() {
  return COLLET_VERSION;
}

}  // namespace collet::app
