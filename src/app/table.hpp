// Tables for people: columns aligned by what they take on the screen.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

#include "app/terminal.hpp"

namespace collet::app {

enum class Align { left, right };

struct Column {
  std::string title;  ///< empty titles of all columns: no title line
  Align align = Align::left;
};

struct Cell {
  Cell(const char* cell_text) : text(cell_text) {}
  Cell(std::string cell_text, Style cell_style = Style::plain)
      : text(std::move(cell_text)), style(cell_style) {}
  std::string text;
  Style style = Style::plain;
};

/// Rows under titles. Every text is made `printable`, so a cell is one line whatever it holds.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// One cell a column; missing ones are empty.
  void add(std::initializer_list<Cell> cells) { rows_.emplace_back(cells); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  /// The lines, each starting with `indent` spaces and ending with a line feed. On a terminal the
  /// last column is cut so that lines fit, but never below 16 columns.
  [[nodiscard]] std::string render(const StreamTraits& stream, std::size_t indent = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace collet::app
