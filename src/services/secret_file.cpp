#include "services/secret_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <utility>

#include "base/private_file.hpp"
#include "collet/limits.hpp"
#include "json/document.hpp"

namespace collet::services {
namespace {

using Found = Result<std::optional<SecretText>>;

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorCode::invalid_request, std::move(what));
}

Found no_text(const SecretName& name) {
  return malformed(fmt::format("\"{}\" is no text in it", name.id));
}

Found find_in_json(std::string_view text, const SecretName& name, Tenancy tenancy) {
  json::Parser parser;  // makes no copy of the text, which would stay behind
  const auto root = parser.parse(text);
  // What the reader says of a mistake may quote it.
  if (!root) {
    const auto line = std::count(
        text.begin(),
        text.begin() + static_cast<std::ptrdiff_t>(std::min(root.error().offset, text.size())),
        '\n');
    return malformed(fmt::format("line {} of it is no JSON", line + 1));
  }
  auto place = std::optional(*root);
  if (tenancy == Tenancy::multi) place = place->find(name.company_id);
  const auto value = place && place->is_object() ? place->find(name.id) : std::nullopt;
  if (!value) return std::nullopt;
  auto secret = value->as_string();
  if (!secret) return no_text(name);
  return SecretText(*std::move(secret));
}

Found find_in_toml(std::string_view text, const SecretName& name, Tenancy tenancy) {
  try {
    const auto root = toml::parse(text);
    const toml::table* place = &root;
    if (tenancy == Tenancy::multi) {
      const auto* const company = root.get(name.company_id);
      place = company == nullptr ? nullptr : company->as_table();
    }
    const auto* const value = place == nullptr ? nullptr : place->get(name.id);
    if (value == nullptr) return std::nullopt;
    auto secret = value->value_exact<std::string>();
    if (!secret) return no_text(name);
    return SecretText(*std::move(secret));
  } catch (const toml::parse_error& error) {  // its description may quote the line
    return malformed(fmt::format("line {} of it is no TOML", error.source().begin.line));
  }
}

}  // namespace

Found find_in_secret_file(std::string_view text, const SecretName& name, Tenancy tenancy) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && text[first] == '{' ? find_in_json(text, name, tenancy)
                                                  : find_in_toml(text, name, tenancy);
}

void SecretFile::read(const SecretName& name, Reply<std::optional<SecretText>> reply) {
  off_loop<std::optional<SecretText>>(
      background_,
      [file = file_, name, tenancy = tenancy_]() -> Found {
        auto read = read_private_file(file, limits::services::secret_file_bytes_max);
        if (!read) return std::unexpected(std::move(read.error()));
        const SecretText text(std::move(*read));
        auto found = find_in_secret_file(text.reveal(), name, tenancy);
        if (!found) found.error().message = file.native() + ": " + found.error().message;
        return found;
      },
      std::move(reply));
}

}  // namespace collet::services
