#include "schema/pattern/pattern.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <optional>
#include <utility>
#include <variant>

#include "schema/pattern/pcre2.hpp"
#include "schema/pattern/syntax.hpp"
#include "schema/pattern/table.hpp"
#include "schema/pattern/translate.hpp"

namespace collet::schema {

namespace {

using Re2 = std::unique_ptr<const re2::RE2>;

/// Null where RE2 cannot say the pattern, or not in so little memory.
Re2 compile_re2(const pattern::Tree& tree, const PatternLimits& limits) {
  if (limits.re2_bytes_max <= 0) return nullptr;
  const std::optional<std::string> source = pattern::to_re2(tree);
  if (!source) return nullptr;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(limits.re2_bytes_max);
  auto compiled = std::make_unique<const re2::RE2>(*source, options);
  return compiled->ok() ? std::move(compiled) : nullptr;
}

}  // namespace

struct Pattern::Impl {
  std::variant<pattern::Table, Re2, pattern::Pcre2> engine;  // in the order of enum Engine
};

Pattern::Pattern(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

std::expected<Pattern, PatternError> Pattern::compile(std::string_view source,
                                                      PatternLimits limits) {
  if (source.size() > limits.source_bytes_max) {
    return std::unexpected(PatternError{
        limits.source_bytes_max, fmt::format("longer than {} bytes", limits.source_bytes_max)});
  }
  const auto tree = pattern::parse(source);
  if (!tree) return std::unexpected(tree.error());
  const auto made = [](auto engine) {
    return Pattern(std::make_unique<const Impl>(Impl{std::move(engine)}));
  };
  if (auto table = pattern::Table::build(*tree, limits.dfa_states_max)) {
    return made(std::move(*table));
  }
  if (Re2 re2 = compile_re2(*tree, limits)) return made(std::move(re2));
  const auto translated = pattern::to_pcre2(*tree);
  if (!translated) return std::unexpected(translated.error());
  auto pcre2 = pattern::Pcre2::compile(*translated, limits);
  if (!pcre2) return std::unexpected(PatternError{0, std::move(pcre2.error())});
  return made(std::move(*pcre2));
}

Pattern::Outcome Pattern::search(std::string_view text) const {
  std::uint64_t steps = 0;
  return search(text, steps);
}

Pattern::Outcome Pattern::search(std::string_view text, std::uint64_t& steps) const {
  // The linear engines take 1 to 5 ns a byte.
  constexpr std::size_t bytes_per_step = 4;
  const auto outcome = [](bool found) { return found ? Outcome::matches : Outcome::differs; };
  if (const auto* table = std::get_if<pattern::Table>(&impl_->engine)) {
    steps += text.size() / bytes_per_step;
    return outcome(table->search(text));
  }
  if (const auto* re2 = std::get_if<Re2>(&impl_->engine)) {
    steps += text.size() / bytes_per_step;
    return outcome((*re2)->Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED,
                                 nullptr, 0));
  }
  return std::get<pattern::Pcre2>(impl_->engine).search(text, steps);
}

Pattern::Engine Pattern::engine() const {
  return static_cast<Engine>(impl_->engine.index());
}

std::size_t Pattern::memory() const {
  std::size_t of_engine = 0;
  if (const auto* table = std::get_if<pattern::Table>(&impl_->engine)) {
    of_engine = table->memory();
  } else if (const auto* re2 = std::get_if<Re2>(&impl_->engine)) {
    constexpr std::size_t instruction_bytes = 16;
    of_engine = sizeof(re2::RE2) + (*re2)->pattern().size() +
                instruction_bytes * static_cast<std::size_t>((*re2)->ProgramSize());
  } else {
    of_engine = std::get<pattern::Pcre2>(impl_->engine).memory();
  }
  return sizeof(Impl) + of_engine;
}

bool is_ecma_pattern(std::string_view source) {
  return pattern::parse(source).has_value();
}

}  // namespace collet::schema
