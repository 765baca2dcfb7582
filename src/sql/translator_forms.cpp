// What PostgreSQL says in a form of its own, or with an operator that is a function here.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sql/translator.hpp"
#include "sql/words.hpp"

namespace collet::sql {
namespace {

bool is_point_in_time(Type type) {
  return type == Type::timestamp || type == Type::date;
}

// A value as a part of JSON that is put together: JSON as such, a truth as true or false.
std::string as_json_part(const Piece& value) {
  if (value.type == Type::json || value.type == Type::array) {
    return fmt::format("json({})", value.text);
  }
  if (value.type == Type::boolean) {
    return fmt::format("json(CASE {} WHEN 0 THEN 'false' WHEN 1 THEN 'true' END)", value.text);
  }
  return value.text;
}

bool puts_json_together(std::string_view function) {
  constexpr std::array<std::string_view, 5> names{"json_array", "json_group_array",
                                                  "json_group_object", "json_object", "json_quote"};
  return std::ranges::find(names, function) != names.end();
}

std::vector<Pieces> arguments_of(const Pieces& pieces) {
  std::vector<Pieces> arguments(1);
  for (const auto& piece : pieces) {
    if (piece.is(",")) {
      arguments.emplace_back();
    } else {
      arguments.back().push_back(piece);
    }
  }
  return arguments;
}

}  // namespace

Piece Translator::call(const std::string& name) {
  auto inner = read_brackets();
  // substring(text FROM 2 FOR 3), position(part IN text)
  if (name == "substring") {
    for (auto& piece : inner) {
      if (piece.is("from") || piece.is("for")) piece = Piece::symbol(",");
    }
  } else if (name == "position" && inner.size() == 3 && inner[1].is("in")) {
    return {.text = fmt::format("pg_strpos({}, {})", inner[2].text, inner[0].text),
            .type = Type::integer,
            .label = name};
  }
  const auto* known = find_function(name);
  const std::string function(known != nullptr ? known->sqlite : std::string_view(name));
  Piece piece{.type = known != nullptr ? known->type : Type::unknown, .label = name};
  if (!puts_json_together(function)) {
    piece.text = fmt::format("{}({})", function, joined(inner));
    return piece;
  }
  std::string arguments;
  for (const auto& argument : arguments_of(inner)) {
    if (!arguments.empty()) arguments += ", ";
    arguments += argument.size() == 1 ? as_json_part(argument[0]) : joined(argument);
  }
  piece.text = fmt::format("{}({})", function, arguments);
  return piece;
}

void Translator::read_call_tail(Piece& piece) {
  while (!error_ && ((next_is("filter") && next_is("(", 1)) || next_is("over"))) {
    piece.text += ' ' + tokens_[at_++].value + ' ';
    if (next_is("(")) {
      piece.text += "(" + joined(read_brackets()) + ")";
    } else if (next_is_name()) {
      piece.text += quoted_name(tokens_[at_++].value);
    }
  }
}

Piece Translator::read_cast_call() {
  ++at_;  // cast
  const auto close = closing(tokens_, at_);
  // The last AS of this level: those before belong to subqueries in brackets.
  auto as = close;
  for (auto i = at_ + 1; i < close; i = tokens_[i].is("(") ? closing(tokens_, i) + 1 : i + 1) {
    if (tokens_[i].is("as")) as = i;
  }
  if (as >= close) return wrong("CAST has the form CAST(value AS type)"), Piece();
  ++at_;
  Pieces value;
  while (!error_ && at_ < as) read_piece(value);
  if (error_) return {};
  const auto type = read_type(tokens_.subspan(as + 1, close - as - 1));
  at_ = close + 1;
  if (value.size() == 1) return cast(std::move(value[0]), type);
  return cast({.text = "(" + joined(value) + ")"}, type);
}

Piece Translator::cast(Piece value, const TypeName& type) {
  const auto wanted = type_of(type);
  auto label = value.word.empty() ? value.label : std::string();
  // A column keeps its name, whatever it is cast to.
  if (label.empty() || label == "?column?") {
    const auto dot = value.text.rfind('.');
    label = dot == std::string::npos ? value.text : value.text.substr(dot + 1);
    if (label.starts_with('"')) label = label.substr(1, label.size() - 2);
    if (label.find_first_of("()'? ") != label.npos || label.empty() ||
        (label.front() >= '0' && label.front() <= '9')) {
      label = type.words;
    }
  }
  Piece piece{.type = wanted, .label = std::move(label)};
  switch (wanted) {
    case Type::json:
      piece.text = fmt::format("json({})", value.text);
      break;
    case Type::array:
      piece.text = fmt::format("pg_array({})", value.text);
      break;
    case Type::boolean:
      piece.text =
          value.type == Type::boolean ? value.text : fmt::format("pg_bool({})", value.text);
      break;
    case Type::integer:
      piece.text = fmt::format("pg_integer({})", value.text);
      break;
    case Type::number:
      piece.text = fmt::format("CAST({} AS {})", value.text,
                               declaration(type) == "numeric" ? "NUMERIC" : "REAL");
      break;
    case Type::text:
      piece.text =
          value.type == Type::boolean
              ? fmt::format("(CASE {} WHEN 0 THEN 'false' WHEN 1 THEN 'true' END)", value.text)
              : fmt::format("CAST({} AS TEXT)", value.text);
      break;
    case Type::timestamp:
      piece.text = fmt::format("pg_timestamp({})", value.text);
      break;
    case Type::date:
      piece.text = fmt::format("pg_date({})", value.text);
      break;
    case Type::interval:
    case Type::unknown:
      piece.text = fmt::format("({})", value.text);
  }
  return piece;
}

void Translator::read_cast(Pieces& out) {
  ++at_;
  const auto type = read_type(tokens_.subspan(at_));
  if (type.words.empty()) return wrong(":: stands without a type");
  at_ += type.tokens;
  auto value = take_operand(out);
  if (!error_) out.push_back(cast(std::move(value), type));
}

// EXTRACT(field FROM value)
Piece Translator::read_extract() {
  at_ += 2;
  if (at_ + 1 >= tokens_.size() || !next_is("from", 1))
    return wrong("EXTRACT has the form EXTRACT(field FROM value)"), Piece();
  const auto field = tokens_[at_].value;
  at_ += 2;
  const auto value = read_level();
  if (!next_is(")")) return wrong("a ( is not closed"), Piece();
  ++at_;
  return {.text = fmt::format("pg_extract({}, {})", quoted_text(field), joined(value)),
          .type = Type::number,
          .label = "extract"};
}

Piece Translator::read_array() {
  ++at_;
  const auto inner = read_brackets();
  return {.text = "json_array(" + joined(inner) + ")", .type = Type::array, .label = "array"};
}

// Counts from 1; what is not there is NULL.
void Translator::read_subscript(Pieces& out) {
  auto array = take_operand(out);
  if (error_) return;
  const auto inner = read_brackets();
  if (std::ranges::any_of(inner, [](const Piece& piece) { return piece.is(":"); }))
    return wrong("slices of arrays are not there");
  out.push_back({.text = fmt::format("json_extract({}, '$[' || (({}) - 1) || ']')", array.text,
                                     joined(inner)),
                 .label = array.label});
}

void Translator::read_function_operator(Pieces& out, const std::string& symbol) {
  const auto& known = *find_operator(symbol);
  ++at_;
  auto left = take_operand(out);
  const auto right = read_operand();
  if (error_) return;
  out.push_back({.text = fmt::format("{}({}, {})", known.function, left.text, right.text),
                 .type = known.type,
                 .label = "?column?"});
}

void Translator::read_concatenation(Pieces& out) {
  ++at_;
  if (out.empty() || !out.back().is_operand())
    return wrong("an operator stands without what belongs before it");
  auto right = read_operand();
  if (error_) return;
  const auto is_json = [](const Piece& piece) {
    return piece.type == Type::json || piece.type == Type::array;
  };
  if (is_json(out.back()) || is_json(right)) {
    const auto left = take_operand(out);
    const auto type = is_json(left) ? left.type : right.type;
    out.push_back({.text = fmt::format("pg_json_concat({}, {})", left.text, right.text),
                   .type = type,
                   .label = "?column?"});
    return;
  }
  out.push_back(Piece::symbol("||"));
  out.push_back(std::move(right));
}

namespace {

// A factor and an interval, in either order; nothing where neither is one.
std::optional<Piece> multiplied(const Piece& left, const Piece& right) {
  if (left.type != Type::interval && right.type != Type::interval) return std::nullopt;
  const bool is_left = left.type == Type::interval;
  return Piece{.text = fmt::format("pg_interval_times({}, {})", (is_left ? left : right).text,
                                   (is_left ? right : left).text),
               .type = Type::interval,
               .label = "?column?"};
}

// A sum or difference that is about times or JSON; nothing where it is about numbers.
std::optional<Piece> added(const Piece& left, std::string_view sign, const Piece& right) {
  const auto made = [](std::string text, Type type) {
    return Piece{.text = std::move(text), .type = type, .label = "?column?"};
  };
  if (left.type == Type::interval && right.type == Type::interval) {
    return made(fmt::format("pg_interval_add({}, '{}', {})", left.text, sign, right.text),
                Type::interval);
  }
  if (right.type == Type::interval) {
    return made(fmt::format("pg_shift({}, '{}', {})", left.text, sign, right.text),
                Type::timestamp);
  }
  if (left.type == Type::interval && sign == "+" && is_point_in_time(right.type)) {
    return made(fmt::format("pg_shift({}, '+', {})", right.text, left.text), Type::timestamp);
  }
  if (sign == "-" && is_point_in_time(left.type) && is_point_in_time(right.type)) {
    if (left.type == Type::date && right.type == Type::date)
      return made(fmt::format("pg_days_between({}, {})", left.text, right.text), Type::integer);
    return made(fmt::format("pg_between({}, {})", left.text, right.text), Type::interval);
  }
  if (left.type == Type::date) {
    return made(
        fmt::format("pg_date(pg_shift({}, '{}', ({}) || ' days'))", left.text, sign, right.text),
        Type::date);
  }
  if (left.type == Type::json && sign == "-")
    return made(fmt::format("pg_json_without({}, {})", left.text, right.text), Type::json);
  return std::nullopt;
}

}  // namespace

// An operand with what it is multiplied with or divided by.
Piece Translator::read_term() {
  auto term = read_operand();
  while (!error_ && (next_is("*") || next_is("/") || next_is("%"))) {
    const auto symbol = tokens_[at_++].value;
    const auto factor = read_operand();
    auto product = symbol == "*" ? multiplied(term, factor) : std::nullopt;
    term = product ? *std::move(product)
                   : Piece{.text = fmt::format("{} {} {}", term.text, symbol, factor.text)};
  }
  return term;
}

void Translator::read_arithmetic(Pieces& out, const std::string& symbol) {
  ++at_;
  const bool is_binary = !out.empty() && out.back().is_operand();
  // A * that no value follows is that of SELECT *, or of count(*).
  const bool has_right = !at_end() && !next_is(")") && !next_is("]") && !next_is(",") &&
                         !(tokens_[at_].kind == TokenKind::word && is_keyword(tokens_[at_].value) &&
                           !next_is("case") && !next_is("not") && !next_is("exists"));
  if (!is_binary || !has_right) return out.push_back(Piece::symbol(symbol));
  auto right = symbol == "*" ? read_operand() : read_term();
  if (error_) return;
  auto combined = symbol == "*" ? multiplied(out.back(), right) : added(out.back(), symbol, right);
  if (combined) {
    out.back() = *std::move(combined);
    return;
  }
  out.push_back(Piece::symbol(symbol));
  out.push_back(std::move(right));
}

// x = ANY (array), x <> ALL (array)
void Translator::read_comparison(Pieces& out, const std::string& symbol) {
  ++at_;
  const bool is_any = (next_is("any") || next_is("some")) && next_is("(", 1);
  const bool is_all = next_is("all") && next_is("(", 1);
  if (!is_any && !is_all) return out.push_back(Piece::symbol(symbol));
  if (is_any != (symbol == "="))
    return wrong("of comparisons with ANY and ALL only = ANY and <> ALL are there");
  ++at_;
  const auto inner = read_brackets();
  out.push_back(Piece::keyword(is_any ? "in" : "not in"));
  const bool is_query = !inner.empty() && (inner[0].is("select") || inner[0].is("with"));
  out.push_back({.text = is_query ? fmt::format("({})", joined(inner))
                                  : fmt::format("(SELECT value FROM json_each(pg_array({})))",
                                                joined(inner))});
}

// SQLite wants LIMIT before OFFSET, and no OFFSET without it.
void Translator::read_offset(Pieces& out) {
  ++at_;
  const auto offset = read_operand();
  if (error_) return;
  if (next_is("row") || next_is("rows")) ++at_;
  const auto last_select = std::ranges::find_if(
      out.rbegin(), out.rend(), [](const Piece& piece) { return piece.is("select"); });
  const bool has_limit =
      std::any_of(out.rbegin(), last_select, [](const Piece& piece) { return piece.is("limit"); });
  if (!has_limit) {
    out.push_back(Piece::keyword("limit"));
    if (next_is("limit")) {
      ++at_;
      out.push_back(read_operand());
    } else {
      out.push_back({.text = "-1"});
    }
  }
  out.push_back(Piece::keyword("offset"));
  out.push_back(offset);
}

// INSERT … SELECT … FROM t ON CONFLICT: SQLite takes the ON for that of a join, unless a WHERE or
// what comes behind it stands between (https://sqlite.org/lang_upsert.html, section 2.2).
void Translator::end_source(Pieces& out) {
  static constexpr std::array<std::string_view, 6> ends{"where", "group", "having",
                                                        "order", "limit", "window"};
  for (auto piece = out.rbegin(); piece != out.rend() && !piece->is("select"); ++piece) {
    if (std::ranges::any_of(ends, [&](auto word) { return piece->is(word); })) return;
    if (!piece->is("from")) continue;
    out.push_back(Piece::keyword("where"));
    out.push_back({.text = "true"});
    return;
  }
}

// ON CONFLICT ON CONSTRAINT name: SQLite wants its columns.
void Translator::read_conflict_constraint(Pieces& out) {
  ++at_;
  const auto name = at_end() ? std::string() : tokens_[at_++].value;
  const auto found = scope_.catalog.unique.find(name);
  if (found == scope_.catalog.unique.end())
    return wrong(fmt::format("there is no unique constraint \"{}\"", name));
  std::string columns;
  for (const auto& column : found->second) {
    columns += (columns.empty() ? "" : ", ") + quoted_name(column);
  }
  out.pop_back();  // the second ON
  out.push_back({.text = "(" + columns + ")"});
}

// UPDATE table alias, DELETE FROM table alias: SQLite wants an AS between them.
void Translator::read_target(Pieces& out, std::string_view keyword) {
  ++at_;
  out.push_back(Piece::keyword(keyword));
  if (keyword == "delete") {
    if (!next_is("from")) return;
    ++at_;
    out.push_back(Piece::keyword("from"));
  }
  if (next_is("only") && next_is_name(1)) ++at_;
  if (!next_is_name()) return;
  read_name(out);
  if (!error_ && next_is_name()) out.push_back(Piece::keyword("as"));
}

// Times are in UTC here, all of them.
void Translator::skip_time_zone() {
  at_ += 3;
  const auto zone = at_end() ? Token{} : tokens_[at_++];
  auto name = zone.value;
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  if (zone.kind != TokenKind::text || (name != "UTC" && name != "GMT" && name != "Z"))
    wrong("times are in UTC; AT TIME ZONE knows no other zone");
}

}  // namespace collet::sql
