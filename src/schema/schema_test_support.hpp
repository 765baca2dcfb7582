// What tests of the public interface begin with.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "collet/schema.hpp"
#include "json/document.hpp"

namespace collet {

inline Json json_of(std::string text) {
  auto parsed = Json::parse(std::move(text));
  if (!parsed) throw std::runtime_error(parsed.error().message);
  return *parsed;
}

inline Schema compiled(std::string text, SchemaOptions options = {}) {
  auto schema = Schema::compile(json_of(std::move(text)), std::move(options));
  if (!schema) throw std::runtime_error(schema.error().pointer + ": " + schema.error().message);
  return *schema;
}

inline SchemaError refusal(const std::string& text, SchemaOptions options = {}) {
  auto schema = Schema::compile(json_of(text), std::move(options));
  EXPECT_FALSE(schema) << text << " should not compile";
  return schema ? SchemaError{} : std::move(schema.error());
}

}  // namespace collet
