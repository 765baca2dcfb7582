#include "plugin/shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "plugin/text_form.hpp"

namespace collet::plugin {
namespace {

using Kind = Shape::Kind;

std::string_view type_name(const json::Value& value) {
  switch (value.kind()) {
    case json::Kind::null:
      return "null";
    case json::Kind::boolean:
      return "boolean";
    case json::Kind::number:
      return "number";
    case json::Kind::string:
      return "string";
    case json::Kind::array:
      return "array";
    case json::Kind::object:
      return "object";
  }
  return "unknown";  // no enumerator has this value
}

/// 'a' | 'b' | 'c'
std::string quoted(std::span<const std::string_view> words) {
  std::string out;
  for (const auto word : words) out += fmt::format("{}'{}'", out.empty() ? "" : " | ", word);
  return out;
}

Verdict worse(Verdict a, Verdict b) {
  return std::max(a, b);
}

Verdict wrong_type(std::string_view expected, const json::Value& value, const std::string& path,
                   Issues& issues) {
  issues.push_back({path, fmt::format("Expected {}, received {}", expected, type_name(value))});
  return Verdict::aborted;
}

/// Whether `value` is an object; reports it where not.
bool is_object(const json::Value& value, const std::string& path, Issues& issues) {
  return value.is_object() || wrong_type("object", value, path, issues) == Verdict::sound;
}

std::string rule_message(std::string_view message, std::string_view path) {
  constexpr std::string_view field = "{field}";
  if (!message.starts_with(field)) return std::string(message);
  return std::string(path.substr(path.rfind('.') + 1)).append(message.substr(field.size()));
}

Verdict check_text(const Shape& shape, const json::Value& value, const std::string& path,
                   Issues& issues) {
  const auto decoded = value.as_string();
  if (!decoded) return wrong_type("string", value, path, issues);
  const auto text = shape.spaces == Shape::Spaces::trimmed ? trim(*decoded) : *decoded;
  const auto before = issues.size();
  const auto length = utf16_length(text);
  if (length < shape.least) {
    issues.push_back(
        {path, fmt::format("String must contain at least {} character(s)", shape.least)});
  }
  if (length > shape.most) {
    issues.push_back(
        {path, fmt::format("String must contain at most {} character(s)", shape.most)});
  }
  for (const auto& rule : shape.rules) {
    if (!rule.holds(text)) issues.push_back({path, rule_message(rule.message, path)});
  }
  return issues.size() == before ? Verdict::sound : Verdict::flawed;
}

Verdict check_number(const Shape& shape, const json::Value& value, const std::string& path,
                     Issues& issues) {
  const auto read = value.as_double();
  if (!read) return wrong_type("number", value, path, issues);
  const double number = *read;
  const auto before = issues.size();
  if (shape.numbers == Shape::Numbers::integers &&
      (!std::isfinite(number) || std::trunc(number) != number)) {
    issues.push_back({path, "Expected integer, received float"});
  }
  if (shape.above && number <= static_cast<double>(*shape.above)) {
    issues.push_back({path, fmt::format("Number must be greater than {}", *shape.above)});
  }
  if (shape.minimum && number < static_cast<double>(*shape.minimum)) {
    issues.push_back(
        {path, fmt::format("Number must be greater than or equal to {}", *shape.minimum)});
  }
  if (shape.maximum && number > static_cast<double>(*shape.maximum)) {
    issues.push_back(
        {path, fmt::format("Number must be less than or equal to {}", *shape.maximum)});
  }
  return issues.size() == before ? Verdict::sound : Verdict::flawed;
}

Verdict check_word(const Shape& shape, const json::Value& value, const std::string& path,
                   Issues& issues) {
  const auto text = value.as_string();
  if (!text) return wrong_type(quoted(shape.words), value, path, issues);
  if (std::ranges::find(shape.words, *text) != shape.words.end()) return Verdict::sound;
  issues.push_back({path, fmt::format("Invalid enum value. Expected {}, received '{}'",
                                      quoted(shape.words), *text)});
  return Verdict::aborted;
}

/// What is said where a literal differs or is missing.
std::string literal_message(const Shape& shape) {
  return shape.kind == Kind::literal_one
             ? "Invalid literal value, expected 1"
             : fmt::format("Invalid literal value, expected \"{}\"", shape.words.front());
}

Verdict check_literal(const Shape& shape, const json::Value& value, const std::string& path,
                      Issues& issues) {
  const bool equal = shape.kind == Kind::literal_one ? value.as_double() == 1.0
                                                     : value.equals(shape.words.front());
  if (equal) return Verdict::sound;
  issues.push_back({path, literal_message(shape)});
  return Verdict::aborted;
}

Verdict check_list(const Shape& shape, const json::Value& value, const std::string& path,
                   Issues& issues) {
  if (!value.is_array()) return wrong_type("array", value, path, issues);
  auto verdict = Verdict::sound;
  if (value.size() < shape.least) {
    issues.push_back({path, fmt::format("Array must contain at least {} element(s)", shape.least)});
    verdict = Verdict::flawed;
  }
  if (value.size() > shape.most) {
    issues.push_back({path, fmt::format("Array must contain at most {} element(s)", shape.most)});
    verdict = Verdict::flawed;
  }
  std::size_t index = 0;
  for (const auto element : value.elements()) {
    if (issues.are_enough()) return Verdict::aborted;
    const auto at = step(path, std::to_string(index++));
    verdict = worse(verdict, check(*shape.element, element, at, issues));
  }
  return verdict;
}

Verdict check_field(const Field& field, const json::Value& object, const std::string& path,
                    Issues& issues) {
  const auto value = object.find(field.name);
  if (!value) {
    if (field.presence != Presence::required) return Verdict::sound;
    const auto kind = field.shape->kind;
    const bool literal = kind == Kind::literal_one || kind == Kind::literal_text;
    issues.push_back(
        {step(path, field.name), literal ? literal_message(*field.shape) : "Required"});
    return Verdict::aborted;
  }
  if (field.presence == Presence::nullable && value->is_null()) return Verdict::sound;
  return check(*field.shape, *value, step(path, field.name), issues);
}

/// Reports keys that are no field, all in one issue.
Verdict check_unknown_keys(const Shape& shape, const json::Value& value, const std::string& path,
                           Issues& issues) {
  std::string unknown;
  for (const auto& member : value.members()) {
    const auto key = member.key.as_string().value_or("");
    if (std::ranges::any_of(shape.fields, [&](const Field& field) { return field.name == key; })) {
      continue;
    }
    unknown += fmt::format("{}'{}'", unknown.empty() ? "" : ", ", key);
  }
  if (unknown.empty()) return Verdict::sound;
  issues.push_back({path, "Unrecognized key(s) in object: " + unknown});
  return Verdict::flawed;
}

Verdict check_object(const Shape& shape, const json::Value& value, const std::string& path,
                     Issues& issues) {
  if (!is_object(value, path, issues)) return Verdict::aborted;
  auto verdict = Verdict::sound;
  for (const auto& field : shape.fields) {
    verdict = worse(verdict, check_field(field, value, path, issues));
  }
  if (shape.unknown_keys == Shape::UnknownKeys::refused) {
    verdict = worse(verdict, check_unknown_keys(shape, value, path, issues));
  }
  return verdict;
}

Verdict check_record(const Shape& shape, const json::Value& value, const std::string& path,
                     Issues& issues) {
  if (!is_object(value, path, issues)) return Verdict::aborted;
  auto verdict = Verdict::sound;
  if (shape.element == nullptr) return verdict;
  for (const auto& member : value.members()) {
    if (issues.are_enough()) return Verdict::aborted;
    const auto at = step(path, member.key.as_string().value_or(""));
    verdict = worse(verdict, check(*shape.element, member.value, at, issues));
  }
  return verdict;
}

Verdict check_variant(const Shape& shape, const json::Value& value, const std::string& path,
                      Issues& issues) {
  if (!is_object(value, path, issues)) return Verdict::aborted;
  const auto chosen = value.find(shape.discriminator);
  for (const auto& alternative : shape.alternatives) {
    if (chosen && chosen->equals(alternative.word)) {
      return check(*alternative.shape, value, path, issues);
    }
  }
  std::vector<std::string_view> words;
  for (const auto& alternative : shape.alternatives) words.push_back(alternative.word);
  issues.push_back(
      {step(path, shape.discriminator), "Invalid discriminator value. Expected " + quoted(words)});
  return Verdict::aborted;
}

Verdict check_parts(const Shape& shape, const json::Value& value, const std::string& path,
                    Issues& issues) {
  switch (shape.kind) {
    case Kind::boolean:
      return value.kind() == json::Kind::boolean ? Verdict::sound
                                                 : wrong_type("boolean", value, path, issues);
    case Kind::number:
      return check_number(shape, value, path, issues);
    case Kind::scalar: {
      const bool scalar =
          value.is_string() || value.is_number() || value.kind() == json::Kind::boolean;
      if (!scalar) issues.push_back({path, "Invalid input"});
      return scalar ? Verdict::sound : Verdict::aborted;
    }
    case Kind::text:
      return check_text(shape, value, path, issues);
    case Kind::word:
      return check_word(shape, value, path, issues);
    case Kind::literal_one:
    case Kind::literal_text:
      return check_literal(shape, value, path, issues);
    case Kind::list:
      return check_list(shape, value, path, issues);
    case Kind::object:
      return check_object(shape, value, path, issues);
    case Kind::record:
      return check_record(shape, value, path, issues);
    case Kind::variant:
      return check_variant(shape, value, path, issues);
  }
  return Verdict::aborted;  // no enumerator has this value
}

}  // namespace

std::string step(std::string_view path, std::string_view key) {
  std::string out(path);
  if (!out.empty()) out += '.';
  return out += key;
}

std::string describe(const Issues& issues) {
  std::string out;
  for (const auto& issue : issues.told()) {
    if (!out.empty()) out += "; ";
    if (!issue.path.empty()) out += issue.path + ": ";
    out += issue.message;
  }
  const auto more = issues.size() - issues.told().size();
  if (more > 0) out += fmt::format("; and {}{} more", issues.are_enough() ? "at least " : "", more);
  return out;
}

Verdict check(const Shape& shape, const json::Value& value, const std::string& path,
              Issues& issues) {
  if (issues.are_enough()) return Verdict::aborted;
  auto verdict = check_parts(shape, value, path, issues);
  if (shape.refine == nullptr || verdict == Verdict::aborted) return verdict;
  const auto before = issues.size();
  shape.refine(value, path, issues);
  return issues.size() == before ? verdict : worse(verdict, Verdict::flawed);
}

}  // namespace collet::plugin
