#include "http/egress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace collet::http {
namespace {

constexpr unsigned k_mapped_bits = 96;  // of ::ffff:0:0/96, where IPv4 addresses stand

/// An address block; of IPv4 in its mapped form.
struct Block {
  IpAddress address;
  unsigned bits;
};

constexpr Block v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, unsigned bits) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, k_mapped_bits + bits};
}

/// `first` to `fourth` are the leading groups as they are written.
constexpr Block v6(unsigned bits, std::uint16_t first, std::uint16_t second = 0,
                   std::uint16_t third = 0, std::uint16_t fourth = 0) {
  Block block{{}, bits};
  const std::array groups{first, second, third, fourth};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    block.address[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
    block.address[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xff);
  }
  return block;
}

// https://www.iana.org/assignments/iana-ipv4-special-registry: all that is not globally reachable.
constexpr std::array k_not_public_v4{
    v4(0, 0, 0, 0, 8),      // this network; connects to the machine itself
    v4(10, 0, 0, 0, 8),     // private
    v4(100, 64, 0, 0, 10),  // shared by a provider (CGNAT); a cloud's metadata at 100.100.100.200
    v4(127, 0, 0, 0, 8),    // loopback
    v4(168, 63, 129, 16, 32),  // a cloud's metadata, in a public block
    v4(169, 254, 0, 0, 16),    // link-local; most clouds' metadata at 169.254.169.254
    v4(172, 16, 0, 0, 12),     // private
    v4(192, 0, 0, 0, 24),      // protocol assignments
    v4(192, 0, 2, 0, 24),      // documentation
    v4(192, 88, 99, 0, 24),    // relays of 6to4, given up
    v4(192, 168, 0, 0, 16),    // private
    v4(198, 18, 0, 0, 15),     // benchmarks
    v4(198, 51, 100, 0, 24),   // documentation
    v4(203, 0, 113, 0, 24),    // documentation
    v4(224, 0, 0, 0, 4),       // multicast
    v4(240, 0, 0, 0, 4),       // reserved, and broadcast
};

// Of IPv6 only 2000::/3 is given out at all; these are the parts of it that are not reachable.
constexpr Block k_global_unicast = v6(3, 0x2000);
constexpr std::array k_not_public_v6{
    v6(23, 0x2001),          // protocol assignments, Teredo among them
    v6(32, 0x2001, 0x0db8),  // documentation
    v6(20, 0x3fff),          // documentation
};

constexpr Block k_nat64 = v6(96, 0x0064, 0xff9b);
constexpr Block k_six_to_four = v6(16, 0x2002);
constexpr Block k_mapped = v4(0, 0, 0, 0, 0);

constexpr bool lies_in(const IpAddress& address, const Block& block) {
  const std::size_t whole = block.bits / 8;
  if (!std::equal(address.begin(), address.begin() + whole, block.address.begin())) return false;
  const unsigned rest = block.bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return (address[whole] & mask) == (block.address[whole] & mask);
}

bool lies_in_any(const IpAddress& address, std::span<const Block> blocks) {
  return std::ranges::any_of(blocks, [&](const Block& block) { return lies_in(address, block); });
}

// The IPv4 address that stands in an IPv6 one from byte `at` on, mapped.
IpAddress embedded(const IpAddress& address, std::size_t at) {
  auto mapped = k_mapped.address;
  std::copy_n(address.begin() + static_cast<std::ptrdiff_t>(at), 4, mapped.begin() + 12);
  return mapped;
}

bool is_isatap(const IpAddress& address) {
  return (address[8] & ~0x02) == 0 && address[9] == 0 && address[10] == 0x5e && address[11] == 0xfe;
}

}  // namespace

bool is_public(const IpAddress& address) {
  if (lies_in(address, k_mapped)) return !lies_in_any(address, k_not_public_v4);
  if (lies_in(address, k_nat64)) return is_public(embedded(address, 12));
  if (!lies_in(address, k_global_unicast) || lies_in_any(address, k_not_public_v6)) return false;
  if (lies_in(address, k_six_to_four)) return is_public(embedded(address, 2));
  return !is_isatap(address) || is_public(embedded(address, 12));
}

std::optional<AllowList::Entry> AllowList::read(std::string_view text) {
  if (const auto slash = text.find('/'); slash != text.npos) {
    const auto address = parse_ip(text.substr(0, slash));
    const auto digits = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (!address || error != std::errc() || end != digits.data() + digits.size()) return {};
    const bool is_v4 = text.find(':') == text.npos;
    if (bits > (is_v4 ? 32u : 128u)) return {};
    return Entry{.address = *address, .prefix_bits = is_v4 ? k_mapped_bits + bits : bits};
  }
  // An IPv6 address without brackets has no port.
  if (const auto address = parse_ip(text)) return Entry{.address = *address};
  const bool is_pattern = text.starts_with("*.");
  const auto authority = parse_authority(is_pattern ? text.substr(2) : text);
  if (!authority || text.ends_with(':') || authority->port == 0) return {};
  if (authority->ip) {
    if (is_pattern) return {};
    return Entry{.address = *authority->ip, .port = authority->port};
  }
  // What looks like numbers and is no address is a mistake, not a name.
  if (authority->host.find_first_not_of("0123456789.") == std::string::npos) return {};
  return Entry{.name = (is_pattern ? "." : "") + authority->host, .port = authority->port};
}

Result<AllowList> AllowList::parse(std::span<const std::string> entries) {
  AllowList list;
  for (const auto& text : entries) {
    auto entry = read(text);
    if (!entry) {
      return fail(ErrorCode::invalid_request,
                  fmt::format("has \"{}\", which is no address, block of addresses or name; write "
                              "for example \"127.0.0.1:8080\", \"10.0.0.0/8\", "
                              "\"api.internal.example\" or \"*.internal.example\"",
                              text));
    }
    list.entries_.push_back(*std::move(entry));
  }
  return list;
}

bool AllowList::is_named(const Entry& entry, const Destination& to) {
  if (entry.name.empty() || entry.port.value_or(to.port) != to.port) return false;
  return entry.name.starts_with('.') ? to.host.ends_with(entry.name) : to.host == entry.name;
}

bool AllowList::names(const Destination& to) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) { return is_named(entry, to); });
}

bool AllowList::names(const Destination& to, const IpAddress& address) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    if (!entry.name.empty()) return is_named(entry, to);
    return entry.port.value_or(to.port) == to.port &&
           lies_in(address, {entry.address, entry.prefix_bits});
  });
}

}  // namespace collet::http
