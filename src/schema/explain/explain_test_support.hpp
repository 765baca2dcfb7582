// Explains an instance in one call, for tests.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/explain/explain.hpp"

namespace collet::schema {

/// A schema, an instance, and what explain() says of them.
class Explained {
 public:
  Explained(std::string schema, std::string instance, SchemaOptions options = {},
            ExplainOptions how = {})
      : options_(std::move(options)), sources_(options_), how_(std::move(how)) {
    const auto root = sources_.load_root(std::move(schema));
    EXPECT_TRUE(root) << (root ? "" : root.error().pointer + ": " + root.error().message);
    auto document = json::Document::parse(std::move(instance));
    EXPECT_TRUE(document);
    instance_.emplace(std::move(*document));
    explanation_.emplace(Explanation{.instance = instance_->root()});
    if (root) explanation_ = explain(sources_, *root, patterns_, instance_->root(), how_);
  }
  Explained(const Explained&) = delete;
  Explained& operator=(const Explained&) = delete;

  [[nodiscard]] const Explanation& operator*() const { return *explanation_; }
  [[nodiscard]] const Explanation* operator->() const { return &*explanation_; }
  [[nodiscard]] std::vector<Violation> violations(std::uint32_t most = 32) const {
    return violations_of(*explanation_, most);
  }
  /// The sentences, one on a line.
  [[nodiscard]] std::string sentences() const {
    std::string lines;
    for (const Violation& violation : violations()) {
      if (!lines.empty()) lines += '\n';
      lines += violation.message;
    }
    return lines;
  }

 private:
  SchemaOptions options_;
  Sources sources_;
  Patterns patterns_;
  ExplainOptions how_;
  std::optional<json::Document> instance_;
  std::optional<Explanation> explanation_;
};

}  // namespace collet::schema
