#include "sql/array_literal.hpp"

#include "json/writer.hpp"

namespace collet::sql {
namespace {

/// Arrays nest as deep as PostgreSQL has dimensions.
constexpr int k_depth_max = 6;

class ArrayReader {
 public:
  explicit ArrayReader(std::string_view literal) : rest_(literal) {}

  std::optional<std::string> run() {
    skip_space();
    if (!read_array(1)) return std::nullopt;
    skip_space();
    if (!rest_.empty()) return std::nullopt;
    return std::move(writer_).take();
  }

 private:
  void skip_space() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t'))
      rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool read_array(int depth) {
    if (depth > k_depth_max || !take('{')) return false;
    writer_.begin_array();
    skip_space();
    if (!take('}')) {
      do {
        skip_space();
        if (!(rest_.starts_with('{') ? read_array(depth + 1) : read_element())) return false;
        skip_space();
      } while (take(','));
      if (!take('}')) return false;
    }
    writer_.end_array();
    return true;
  }

  bool read_element() {
    std::string text;
    if (take('"')) {
      while (!take('"')) {
        take('\\');
        if (rest_.empty()) return false;
        text += rest_[0];
        rest_.remove_prefix(1);
      }
      writer_.string(text);
      return true;
    }
    while (!rest_.empty() && rest_[0] != ',' && rest_[0] != '}' && rest_[0] != '{') {
      take('\\');
      if (rest_.empty()) return false;
      text += rest_[0];
      rest_.remove_prefix(1);
    }
    while (text.ends_with(' ')) text.pop_back();
    if (text.empty()) return false;
    if (text == "NULL" || text == "null") {
      writer_.null();
    } else {
      writer_.string(text);
    }
    return true;
  }

  std::string_view rest_;
  json::Writer writer_;
};

}  // namespace

std::optional<std::string> array_literal_to_json(std::string_view literal) {
  return ArrayReader(literal).run();
}

}  // namespace collet::sql
