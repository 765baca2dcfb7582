// Reads tokens from left to right and keeps what they come to as pieces. Internal to sql/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/piece.hpp"
#include "sql/scope.hpp"
#include "sql/tokens.hpp"
#include "sql/translate.hpp"

namespace collet::sql {

class Translator {
 public:
  Translator(Tokens tokens, const Scope& scope);

  Result<Translation> statement();
  Result<std::string> expression();

 private:
  /// Deeper nesting is refused before it could exhaust the stack; SQLite has a limit of its own.
  static constexpr int depth_max_ = 200;
  /// Of one statement. Some of what is done for a word takes longer the more there are: with these
  /// a second at worst.
  static constexpr std::size_t tokens_max_ = 50'000;
  /// Counts a level as long as it lives.
  class Level {
   public:
    explicit Level(Translator& translator);
    ~Level() { --translator_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Translator& translator_;
  };

  [[nodiscard]] bool at_end() const { return at_ >= tokens_.size(); }
  [[nodiscard]] bool next_is(std::string_view what, std::size_t ahead = 0) const;
  [[nodiscard]] bool next_is_name(std::size_t ahead = 0) const;
  void wrong(std::string what);

  /// Everything up to the bracket that closes this level, or to the end.
  Pieces read_level();
  /// The same, with the bracket, whose opening one is next.
  Pieces read_brackets();
  /// Adds the next piece, or takes the last ones into a new one.
  void read_piece(Pieces& out);
  void read_word(Pieces& out);
  /// True where the word has a form of its own, and is read.
  bool read_special_word(Pieces& out, const std::string& word);
  void read_keyword(Pieces& out, const std::string& word);
  void read_name(Pieces& out);
  void read_symbol(Pieces& out);
  /// One value with its casts and subscripts.
  Piece read_operand();
  Piece read_term();

  // translator_forms.cpp: what PostgreSQL says in a form of its own.
  Piece read_cast_call();
  Piece read_extract();
  Piece read_array();
  void read_offset(Pieces& out);
  static void end_source(Pieces& out);
  void read_conflict_constraint(Pieces& out);
  void read_target(Pieces& out, std::string_view keyword);
  void skip_time_zone();
  void read_cast(Pieces& out);
  void read_subscript(Pieces& out);
  void read_arithmetic(Pieces& out, const std::string& symbol);
  void read_comparison(Pieces& out, const std::string& symbol);
  void read_concatenation(Pieces& out);
  void read_function_operator(Pieces& out, const std::string& symbol);
  Piece call(const std::string& name);
  Piece cast(Piece value, const TypeName& type);
  Piece take_operand(Pieces& out);
  /// `filter (…)` and `over …` behind a call.
  void read_call_tail(Piece& call);

  /// Gives the columns of the outermost SELECT the names that PostgreSQL gives them.
  void name_columns(Pieces& pieces, Translation& translation) const;

  Tokens tokens_;
  const Scope& scope_;
  bool is_numbered_ = false;  ///< parameters are $1, and ? is an operator
  std::size_t at_ = 0;
  int depth_ = 0;
  Translation result_;
  std::optional<Error> error_;
};

}  // namespace collet::sql
