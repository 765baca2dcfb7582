#include "api/routes.hpp"

#include <gtest/gtest.h>

#include <array>

namespace collet::api {
namespace {

constexpr auto k_table = std::to_array<Route>({
    {"GET", "/healthz"},
    {"GET", "/api/plugins"},
    {"GET", "/api/plugins/tools"},
    {"GET", "/api/plugins/:id"},
    {"DELETE", "/api/plugins/:id"},
    {"POST", "/api/plugins/:id/enable"},
    {"POST", "/api/plugins/:id/data/:key"},
});

std::string found(std::string_view method, std::string_view path) {
  const auto match = match_route(k_table, method, path);
  if (!match) return std::string(describe(match.error().code).name);
  return std::to_string(match->index) + (match->id.empty() ? "" : " " + match->id) +
         (match->key.empty() ? "" : " " + match->key);
}

TEST(Routes, LiteralsWinOverIds) {
  EXPECT_EQ(found("GET", "/api/plugins"), "1");
  EXPECT_EQ(found("GET", "/api/plugins/tools"), "2");
  EXPECT_EQ(found("GET", "/api/plugins/acme.x"), "3 acme.x");
  EXPECT_EQ(found("DELETE", "/api/plugins/acme.x"), "4 acme.x");
  EXPECT_EQ(found("DELETE", "/api/plugins/tools"), "method_not_allowed");
  EXPECT_EQ(found("POST", "/api/plugins/acme.x/enable"), "5 acme.x");
}

TEST(Routes, HeadIsGet) {
  EXPECT_EQ(found("HEAD", "/healthz"), "0");
}

TEST(Routes, ASlashAtTheEndDoesNotMatter) {
  EXPECT_EQ(found("GET", "/api/plugins/"), "1");
  EXPECT_EQ(found("GET", "/api/plugins/acme.x/"), "3 acme.x");
}

TEST(Routes, IdsAreDecoded) {
  EXPECT_EQ(found("GET", "/api/plugins/acme%2Ex"), "3 acme.x");
  EXPECT_EQ(found("GET", "/api/plugins/acme%2"), "invalid_request");
  EXPECT_EQ(found("POST", "/api/plugins/acme%2Ex/data/a%20b"), "6 acme.x a b");
  EXPECT_EQ(found("POST", "/api/plugins/acme.x/data/%zz"), "invalid_request");
}

TEST(Routes, WhatIsNotThereIsNotFound) {
  for (const auto* path :
       {"/", "", "/api", "/api/plugin", "/api/pluginsx", "/api/plugins//", "/api/plugins/x/y",
        "/api/plugins/x/data/", "/api/plugins/x/enable/y", "healthz"}) {
    EXPECT_EQ(found("GET", path), "not_found") << path;
  }
}

TEST(Routes, OtherMethodsAreNamed) {
  EXPECT_EQ(found("PUT", "/api/plugins/acme.x"), "method_not_allowed");
  EXPECT_EQ(allowed_methods(k_table, "/api/plugins/acme.x"), "GET, HEAD, DELETE");
  EXPECT_EQ(allowed_methods(k_table, "/api/plugins/tools"), "GET, HEAD");
  EXPECT_EQ(match_route(k_table, "GET", "/api/plugins/x/enable").error().remedy, "it takes POST");
}

}  // namespace
}  // namespace collet::api
