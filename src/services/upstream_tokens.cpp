#include "services/upstream_tokens.hpp"

#include <fmt/format.h>

#include <utility>
#include <variant>

namespace collet::services {

void UpstreamTokens::get(const std::string& company_id, Waiter waiter, Reply<UpstreamToken> reply) {
  if (const auto* const text = std::get_if<std::string>(&setting_)) {
    return reply(std::make_shared<const SecretText>(std::string(*text)));
  }
  const auto* const ref = std::get_if<SecretRef>(&setting_);
  if (ref == nullptr) return reply(UpstreamToken());
  const auto kept = kept_.find(company_id);
  if (kept != kept_.end() && loop_.now() < kept->second.until) return reply(kept->second.token);

  const auto of_plugin = waiting_.find(waiter.plugin_id);
  const auto held = of_plugin == waiting_.end() ? Held() : of_plugin->second;
  if (held.calls >= limits_.waiting_max || held.bytes + waiter.bytes > limits_.waiting_bytes_max) {
    return reply(fail(ErrorCode::overloaded,
                      fmt::format("{} requests of this plugin with {} bytes wait for the token of "
                                  "the upstream, and this one has {}: the limit is {} requests or "
                                  "{} bytes; wait for some of the answers before you send more",
                                  held.calls, held.bytes, waiter.bytes, limits_.waiting_max,
                                  limits_.waiting_bytes_max)));
  }
  auto& waiting = lookups_[company_id];
  waiting.push_back(counted(std::move(waiter), std::move(reply)));
  if (waiting.size() == 1) read(company_id, *ref);
}

Reply<UpstreamToken> UpstreamTokens::counted(Waiter waiter, Reply<UpstreamToken> reply) {
  auto& held = waiting_[waiter.plugin_id];
  ++held.calls;
  held.bytes += waiter.bytes;
  return Reply<UpstreamToken>([this, waiter = std::move(waiter),
                               reply = std::move(reply)](Result<UpstreamToken> token) mutable {
    const auto found = waiting_.find(waiter.plugin_id);
    found->second.bytes -= waiter.bytes;
    if (--found->second.calls == 0) waiting_.erase(found);
    reply(std::move(token));
  });
}

void UpstreamTokens::read(const std::string& company_id, const SecretRef& ref) {
  secrets_.read({.company_id = company_id, .id = ref.id}, ref.version,
                Reply<SecretText>([this, company_id](Result<SecretText> text) {
                  Result<UpstreamToken> token;
                  if (text) {
                    token = std::make_shared<const SecretText>(*std::move(text));
                    std::erase_if(kept_, [now = loop_.now()](const auto& each) {
                      return now >= each.second.until;
                    });
                    kept_.insert_or_assign(company_id, Kept{*token, loop_.now() + limits_.kept});
                  } else {
                    // Whatever the host lacked: `overloaded` is what waits too much.
                    text.error().code = ErrorCode::worker_unavailable;
                    token = std::unexpected(std::move(text.error()));
                  }
                  // An answer may ask for the next.
                  auto waiting = lookups_.extract(company_id);
                  for (auto& reply : waiting.mapped()) reply(token);
                }));
}

void UpstreamTokens::forget(std::string_view company_id) {
  if (const auto kept = kept_.find(company_id); kept != kept_.end()) kept_.erase(kept);
}

}  // namespace collet::services
