// Where requests of plugins may go: public addresses, and what an operator allows beside them.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collet/error.hpp"
#include "http/address.hpp"

namespace collet::http {

/// Whose server a request goes to, as its URL says.
struct Destination {
  std::string host;  ///< in canonical form: lower case, no brackets, no dot at the end
  std::uint16_t port = 0;

  friend bool operator==(const Destination&, const Destination&) = default;
};

/// Whether an address is one of the public Internet: not private, loopback, link-local, shared by a
/// provider, multicast, reserved, a cloud's metadata service, or an IPv6 form of such an IPv4
/// address (mapped, compatible, NAT64, 6to4, ISATAP). IANA's special-purpose registries of 2024.
[[nodiscard]] bool is_public(const IpAddress& address);

/// Destinations that are allowed although their address is not public.
class AllowList {
 public:
  /// Each entry is an address, a block of addresses (`10.0.0.0/8`, `fd00::/8`), a name, or `*.` and
  /// a name for all below it; but for blocks with `:port` behind it where only that is meant
  /// (`127.0.0.1:8080`, `[::1]:8080`). An address or block counts whatever the name that leads
  /// there; a name counts wherever it leads. Fails with `invalid_request` and a sentence that
  /// completes "<setting> ".
  [[nodiscard]] static Result<AllowList> parse(std::span<const std::string> entries);

  /// Whether the list names the destination, or the address that it leads to.
  [[nodiscard]] bool names(const Destination& to, const IpAddress& address) const;
  /// Whether the list has its host by name, so that it counts wherever it leads.
  [[nodiscard]] bool names(const Destination& to) const;

 private:
  struct Entry {
    std::string name{};   ///< with its dot in front where all below it are meant; else an address
    IpAddress address{};  ///< where there is no name
    unsigned prefix_bits = 128;
    std::optional<std::uint16_t> port{};
  };
  static std::optional<Entry> read(std::string_view text);
  static bool is_named(const Entry& entry, const Destination& to);

  std::vector<Entry> entries_;
};

}  // namespace collet::http
