#include "services/secret_text.hpp"

#include <sodium.h>

namespace collet::services {

void wipe(std::string& text) {
  ::sodium_memzero(text.data(), text.size());
  text.clear();
}

SecretText::SecretText(std::string&& value) : bytes_(value.begin(), value.end()) {
  wipe(value);
}

SecretText::~SecretText() {
  ::sodium_memzero(bytes_.data(), bytes_.size());
}

}  // namespace collet::services
