#include "services/secret_vault.hpp"

#include <fmt/format.h>

#include <utility>

#include "json/utf8.hpp"
#include "services/secret_ref.hpp"

namespace collet::services {
namespace {

// What a version is sealed for. Names have no NUL.
std::string purpose_of(const SecretName& name, std::int64_t version) {
  auto purpose = name.company_id;
  purpose += '\0';
  purpose += name.id;
  purpose += '\0';
  return purpose + std::to_string(version);
}

std::unexpected<Error> key_is_gone(const std::filesystem::path& file) {
  return fail(ErrorCode::store_unavailable,
              fmt::format("the key of the secret store is gone: there is no {}", file.native()),
              "put back a copy of it, or remove the secrets (`collet secret list`) and set them "
              "again");
}

Result<Done> check_value(std::string_view value, const SecretVaultLimits& limits) {
  if (value.empty()) return fail(ErrorCode::invalid_request, "the value of the secret is empty");
  if (value.size() > limits.value_bytes_max) {
    return fail(ErrorCode::payload_too_large,
                fmt::format("the value of the secret has {} bytes, the limit is {}", value.size(),
                            limits.value_bytes_max),
                "keep large data in a file, and what opens it as the secret");
  }
  if (!json::utf8::is_valid(value)) {
    return fail(ErrorCode::invalid_request, "the value of the secret is no UTF-8 text",
                "encode it, for example with base64");
  }
  return Done{};
}

}  // namespace

void SecretVault::set(SecretName name, SecretText value, Reply<std::int64_t> reply) {
  auto checked = check_secret_id(name.id);
  if (checked) checked = check_value(value.reveal(), limits_);
  if (!checked) return reply(std::unexpected(std::move(checked.error())));
  start(set_flow(std::move(name), std::make_shared<const SecretText>(std::move(value))),
        std::move(reply));
}

void SecretVault::read(SecretName name, std::optional<std::int64_t> version,
                       Reply<std::optional<SecretText>> reply) {
  start(read_flow(std::move(name), version), std::move(reply));
}

Async<Result<std::int64_t>> SecretVault::set_flow(SecretName name,
                                                  std::shared_ptr<const SecretText> value) {
  auto key = co_await load_or_make_key();
  if (!key) co_return std::unexpected(std::move(key.error()));
  co_return co_await reply_of<std::int64_t>([&](Reply<std::int64_t> reply) {
    parts_.store.add(
        name,
        [key = *key, value, name](std::int64_t version) {
          return key->seal(value->reveal(), purpose_of(name, version));
        },
        parts_.wall_clock(), std::move(reply));
  });
}

Async<Result<std::optional<SecretText>>> SecretVault::read_flow(
    SecretName name, std::optional<std::int64_t> version) {
  auto found =
      co_await reply_of<std::optional<SealedSecret>>([&](Reply<std::optional<SealedSecret>> reply) {
        parts_.store.get(name, version, std::move(reply));
      });
  if (!found) co_return std::unexpected(std::move(found.error()));
  if (!*found) co_return std::optional<SecretText>();
  auto key = co_await load_key();
  if (!key) co_return std::unexpected(std::move(key.error()));
  if (!*key) co_return key_is_gone(parts_.key_file);
  auto value = (*key)->open((*found)->sealed, purpose_of(name, (*found)->version));
  if (value) co_return std::move(value);
  co_return fail(ErrorCode::store_unavailable,
                 fmt::format("secret \"{}\" was not sealed by the key in {}", name.id,
                             parts_.key_file.native()),
                 "put back the key that it was sealed by, or set the secret again");
}

Async<Result<SecretVault::Key>> SecretVault::load_key() {
  if (key_) co_return key_;
  auto read =
      co_await reply_of<std::optional<SecretKey>>([&](Reply<std::optional<SecretKey>> reply) {
        off_loop<std::optional<SecretKey>>(
            parts_.background, [file = parts_.key_file] { return read_key(file); },
            std::move(reply));
      });
  if (!read) co_return std::unexpected(std::move(read.error()));
  if (*read && !key_) key_ = std::make_shared<const SecretKey>(**std::move(read));
  co_return key_;
}

// A new key beside secrets that another sealed would hide that theirs is gone.
Async<Result<SecretVault::Key>> SecretVault::load_or_make_key() {
  auto key = co_await load_key();
  if (!key || *key) co_return key;
  const auto has_any =
      co_await reply_of<bool>([&](Reply<bool> reply) { parts_.store.has_any(std::move(reply)); });
  if (!has_any) co_return std::unexpected(has_any.error());
  if (*has_any && !key_) co_return key_is_gone(parts_.key_file);
  auto made = co_await reply_of<SecretKey>([&](Reply<SecretKey> reply) {
    off_loop<SecretKey>(
        parts_.background, [file = parts_.key_file] { return make_key(file); }, std::move(reply));
  });
  if (!made) co_return std::unexpected(std::move(made.error()));
  if (!key_) key_ = std::make_shared<const SecretKey>(*std::move(made));
  co_return key_;
}

}  // namespace collet::services
