#include <utility>

#include "collet/json.hpp"
#include "json/document.hpp"

namespace collet {
namespace {

std::shared_ptr<const json::Document> share(json::Document document) {
  return std::make_shared<const json::Document>(std::move(document));
}

/// `{}` is by far the commonest value that nobody sent, so all of them share one immutable text.
const std::shared_ptr<const json::Document>& empty_object() {
  static const auto document = share(*json::Document::parse("{}"));
  return document;
}

}  // namespace

Json::Json() : document_(empty_object()) {}

Json::Json(std::shared_ptr<const json::Document> document, const json::Value& part)
    : document_(std::move(document)), index_(part.index()) {}

Result<Json> Json::parse(std::string text) {
  const json::ParseLimits limits;
  if (text.size() > limits.bytes_max) {
    return fail(ErrorCode::payload_too_large,
                "a JSON text of " + std::to_string(text.size()) + " bytes is longer than " +
                    std::to_string(limits.bytes_max) + " bytes",
                "send less, for example a path or a link instead of the content");
  }
  auto document = json::Document::parse(std::move(text), limits);
  if (!document) {
    return fail(ErrorCode::invalid_request,
                "malformed JSON at byte " + std::to_string(document.error().offset) + ": " +
                    document.error().message,
                "check the text with a JSON validator");
  }
  auto shared = share(std::move(*document));
  const auto root = shared->root();
  return Json(std::move(shared), root);
}

std::string Json::text() const {
  return json::compact(value());
}

bool Json::is_object() const {
  return value().is_object();
}

json::Value Json::value() const {
  return {document_->root().tape(), index_};
}

}  // namespace collet
