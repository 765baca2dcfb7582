// Mutations that mostly keep JSON being JSON: libFuzzer's own ones, which know bytes, break nearly
// every text they touch, and what does not parse tests the parser alone.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "json_words.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace {

using collet::fuzz::json_words;

/// What a part of a text is, which decides what may stand there.
enum class Kind {
  root,    ///< a whole text
  item,    ///< of an array
  member,  ///< key and value, of an object whose keys mean something
  named,   ///< key and value, of an object whose keys are names
  value,   ///< of a member
};

struct Part {
  std::size_t begin;
  std::size_t end;
  Kind kind;
};

/// Finds the parts of JSON texts that are divided by line breaks, by brackets and quotes alone.
class Parts {
 public:
  explicit Parts(std::string_view text) : text_(text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      switch (text[i]) {
        case '"':
          for (++i; i < text.size() && text[i] != '"'; ++i) {
            if (text[i] == '\\') ++i;
          }
          break;
        case '{':
          open_.push_back({begin_, keeps_names(i) ? Kind::named : Kind::member});
          begin_ = i + 1;
          break;
        case '[':
          open_.push_back({begin_, Kind::item});
          begin_ = i + 1;
          break;
        case '\n':
          if (!open_.empty()) break;
          [[fallthrough]];
        case ',':
          close(i);
          begin_ = i + 1;
          break;
        case '}':
        case ']':
          close(i);
          if (open_.empty()) break;
          begin_ = open_.back().begin;
          open_.pop_back();
          break;
        default:
          break;
      }
    }
    close(text.size());
  }

  [[nodiscard]] const std::vector<Part>& found() const { return found_; }

 private:
  struct Container {
    std::size_t begin;  ///< of the part that it is in
    Kind parts;
  };

  /// One past the key that begins at begin_, or begin_ where there is none.
  [[nodiscard]] std::size_t key_end(std::size_t end) const {
    if (begin_ >= end || text_[begin_] != '"') return begin_;
    std::size_t at = begin_ + 1;
    while (at < end && text_[at] != '"') at += text_[at] == '\\' ? 2 : 1;
    return at + 1 < end && text_[at + 1] == ':' ? at + 1 : begin_;
  }

  [[nodiscard]] bool keeps_names(std::size_t brace) const {
    if (!open_.empty() && open_.back().parts == Kind::named) return false;
    const std::size_t end = key_end(brace);
    if (end < begin_ + 2) return false;
    const auto key = text_.substr(begin_ + 1, end - begin_ - 2);
    return std::ranges::find(json_words().name_keepers, key) != json_words().name_keepers.end();
  }

  void close(std::size_t end) {
    if (end <= begin_) return;
    const Kind kind = open_.empty() ? Kind::root : open_.back().parts;
    found_.push_back({begin_, end, kind});
    if (kind != Kind::member && kind != Kind::named) return;
    const std::size_t value = key_end(end) + 1;
    if (value < end) found_.push_back({value, end, Kind::value});
  }

  std::string_view text_;
  std::vector<Container> open_;
  std::size_t begin_ = 0;
  std::vector<Part> found_;
};

template <class Range>
auto any_of(const Range& range, std::minstd_rand& random) {
  return range[random() % std::size(range)];
}

std::string_view part_text(std::string_view text, const Part& part) {
  return text.substr(part.begin, part.end - part.begin);
}

/// What a value begins with, digits being one.
char type_of(std::string_view value) {
  const char first = value.empty() ? ' ' : value[0];
  if (first == '-' || (first >= '0' && first <= '9')) return '0';
  return first == 'f' ? 't' : first;
}

/// A value, mostly of the type that `old` has: where a keyword wants a number, most others end the
/// compilation.
std::string fresh_value(std::string_view text, const std::vector<Part>& all, std::string_view old,
                        std::minstd_rand& random) {
  std::string fresh;
  const bool same_type = random() % 8 != 0;
  for (int tries = 0; tries < 8; ++tries) {
    const auto choice = random() % 4;
    if (choice == 0) {
      const Part& other = any_of(all, random);
      if (other.kind == Kind::member || other.kind == Kind::named) continue;
      fresh = part_text(text, other);
    } else if (choice == 1) {
      fresh = "{" + std::string(any_of(json_words().members, random)) + "}";
    } else {
      fresh = any_of(json_words().values, random);
    }
    if (!same_type || type_of(fresh) == type_of(old)) return fresh;
  }
  return fresh.empty() ? std::string(old) : fresh;
}

std::string fresh_part(std::string_view text, const std::vector<Part>& all, const Part& part,
                       std::minstd_rand& random) {
  if (part.kind != Kind::member && part.kind != Kind::named) {
    return fresh_value(text, all, part_text(text, part), random);
  }
  if (random() % 4 == 0) {  // from the same text
    for (int tries = 0; tries < 4; ++tries) {
      const Part& other = any_of(all, random);
      if (other.kind == part.kind) return std::string(part_text(text, other));
    }
  }
  std::string member(any_of(json_words().members, random));
  if (part.kind == Kind::member) return member;
  return (random() % 2 == 0 ? R"("a":{)" : R"("b":{)") + member + "}";
}

void mutate_json(std::string& text, std::minstd_rand& random) {
  const Parts parts(text);
  const auto& all = parts.found();
  if (all.empty()) return;
  const Part part = any_of(all, random);
  const bool in_list = part.kind != Kind::root && part.kind != Kind::value;
  const auto action = random() % 8;
  if (in_list && action == 0) {  // away with it, and with a comma beside it
    const bool has_next = part.end < text.size() && text[part.end] == ',';
    const bool has_previous = part.begin > 0 && text[part.begin - 1] == ',';
    const std::size_t begin = !has_next && has_previous ? part.begin - 1 : part.begin;
    text.erase(begin, part.end - begin + (has_next ? 1 : 0));
    return;
  }
  const std::string fresh = fresh_part(text, all, part, random);
  if (in_list && action < 4) {  // beside it rather than instead of it
    text.insert(part.end, "," + fresh);
  } else {
    text.replace(part.begin, part.end - part.begin, fresh);
  }
}

/// libFuzzer's own mutations inside of one string or number: patterns, formats and numbers are
/// languages of their own.
void mutate_bytes(std::string& text, std::minstd_rand& random) {
  constexpr std::size_t k_growth_max = 64;
  const Parts parts(text);
  const auto& all = parts.found();
  for (int tries = 0; tries < 8 && !all.empty(); ++tries) {
    Part part = any_of(all, random);
    const char type = type_of(part_text(text, part));
    if (type == '{' || type == '[' || type == 't' || type == 'n') continue;
    if (type == '"') {  // of a member: its key
      ++part.begin;
      part.end = text.find('"', part.begin);
      if (part.end == std::string::npos) return;
    }
    std::string bytes(part_text(text, part));
    const std::size_t size = bytes.size();
    bytes.resize(size + k_growth_max);
    bytes.resize(
        LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, bytes.size()));
    text.replace(part.begin, part.end - part.begin, bytes);
    return;
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
  std::minstd_rand random(seed);
  if (random() % 32 == 0) return LLVMFuzzerMutate(data, size, size_max);
  std::string text(data, data + size);
  if (random() % 8 == 0) {
    mutate_bytes(text, random);
  } else {
    for (unsigned times = 1 + random() % 3; times > 0; --times) mutate_json(text, random);
  }
  if (text.size() > size_max || text.empty()) return LLVMFuzzerMutate(data, size, size_max);
  text.copy(reinterpret_cast<char*>(data), text.size());
  return text.size();
}
