// The OpenAPI document of the REST API: src/api/openapi.json, built in.
#pragma once

#include <string_view>

namespace collet::api {

extern const std::string_view k_openapi_document;

}  // namespace collet::api
