// Where secrets come from.
#pragma once

#include <optional>
#include <string_view>

#include "collet/reply.hpp"
#include "services/secret_text.hpp"
#include "store/secret_store.hpp"

namespace collet::services {

/// Loop thread only.
class SecretSource {
 public:
  virtual ~SecretSource() = default;
  /// For messages: "the file /run/secrets/collet.toml".
  [[nodiscard]] virtual std::string describe() const = 0;
  /// The newest value, as it is where it comes from; nothing where there is no such secret. Fails
  /// where that cannot be told, and never with a part of a value in its text. Answers on the loop.
  virtual void read(const SecretName& name, Reply<std::optional<SecretText>> reply) = 0;
};

}  // namespace collet::services
