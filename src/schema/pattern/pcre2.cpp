#include "schema/pattern/pcre2.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <new>

#include "json/utf8.hpp"
#include "schema/pattern/syntax.hpp"

namespace collet::schema::pattern {

namespace {

/// Deeper than any translated tree: groups, and what is put around repetitions.
constexpr std::uint32_t nesting_max = 4 * group_depth_max;
/// Larger programs are rare, and their machine code would be megabytes.
constexpr std::size_t jit_bytes_max = 16 << 10;
/// What a search remembers of the places to go back to: 16 to 150 bytes for each.
constexpr std::size_t memory_max = 16 << 20;
constexpr std::size_t jit_stack_min = 64 << 10;
constexpr std::uint64_t steps_per_byte = 8;

template <auto free>
struct Freer {
  template <typename T>
  void operator()(T* pointer) const {
    free(pointer);
  }
};
using CompileContext = std::unique_ptr<pcre2_compile_context, Freer<pcre2_compile_context_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freer<pcre2_match_context_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Freer<pcre2_jit_stack_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freer<pcre2_match_data_free>>;

template <typename Pointer>
Pointer owned(typename Pointer::pointer made) {
  if (made == nullptr) throw std::bad_alloc();
  return Pointer(made);
}

/// What one search may still spend.
struct Account {
  std::uint64_t steps_left;
  std::size_t position = 0;  ///< of the last callout
};

/// Pays for the work since the last callout; ends the search where the account is empty.
int pay(pcre2_callout_block* callout, void* data) {
  auto& account = *static_cast<Account*>(data);
  const std::size_t position = callout->current_position;
  std::uint64_t cost = 1;
  if (const std::uint32_t group = callout->callout_number; group == 0) {
    cost += std::max(position, account.position) - std::min(position, account.position);
  } else if (group == 255) {
    cost += callout->subject_length;
  } else if (group < callout->capture_top) {
    const PCRE2_SIZE begin = callout->offset_vector[2 * group];
    if (begin != PCRE2_UNSET) cost += callout->offset_vector[2 * group + 1] - begin;
  }
  account.position = position;
  if (cost > account.steps_left) return PCRE2_ERROR_CALLOUT;
  account.steps_left -= cost;
  return 0;
}

/// Whether PCRE2 can read it: it does not look where it reads.
bool is_wtf8(std::string_view text) {
  while (!text.empty()) {
    const json::utf8::Sequence sequence = json::utf8::read(text);
    if (sequence.form == json::utf8::Form::invalid) return false;
    text.remove_prefix(sequence.length);
  }
  return true;
}

PCRE2_SPTR units(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

}  // namespace

void Pcre2::Free::operator()(pcre2_real_code_8* code) const {
  pcre2_code_free(code);
}

std::expected<Pcre2, std::string> Pcre2::compile(const std::string& source,
                                                 const PatternLimits& limits) {
  const auto context = owned<CompileContext>(pcre2_compile_context_create(nullptr));
  pcre2_set_parens_nest_limit(context.get(), nesting_max);
  pcre2_set_compile_extra_options(context.get(), PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES);
  // Its start optimisations lose matches (10.42: `(?=b)\x{400}?b` in "ab").
  constexpr std::uint32_t options = PCRE2_UTF | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NO_START_OPTIMIZE;
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* const code =
      pcre2_compile(units(source), source.size(), options, &error, &offset, context.get());
  if (code == nullptr) {
    if (error == PCRE2_ERROR_HEAP_FAILED) throw std::bad_alloc();
    PCRE2_UCHAR message[128] = {};
    pcre2_get_error_message(error, message, sizeof(message));
    return std::unexpected(std::string(reinterpret_cast<const char*>(message)));
  }
  Pcre2 compiled(code, limits.backtracking_steps_max);
  // Where there is no machine code, it runs all the same.
  if (compiled.memory() <= jit_bytes_max) pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
  return compiled;
}

Pattern::Outcome Pcre2::search(std::string_view text, std::uint64_t& steps) const {
  if (!is_wtf8(text)) return Pattern::Outcome::differs;
  const auto data = owned<MatchData>(pcre2_match_data_create(1, nullptr));
  const auto context = owned<MatchContext>(pcre2_match_context_create(nullptr));
  const std::uint64_t allowed = steps_max_ + steps_per_byte * text.size();
  Account account{.steps_left = allowed};
  pcre2_set_callout(context.get(), pay, &account);
  pcre2_set_heap_limit(context.get(), memory_max >> 10);
  const auto run = [&] {
    return pcre2_match(code_.get(), units(text), text.size(), 0, PCRE2_NO_UTF_CHECK, data.get(),
                       context.get());
  };
  int result = run();
  if (result == PCRE2_ERROR_JIT_STACKLIMIT) {  // the 32 KiB of the thread's stack that it may take
    const auto stack = owned<JitStack>(pcre2_jit_stack_create(jit_stack_min, memory_max, nullptr));
    pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
    result = run();
  }
  constexpr std::uint64_t setting_up = 20;  // match data and context
  steps += setting_up + allowed - account.steps_left;
  if (result >= 0) return Pattern::Outcome::matches;  // 0: more groups than `data` takes
  return result == PCRE2_ERROR_NOMATCH ? Pattern::Outcome::differs : Pattern::Outcome::gave_up;
}

std::size_t Pcre2::memory() const {
  std::size_t program = 0;
  std::size_t machine_code = 0;
  pcre2_pattern_info(code_.get(), PCRE2_INFO_SIZE, &program);
  pcre2_pattern_info(code_.get(), PCRE2_INFO_JITSIZE, &machine_code);
  return program + machine_code;
}

}  // namespace collet::schema::pattern
