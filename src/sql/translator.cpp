#include "sql/translator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "sql/words.hpp"

namespace collet::sql {

Translator::Translator(Tokens tokens, const Scope& scope) : tokens_(tokens), scope_(scope) {
  if (tokens_.size() > tokens_max_)
    wrong(fmt::format("it has {} words, the limit is {}", tokens_.size(), tokens_max_));
  is_numbered_ = std::ranges::any_of(
      tokens_, [](const Token& token) { return token.kind == TokenKind::parameter; });
}

Translator::Level::Level(Translator& translator) : translator_(translator) {
  if (++translator_.depth_ > depth_max_)
    translator_.wrong(fmt::format("it is nested in more than {} levels", depth_max_));
}

bool Translator::next_is(std::string_view what, std::size_t ahead) const {
  return at_ + ahead < tokens_.size() && tokens_[at_ + ahead].is(what);
}

bool Translator::next_is_name(std::size_t ahead) const {
  if (at_ + ahead >= tokens_.size()) return false;
  const auto& token = tokens_[at_ + ahead];
  return token.kind == TokenKind::name ||
         (token.kind == TokenKind::word && !is_keyword(token.value));
}

void Translator::wrong(std::string what) {
  if (!error_) error_ = Error{.code = ErrorCode::invalid_request, .message = std::move(what)};
  at_ = tokens_.size();
}

Result<Translation> Translator::statement() {
  auto pieces = read_level();
  if (!error_ && !at_end()) wrong(fmt::format("there is a single {}", tokens_[at_].value));
  if (error_) return std::unexpected(*std::move(error_));
  name_columns(pieces, result_);
  result_.text = joined(pieces);
  return std::move(result_);
}

Result<std::string> Translator::expression() {
  const auto pieces = read_level();
  if (!error_ && !at_end()) wrong(fmt::format("there is a single {}", tokens_[at_].value));
  if (!error_ && result_.parameters > 0) wrong("a definition has no parameters");
  if (error_) return std::unexpected(*std::move(error_));
  return joined(pieces);
}

Pieces Translator::read_level() {
  const Level level(*this);
  Pieces out;
  while (!at_end() && !next_is(")") && !next_is("]")) read_piece(out);
  return out;
}

Pieces Translator::read_brackets() {
  const auto& open = tokens_[at_++];
  auto inner = read_level();
  const std::string_view close = open.is("(") ? ")" : "]";
  if (!next_is(close)) {
    wrong(fmt::format("a {} is not closed", open.value));
  } else {
    ++at_;
  }
  return inner;
}

void Translator::read_piece(Pieces& out) {
  const auto& token = tokens_[at_];
  switch (token.kind) {
    case TokenKind::text:
      ++at_;
      out.push_back({.text = quoted_text(token.value), .type = Type::text, .label = "?column?"});
      return;
    case TokenKind::number:
      ++at_;
      out.push_back({.text = token.value, .label = "?column?"});
      return;
    case TokenKind::parameter: {
      ++at_;
      // SQLite's largest number of a parameter; what is beyond is wrong in any case.
      constexpr std::size_t most = 32'766;
      std::size_t number = 0;
      const auto* end = token.value.data() + token.value.size();
      if (std::from_chars(token.value.data(), end, number).ec != std::errc{} || number == 0 ||
          number > most) {
        return wrong(fmt::format("there is no parameter ${}", token.value));
      }
      if (result_.named.size() < number) result_.named.resize(number);
      result_.named[number - 1] = true;
      result_.parameters = std::max(result_.parameters, number);
      out.push_back({.text = fmt::format("?{}", number), .label = "?column?"});
      return;
    }
    case TokenKind::name:
      return read_name(out);
    case TokenKind::word:
      return read_word(out);
    case TokenKind::symbol:
      return read_symbol(out);
  }
}

void Translator::read_word(Pieces& out) {
  const auto& word = tokens_[at_].value;
  if (read_special_word(out, word)) return;
  // Only as functions these two are no joins.
  const bool is_call = (word == "left" || word == "right") && next_is("(", 1);
  if (is_keyword(word) && !is_call) return read_keyword(out, word);
  read_name(out);
}

bool Translator::read_special_word(Pieces& out, const std::string& word) {
  const auto take = [&](Piece piece) {
    ++at_;
    out.push_back(std::move(piece));
    return true;
  };
  if (next_is(".", 1)) return false;
  if (next_is("(", 1) && word == "cast") return out.push_back(read_cast_call()), true;
  if (next_is("(", 1) && word == "extract") return out.push_back(read_extract()), true;
  if (next_is("[", 1) && word == "array") return out.push_back(read_array()), true;
  if (word == "interval" && at_ + 1 < tokens_.size() && tokens_[at_ + 1].kind == TokenKind::text) {
    ++at_;
    return take({.text = quoted_text(tokens_[at_].value), .type = Type::interval});
  }
  constexpr std::array<std::string_view, 6> typed{"date", "json",      "jsonb",
                                                  "time", "timestamp", "timestamptz"};
  if (at_ + 1 < tokens_.size() && tokens_[at_ + 1].kind == TokenKind::text &&
      std::ranges::find(typed, word) != typed.end()) {
    const auto type = read_type(tokens_.subspan(at_++, 1));
    return take(cast({.text = quoted_text(tokens_[at_].value), .type = Type::text}, type));
  }
  if (word == "null") return take({.text = "NULL", .label = "?column?"});
  if (word == "true" || word == "false")
    return take({.text = word, .type = Type::boolean, .label = "bool"});
  if (word == "current_date")
    return take({.text = "date('now')", .type = Type::date, .label = word});
  if (word == "current_timestamp" || word == "localtimestamp")
    return take({.text = "now()", .type = Type::timestamp, .label = word});
  if (word == "at" && next_is("time", 1) && next_is("zone", 2)) return skip_time_zone(), true;
  return false;
}

void Translator::read_keyword(Pieces& out, const std::string& word) {
  const auto last_is = [&](std::string_view what) { return !out.empty() && out.back().is(what); };
  if (word == "for" &&
      (next_is("update", 1) || next_is("no", 1) || next_is("share", 1) || next_is("key", 1))) {
    // One connection has the tables for itself, so that rows need no locks.
    while (!at_end() && !next_is(")")) ++at_;
    return;
  }
  if (word == "offset") return read_offset(out);
  if (word == "on" && next_is("conflict", 1)) end_source(out);
  if (((word == "update" && !last_is("do")) || word == "delete") && !last_is("on"))
    return read_target(out, word);
  ++at_;
  if (word == "ilike") return out.push_back(Piece::keyword("match"));
  if (word == "distinct" && next_is("on") && last_is("select"))
    return wrong("SELECT DISTINCT ON is not there; use a window function or GROUP BY");
  out.push_back(Piece::keyword(word));
  if (word != "end") return;
  // From its CASE on it is one value.
  const auto begin = std::ranges::find_if(out.rbegin(), out.rend(),
                                          [](const Piece& piece) { return piece.is("case"); });
  if (begin == out.rend()) return;
  const auto first = begin.base() - 1;
  Piece value{.text = joined(Pieces(first, out.end())), .label = "case"};
  out.erase(first, out.end());
  out.push_back(std::move(value));
}

// A name with what it is in: a.b.c, or a call.
void Translator::read_name(Pieces& out) {
  std::vector<std::string> names;
  const bool is_one_word = tokens_[at_].kind == TokenKind::word && !next_is(".", 1);
  const auto add = [&](const Token& token) {
    ++at_;
    const bool quote = token.kind == TokenKind::name || needs_quotes(token.value);
    names.push_back(quote ? quoted_name(token.value) : token.value);
    return token.value;
  };
  if (is_one_word && tokens_[at_].value == "constraint" && out.size() >= 2 && out.back().is("on") &&
      out[out.size() - 2].text == "conflict") {
    return read_conflict_constraint(out);
  }
  std::vector<std::string> values{add(tokens_[at_])};
  while (next_is(".") && at_ + 1 < tokens_.size() &&
         (tokens_[at_ + 1].kind == TokenKind::word || tokens_[at_ + 1].kind == TokenKind::name ||
          next_is("*", 1))) {
    ++at_;
    values.push_back(add(tokens_[at_]));
  }
  if (values.size() > 1 && (values[0] == scope_.name_space || values[0] == "pg_catalog")) {
    values.erase(values.begin());
    names.erase(names.begin());
  }
  if (values.size() > 1 && values[0] == "public" && !scope_.core_tables.contains(values[1])) {
    return wrong(fmt::format(
        "public.{} is not among the tables that the manifest's database.coreReadTables names",
        values[1]));
  }
  if (next_is("(") && values.back() != "*") {
    auto called = call(fmt::format("{}", fmt::join(names, ".")));
    read_call_tail(called);
    return out.push_back(std::move(called));
  }
  Piece piece{.text = fmt::format("{}", fmt::join(names, "."))};
  if (const auto found = scope_.catalog.columns.find(values.back());
      found != scope_.catalog.columns.end()) {
    piece.type = found->second;
  }
  if (is_one_word) piece.word = values[0];
  out.push_back(std::move(piece));
}

void Translator::read_symbol(Pieces& out) {
  const auto& symbol = tokens_[at_].value;
  if (symbol == "(") {
    const auto inner = read_brackets();
    Piece group{.text = "(" + joined(inner) + ")"};
    if (inner.size() == 1) group.type = inner[0].type, group.label = inner[0].label;
    if (!out.empty() && out.back().is("exists")) {
      out.pop_back();
      group = {.text = "exists " + group.text, .type = Type::boolean, .label = "exists"};
    }
    return out.push_back(std::move(group));
  }
  if (symbol == "?" && !is_numbered_) {
    ++at_;
    out.push_back({.text = fmt::format("?{}", ++result_.parameters), .label = "?column?"});
    return;
  }
  if (symbol == "[") return read_subscript(out);
  if (symbol == "::") return read_cast(out);
  if (symbol == "||") return read_concatenation(out);
  if (symbol == "=" || symbol == "<>" || symbol == "!=") return read_comparison(out, symbol);
  if (symbol == "+" || symbol == "-" || symbol == "*") return read_arithmetic(out, symbol);
  if (find_operator(symbol) != nullptr) return read_function_operator(out, symbol);
  if (symbol == "~" || symbol == "~*" || symbol == "!~" || symbol == "!~*")
    return wrong(fmt::format("regular expressions ({}) are not there; use LIKE", symbol));
  ++at_;
  out.push_back(Piece::symbol(symbol));
}

Piece Translator::read_operand() {
  // An operand may hold an operator with an operand of its own: CASE WHEN a + CASE WHEN …
  const Level level(*this);
  Pieces one;
  std::string sign;
  while (next_is("-") || next_is("+")) sign += tokens_[at_++].value;
  // CASE is one value once its END is read; NOT and EXISTS have one behind them.
  const bool is_case = next_is("case");
  do {
    if (at_end() || next_is(")") || next_is("]") || (next_is(",") && !is_case)) {
      wrong("an operator stands without what belongs behind it");
      return {};
    }
    read_piece(one);
  } while (!error_ && (one.empty() || !one.back().is_operand() || (is_case && one.size() > 1)));
  while (!error_ && (next_is("::") || next_is("["))) read_piece(one);
  if (error_) return {};
  if (one.size() == 1 && sign.empty()) return std::move(one[0]);
  return {.text = sign + joined(one)};
}

Piece Translator::take_operand(Pieces& out) {
  if (out.empty() || !out.back().is_operand()) {
    wrong("an operator stands without what belongs before it");
    return {};
  }
  auto piece = std::move(out.back());
  out.pop_back();
  return piece;
}

void Translator::name_columns(Pieces& pieces, Translation& translation) const {
  static constexpr std::array<std::string_view, 11> ends{"from",   "where",     "group",  "having",
                                                         "order",  "limit",     "offset", "union",
                                                         "window", "intersect", "except"};
  const auto select =
      std::ranges::find_if(pieces, [](const Piece& piece) { return piece.is("select"); });
  auto at = select == pieces.end() ? select : select + 1;
  bool is_known = true;  // the place of columns: not behind a *
  for (auto first = at; at != pieces.end(); first = ++at) {
    while (at != pieces.end() && !at->is(",") &&
           std::ranges::none_of(ends, [&](auto word) { return at->is(word); })) {
      ++at;
    }
    while (first != at && (first->is("distinct") || first->is("all"))) ++first;
    if (first == at) break;
    const bool is_star = first->is("*") || first->text.ends_with(".*");
    is_known = is_known && !is_star;
    if (is_known) {
      const auto size = at - first;
      const bool has_alias = (size == 3 && (first + 1)->is("as")) ||
                             (size == 2 && first->is_operand() && (first + 1)->is_operand());
      translation.columns.push_back(size == 1 || has_alias ? first->type : Type::unknown);
    }
    if (at - first == 1 && !first->label.empty()) {
      first->text += " as " + quoted_name(first->label);
    }
    if (at == pieces.end() || !at->is(",")) break;
  }
}

Result<Translation> translate(Tokens statement, const Scope& scope) {
  return Translator(statement, scope).statement();
}

Result<std::string> translate_expression(Tokens expression, const Scope& scope) {
  return Translator(expression, scope).expression();
}

}  // namespace collet::sql
