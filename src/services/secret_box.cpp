#include "services/secret_box.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <cstdlib>
#include <system_error>
#include <utility>
#include <vector>

#include "base/private_file.hpp"

namespace collet::services {
namespace {

static_assert(SecretKey::size == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
constexpr std::size_t k_nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t k_mac_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
// What a sealed text begins with; another way of sealing gets another.
constexpr std::string_view k_form = "x1:";
constexpr int k_base64 = sodium_base64_VARIANT_ORIGINAL;
// Digits and a line end; anything longer is no key.
constexpr std::size_t k_key_file_bytes_max = 1024;

using Bytes = std::vector<unsigned char>;

/// Does nothing from the second time on. Without the kernel's randomness nothing here keeps a
/// secret.
void prepare() {
  if (::sodium_init() < 0) std::abort();
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string to_base64(const Bytes& bytes) {
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), k_base64), '\0');
  ::sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), k_base64);
  text.pop_back();  // its terminator
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Bytes bytes(text.size());
  std::size_t size = 0;
  if (::sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size,
                          nullptr, k_base64) != 0) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

SecretKey SecretKey::random() {
  prepare();
  std::string raw(size, '\0');
  ::randombytes_buf(raw.data(), raw.size());
  return SecretKey(SecretText(std::move(raw)));
}

std::optional<SecretKey> SecretKey::from_text(std::string_view text) {
  prepare();
  std::string raw(size, '\0');
  std::size_t length = 0;
  const int failed = ::sodium_hex2bin(reinterpret_cast<unsigned char*>(raw.data()), raw.size(),
                                      text.data(), text.size(), " \t\r\n", &length, nullptr);
  SecretText kept(std::move(raw));
  if (failed != 0 || length != size) return std::nullopt;
  return SecretKey(std::move(kept));
}

SecretText SecretKey::to_text() const {
  std::string hex(2 * size + 1, '\0');
  ::sodium_bin2hex(hex.data(), hex.size(), bytes(), size);
  hex.pop_back();  // its terminator
  return SecretText(std::move(hex));
}

const unsigned char* SecretKey::bytes() const {
  return bytes_of(raw_.reveal());
}

std::string SecretKey::seal(std::string_view value, std::string_view purpose) const {
  Bytes sealed(k_nonce_bytes + value.size() + k_mac_bytes);
  // 192 random bits do not come twice.
  ::randombytes_buf(sealed.data(), k_nonce_bytes);
  ::crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + k_nonce_bytes, nullptr,
                                               bytes_of(value), value.size(), bytes_of(purpose),
                                               purpose.size(), nullptr, sealed.data(), bytes());
  return std::string(k_form) + to_base64(sealed);
}

std::optional<SecretText> SecretKey::open(std::string_view sealed, std::string_view purpose) const {
  if (!sealed.starts_with(k_form)) return std::nullopt;
  const auto box = from_base64(sealed.substr(k_form.size()));
  if (!box || box->size() < k_nonce_bytes + k_mac_bytes) return std::nullopt;
  std::string value(box->size() - k_nonce_bytes - k_mac_bytes, '\0');
  const int failed = ::crypto_aead_xchacha20poly1305_ietf_decrypt(
      reinterpret_cast<unsigned char*>(value.data()), nullptr, nullptr, box->data() + k_nonce_bytes,
      box->size() - k_nonce_bytes, bytes_of(purpose), purpose.size(), box->data(), bytes());
  if (failed != 0) return std::nullopt;
  return SecretText(std::move(value));
}

Result<std::optional<SecretKey>> read_key(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) return std::nullopt;
  auto text = read_private_file(file, k_key_file_bytes_max);
  if (!text) return std::unexpected(std::move(text.error()));
  const SecretText kept(std::move(*text));
  auto key = SecretKey::from_text(kept.reveal());
  if (key) return key;
  return fail(ErrorCode::store_unavailable,
              fmt::format("{} holds no key of the secret store", file.native()),
              "put back a copy of the key; what it sealed cannot be read without it");
}

Result<SecretKey> make_key(const std::filesystem::path& file) {
  const auto made = [&] {
    auto text = std::string(SecretKey::random().to_text().reveal());
    text += '\n';
    const SecretText kept(std::move(text));
    return make_private_file(file, kept.reveal());
  }();
  if (!made) return std::unexpected(made.error());
  auto key = read_key(file);
  if (!key) return std::unexpected(std::move(key.error()));
  if (*key) return **std::move(key);
  return fail(ErrorCode::store_unavailable, fmt::format("{} is gone again", file.native()));
}

}  // namespace collet::services
