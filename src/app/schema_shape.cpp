#include "app/schema_shape.hpp"

#include <algorithm>
#include <array>

#include "app/json_text.hpp"
#include "json/pointer.hpp"

namespace collet::app {
namespace {

/// How many $ref and branches deep a schema is read; real tools need three, a circular one has no
/// end.
constexpr int k_depth_max = 16;

constexpr std::array<std::string_view, 3> k_branch_keywords{"allOf", "anyOf", "oneOf"};

/// The schema behind a local `$ref`, or nothing.
std::optional<json::Value> referenced(const json::Value& root, const json::Value& schema) {
  const auto reference = text_member(schema, "$ref");
  if (reference.empty() || reference.front() != '#') return std::nullopt;
  return json::resolve(root, std::string_view(reference).substr(1));
}

void add_type(Shape& shape, const json::Value& type) {
  if (type.equals("null")) shape.null = true;
  if (type.equals("boolean")) shape.boolean = true;
  if (type.equals("integer")) shape.integer = true;
  if (type.equals("number")) shape.number = true;
  if (type.equals("string")) shape.string = true;
  if (type.equals("array")) shape.array = true;
  if (type.equals("object")) shape.object = true;
}

/// Adds what `schema` says to `shape`; false where it says nothing about the kind of value.
bool collect(Shape& shape, const json::Value& root, const json::Value& schema, int depth) {
  if (!schema.is_object() || depth > k_depth_max) return false;
  if (const auto items = schema.find("items"); items && !shape.items) shape.items = items;
  if (schema.find("properties") && !shape.object_schema) shape.object_schema = schema;
  // A reference to a secret is an object, also where an older schema asks for a string.
  if (text_member(schema, "format") == "secret-ref") shape.object = true;

  if (const auto choices = schema.find("enum"); choices && choices->is_array()) {
    for (const auto choice : choices->elements()) shape.choices.push_back(choice);
    return true;
  }
  if (const auto only = schema.find("const")) {
    shape.choices.push_back(*only);
    return true;
  }
  if (const auto type = schema.find("type")) {
    add_type(shape, *type);
    for (const auto each : type->elements()) add_type(shape, each);
    if (shape.object && !shape.object_schema) shape.object_schema = schema;
    return true;
  }
  bool known = false;
  if (const auto target = referenced(root, schema)) {
    known = collect(shape, root, *target, depth + 1) || known;
  }
  for (const auto keyword : k_branch_keywords) {
    const auto branches = schema.find(keyword);
    if (!branches) continue;
    bool every = true;
    bool some = false;
    for (const auto branch : branches->elements()) {
      const bool branch_known = collect(shape, root, branch, depth + 1);
      every = every && branch_known;
      some = some || branch_known;
    }
    // One branch of allOf is enough to know the kind; a branch of anyOf that is open opens all.
    known = known || (keyword == "allOf" ? some : some && every);
  }
  if (known) return true;
  if (schema.find("properties")) return shape.object = true;
  if (schema.find("items")) return shape.array = true;
  return false;
}

bool is_required(const json::Value& schema, std::string_view name) {
  const auto required = schema.find("required");
  if (!required) return false;
  const auto names = required->elements();
  for (const auto each : names) {
    if (each.equals(name)) return true;
  }
  return false;
}

void collect_properties(std::vector<Property>& found, const json::Value& root,
                        const json::Value& schema, int depth) {
  if (!schema.is_object() || depth > k_depth_max) return;
  if (const auto properties = schema.find("properties")) {
    for (const auto member : properties->members()) {
      auto name = member.key.as_string().value_or("");
      if (std::ranges::any_of(found, [&](const Property& p) { return p.name == name; })) continue;
      const bool required = depth == 0 && is_required(schema, name);
      found.push_back({std::move(name), member.value, required});
    }
  }
  if (const auto target = referenced(root, schema)) {
    // The target stands in the place of the schema, so it may demand.
    collect_properties(found, root, *target, depth + 1);
    for (auto& property : found) {
      property.required = property.required || (depth == 0 && is_required(*target, property.name));
    }
  }
  for (const auto keyword : k_branch_keywords) {
    const auto branches = schema.find(keyword);
    if (!branches) continue;
    for (const auto branch : branches->elements()) {
      collect_properties(found, root, branch, depth + 1);
    }
  }
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const auto& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

std::string type_text(const json::Value& root, const json::Value& schema, int depth) {
  const auto shape = shape_of(root, schema);
  if (shape.any || depth > k_depth_max) return "any";
  std::vector<std::string> parts;
  std::vector<std::string> choices;
  for (const auto& choice : shape.choices) choices.push_back(plain_text(choice));
  if (!choices.empty()) parts.push_back(joined(choices, " | "));
  if (shape.string) parts.emplace_back("string");
  if (shape.integer) parts.emplace_back("integer");
  if (shape.number) parts.emplace_back("number");
  if (shape.boolean) parts.emplace_back("boolean");
  if (shape.array) {
    const auto items = shape.items ? type_text(root, *shape.items, depth + 1) : "any";
    parts.push_back(items == "any" ? "list" : "list of " + items);
  }
  if (shape.object) parts.emplace_back("object");
  if (shape.null) parts.emplace_back("null");
  return joined(parts, " or ");
}

std::string example_of(const json::Value& root, const json::Value& schema) {
  if (const auto examples = schema.find("examples"); examples && examples->size() > 0) {
    return plain_text(*examples->elements().begin());
  }
  if (const auto value = present_member(schema, "default")) return plain_text(*value);
  const auto shape = shape_of(root, schema);
  if (!shape.choices.empty()) return plain_text(shape.choices.front());
  if (shape.string || shape.any) return "text";
  if (shape.integer || shape.number) return "1";
  if (shape.boolean) return "true";
  if (shape.array) return shape.items ? example_of(root, *shape.items) : "text";
  if (shape.object) return "{}";
  return "null";
}

}  // namespace

Shape shape_of(const json::Value& root, const json::Value& schema) {
  Shape shape;
  if (!collect(shape, root, schema, 0)) shape = Shape{.any = true};
  return shape;
}

std::vector<Property> properties_of(const json::Value& root, const json::Value& schema) {
  std::vector<Property> found;
  collect_properties(found, root, schema, 0);
  return found;
}

Additional additional_of(const json::Value& root, const json::Value& schema) {
  if (const auto additional = schema.find("additionalProperties")) {
    if (additional->as_bool() == false) return {Additional::Kind::refused};
    if (additional->is_object() && additional->size() > 0) {
      return {Additional::Kind::by_schema, additional};
    }
    return {Additional::Kind::free};
  }
  return {properties_of(root, schema).empty() ? Additional::Kind::free : Additional::Kind::refused};
}

std::vector<ParameterLine> describe_parameters(const json::Value& schema) {
  std::vector<ParameterLine> lines;
  for (const auto& property : properties_of(schema, schema)) {
    const auto value = property.schema.find("default");
    lines.push_back({.name = property.name,
                     .type = type_text(schema, property.schema, 0),
                     .required = property.required,
                     .default_text = value ? plain_text(*value) : "",
                     .description = text_member(property.schema, "description"),
                     .example = example_of(schema, property.schema)});
  }
  return lines;
}

}  // namespace collet::app
