#include "app/table.hpp"

#include <algorithm>
#include <utility>

#include "app/text.hpp"

namespace collet::app {
namespace {

constexpr std::size_t k_gap = 2;
constexpr std::size_t k_last_column_min = 16;

}  // namespace

std::string Table::render(const StreamTraits& stream, std::size_t indent) const {
  const std::size_t count = columns_.size();
  std::vector<std::vector<Cell>> lines;
  if (std::ranges::any_of(columns_, [](const Column& column) { return !column.title.empty(); })) {
    auto& titles = lines.emplace_back();
    for (const auto& column : columns_) titles.emplace_back(column.title, Style::bold);
  }
  for (const auto& row : rows_) {
    auto& line = lines.emplace_back();
    for (std::size_t i = 0; i < count; ++i) {
      line.emplace_back(i < row.size() ? printable(row[i].text) : std::string(),
                        i < row.size() ? row[i].style : Style::plain);
    }
  }

  std::vector<std::size_t> widths(count, 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < count; ++i) {
      widths[i] = std::max(widths[i], display_width(line[i].text));
    }
  }
  if (stream.width && count > 0) {
    std::size_t before = indent;
    for (std::size_t i = 0; i + 1 < count; ++i) before += widths[i] + k_gap;
    const std::size_t left = *stream.width > before ? *stream.width - before : 0;
    widths.back() = std::min(widths.back(), std::max(left, k_last_column_min));
  }

  std::string out;
  for (const auto& line : lines) {
    std::string text(indent, ' ');
    for (std::size_t i = 0; i < count; ++i) {
      const auto shown = cut(line[i].text, widths[i]);
      const std::string pad(widths[i] - std::min(widths[i], display_width(shown)), ' ');
      const auto coloured = shown.empty() ? shown : styled(shown, line[i].style, stream);
      text += columns_[i].align == Align::right ? pad + coloured : coloured + pad;
      if (i + 1 < count) text.append(k_gap, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
  return out;
}

}  // namespace collet::app
