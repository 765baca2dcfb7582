// How many tenants a host serves.
#pragma once

#include <cstdint>

namespace collet {

/// Whose data a host keeps.
enum class Tenancy : std::uint8_t {
  single,  ///< one tenant: every call of a worker is his, from wherever it comes
  multi,   ///< several: a worker acts for the company of a call that it runs, and for no other
};

}  // namespace collet
