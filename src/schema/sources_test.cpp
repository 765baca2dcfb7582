#include "schema/sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/pointer.hpp"

namespace collet::schema {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using enum SchemaDraft;

using Texts = std::map<std::string, std::string, std::less<>>;

SchemaResolver from(Texts texts) {
  return [texts = std::move(texts)](std::string_view uri) -> std::optional<std::string> {
    const auto known = texts.find(uri);
    return known == texts.end() ? std::nullopt : std::optional(known->second);
  };
}

/// Sources of one schema, loaded.
class Loaded {
 public:
  explicit Loaded(std::string text, SchemaOptions options = {})
      : options_(std::move(options)), sources_(options_) {
    auto root = sources_.load_root(std::move(text));
    if (!root) throw std::runtime_error(root.error().pointer + ": " + root.error().message);
  }

  Sources& operator*() { return sources_; }
  Sources* operator->() { return &sources_; }

  /// The place in the schema itself that `pointer` names.
  Place at(std::string_view pointer) {
    json::Value value = sources_.value({0, 0});
    while (!pointer.empty()) {
      const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
      value = *json::child(value, *json::unescape_token(pointer.substr(1, end - 1)));
      pointer.remove_prefix(end);
    }
    return {0, value.index()};
  }
  /// Where `reference` leads from there, or the sentence that says why it leads nowhere.
  std::string leads(std::string_view from, std::string_view reference) {
    const auto place = sources_.resolve(at(from), reference);
    return place ? sources_.absolute_location(*place) : place.error().message;
  }

 private:
  SchemaOptions options_;
  Sources sources_;
};

/// "document pointer: sentence" of a schema that is refused while it is loaded.
std::string refusal_of(std::string text, SchemaOptions options = {}) {
  Sources sources(options);
  const auto root = sources.load_root(std::move(text));
  EXPECT_FALSE(root);
  return root ? "" : root.error().uri + root.error().pointer + ": " + root.error().message;
}

// ---- Resources

TEST(SourcesResources, BeginAtTheRootAndAtEveryIdentifier) {
  Loaded sources(R"({"$id":"http://h/a/main","properties":{
      "x":{"$id":"sub","items":{"$id":"deeper","type":"null"},"not":{}},"y":{}}})");
  const auto uri_at = [&](std::string_view pointer) {
    return sources->resources()[sources->resource_at(sources.at(pointer))].uri;
  };
  EXPECT_EQ(uri_at(""), "http://h/a/main");
  EXPECT_EQ(uri_at("/properties"), "http://h/a/main");
  EXPECT_EQ(uri_at("/properties/x"), "http://h/a/sub");
  EXPECT_EQ(uri_at("/properties/x/not"), "http://h/a/sub");
  EXPECT_EQ(uri_at("/properties/x/items"), "http://h/a/deeper");
  EXPECT_EQ(uri_at("/properties/x/items/type"), "http://h/a/deeper") << "a keyword's value";
  EXPECT_EQ(uri_at("/properties/y"), "http://h/a/main");
  EXPECT_EQ(sources->absolute_location(sources.at("/properties/x/not")), "http://h/a/sub#/not");
  EXPECT_EQ(sources->pointer(sources.at("/properties/x/not")), "/properties/x/not");
}

TEST(SourcesResources, AreNamedByTheBaseWhereNothingElseSaysSo) {
  Loaded sources(R"({"items":{"$id":"leaf.json"}})", {.base_uri = "file:///s/main.json#frag"});
  EXPECT_EQ(sources->resources()[0].uri, "file:///s/main.json");
  EXPECT_EQ(sources->resources()[1].uri, "file:///s/leaf.json");
}

TEST(SourcesResources, HaveIdentifiersOfTheirDialect) {
  Loaded old(R"({"items":{"id":"http://h/x","$id":"http://h/y"}})", {.draft = draft4});
  EXPECT_EQ(old->resources()[1].uri, "http://h/x");
  Loaded lone(R"({"items":{"$id":"http://h/x","$ref":"#"}})", {.draft = draft7});
  EXPECT_EQ(lone->resources().size(), 1U) << "what stands beside a lone reference does not count";
}

TEST(SourcesResources, MayBeOfDifferentDrafts) {
  Loaded sources(R"({"$defs":{"old":{"$id":"http://h/old",
      "$schema":"http://json-schema.org/draft-07/schema#"},
      "same":{"$schema":"http://json-schema.org/draft-07/schema#"}}})");
  EXPECT_EQ(sources->dialect_at(sources.at("/$defs/old")).draft, draft7);
  EXPECT_EQ(sources->dialect_at(sources.at("/$defs/same")).draft, draft2020_12)
      << "$schema counts at the root of a resource";
}

TEST(SourcesResources, OfOneNameAreOneSchema) {
  EXPECT_EQ(refusal_of(R"({"allOf":[{"$id":"http://h/a"},{"$id":"http://h/a","minimum":1}]})"),
            R"(/allOf/1/$id: the identifier "http://h/a" names two different schemas)");
  Loaded twice(R"({"allOf":[{"$id":"http://h/a"},{"$id":"http://h/a"}]})");
  EXPECT_EQ(refusal_of(R"({"$id":"http://h/a#b"})"),
            R"(/$id: $id must not have a fragment; use $anchor; got "http://h/a#b")");
  Loaded empty_fragment(R"({"$id":"http://h/a#"})");
}

// ---- Anchors

TEST(SourcesAnchors, BelongToTheirResource) {
  Loaded sources(R"({"$id":"http://h/a","$anchor":"top","$defs":{
      "x":{"$anchor":"here"},"y":{"$id":"b","$anchor":"here","items":{"$dynamicAnchor":"d"}}}})");
  EXPECT_EQ(sources.leads("", "#top"), "http://h/a#");
  EXPECT_EQ(sources.leads("", "#here"), "http://h/a#/$defs/x");
  EXPECT_EQ(sources.leads("/$defs/y", "#here"), "http://h/b#");
  EXPECT_EQ(sources.leads("", "b#d"), "http://h/b#/items");
  EXPECT_EQ(sources.leads("", "#d"), R"("#d" cannot be resolved: there is no anchor of that name)");
}

TEST(SourcesAnchors, NameOneSubschemaEach) {
  EXPECT_EQ(refusal_of(R"({"items":{"$anchor":"a"},"contains":{"$anchor":"a"}})"),
            R"(/contains/$anchor: the anchor "a" names two subschemas of one resource)");
  EXPECT_EQ(refusal_of(R"({"$anchor":"a","contains":{"$dynamicAnchor":"a"}})"),
            R"(/contains/$dynamicAnchor: the anchor "a" names two subschemas of one resource)");
  EXPECT_EQ(refusal_of(R"({"not":{"$id":"#a"},"items":{"$id":"#a"}})", {.draft = draft7}),
            R"(/items/$id: the anchor "a" names two subschemas of one resource)");
  EXPECT_EQ(refusal_of(R"({"not":{"id":"#a"},"items":{"id":"#a"}})", {.draft = draft4}),
            R"(/items/id: the anchor "a" names two subschemas of one resource)");
  Loaded both(R"({"$anchor":"a","$dynamicAnchor":"a"})");
  Loaded apart(R"({"$anchor":"a","contains":{"$id":"http://h/b","$anchor":"a"}})");
  Loaded ignored(R"({"$anchor":"a","contains":{"$anchor":"a"}})", {.draft = draft7});
}

TEST(SourcesAnchors, HaveAForm) {
  EXPECT_EQ(refusal_of(R"({"$anchor":"1"})"),
            R"(/$anchor: $anchor must be a letter or "_" and then letters, digits, "-", "_" and )"
            R"("."; got "1")");
  EXPECT_THAT(refusal_of(R"({"$dynamicAnchor":"a b"})"), HasSubstr("/$dynamicAnchor: "));
}

// ---- References

TEST(SourcesReferences, LeadToPlacesByPointer) {
  Loaded sources(
      R"({"$id":"http://h/a","$defs":{"a/b":{},"c~d":{"allOf":[{},{"not":{}}]},"e%f":{}}})");
  EXPECT_EQ(sources.leads("", "#"), "http://h/a#");
  EXPECT_EQ(sources.leads("", "#/$defs/a~1b"), "http://h/a#/$defs/a~1b");
  EXPECT_EQ(sources.leads("", "#/$defs/c~0d/allOf/1/not"), "http://h/a#/$defs/c~0d/allOf/1/not");
  EXPECT_EQ(sources.leads("", "#/$defs/e%25f"), "http://h/a#/$defs/e%25f");
  EXPECT_EQ(sources.leads("", "http://h/a#/$defs"), "http://h/a#/$defs");
  for (const char* const nowhere :
       {"#/gone", "#/$defs/", "#/$defs/c~0d/allOf/2", "#/$defs/c~0d/allOf/01",
        "#/$defs/c~0d/allOf/-", "#/$defs/~2"}) {
    EXPECT_EQ(sources.leads("", nowhere),
              "\"" + std::string(nowhere) + "\" cannot be resolved: the pointer leads nowhere");
  }
}

TEST(SourcesReferences, AreFoundAmongManyMembers) {
  std::string text = R"({"$defs":{"d0":{"title":"first"})";
  for (int i = 1; i < 100; ++i) text += ",\"d" + std::to_string(i) + "\":{}";
  Loaded sources(text + R"(,"d0":{"title":"last"}}})");
  EXPECT_EQ(sources.leads("", "#/$defs/d99"), "#/$defs/d99");
  EXPECT_THAT(sources.leads("", "#/$defs/d100"), HasSubstr("leads nowhere"));
  const auto repeated = sources->resolve({0, 0}, "#/$defs/d0");
  ASSERT_TRUE(repeated);
  EXPECT_EQ(sources->value(*repeated).find("title")->as_string(), "last");
}

TEST(SourcesReferences, MakeASchemaOfWhatTheyLeadTo) {
  Loaded sources(R"({"components":{"a":{"required":["x","x"],"items":{"minLength":1}},
      "wrong":{"not":{"minLength":"x"}},"text":5}})");
  EXPECT_EQ(sources.leads("", "#/components/a"), "#/components/a")
      << "its metaschema does not judge it";
  EXPECT_EQ(sources.leads("", "#/components/wrong"),
            R"(minLength must be a non-negative integer; got "x")");
  EXPECT_EQ(sources.leads("", "#/components/text"),
            "a schema must be an object or a boolean, not a number");
}

TEST(SourcesReferences, LeadToDocumentsThatTheResolverGives) {
  std::vector<std::string> asked;
  const SchemaResolver resolver = [&](std::string_view uri) -> std::optional<std::string> {
    asked.emplace_back(uri);
    if (uri == "http://h/b") return R"({"$defs":{"x":{"$ref":"c"}}})";
    return std::nullopt;
  };
  Loaded sources(R"({"$ref":"b"})", {.base_uri = "http://h/a", .resolver = resolver});
  EXPECT_EQ(sources.leads("", "b#/$defs/x"), "http://h/b#/$defs/x");
  EXPECT_EQ(sources.leads("", "b"), "http://h/b#");
  EXPECT_THAT(asked, ElementsAre("http://h/b")) << "once";
  EXPECT_EQ(sources.leads("", "c"),
            R"("c" cannot be resolved: nothing is known of "http://h/c"; schemas are never )"
            "fetched from the network: put the definition into the schema itself");
  EXPECT_THAT(sources->resolved_texts(),
              ElementsAre(Pair("http://h/b", R"({"$defs":{"x":{"$ref":"c"}}})")));
}

TEST(SourcesReferences, LeadToTheMetaschemasByThemselves) {
  Loaded sources("{}");
  EXPECT_EQ(sources.leads("", "https://json-schema.org/draft/2020-12/meta/validation#/$defs"),
            "https://json-schema.org/draft/2020-12/meta/validation#/$defs");
  EXPECT_THAT(sources->resolved_texts(), IsEmpty());
}

TEST(SourcesReferences, TellWhatIsWrongWithADocument) {
  Loaded sources("{}", {.resolver = from({{"http://h/torn", "{\"a\":"},
                                          {"http://h/wrong", R"({"items":{"type":"x"}})"},
                                          {"http://h/number", "5"}})});
  EXPECT_THAT(sources.leads("", "http://h/torn"),
              HasSubstr(R"(cannot be resolved: "http://h/torn" is not usable: )"));
  EXPECT_THAT(sources.leads("", "http://h/wrong"),
              HasSubstr(R"("http://h/wrong" is not usable: /items/type: type must be one of)"));
  EXPECT_THAT(sources.leads("", "http://h/number"),
              HasSubstr("is not usable: a schema must be an object or a boolean, not a number"));
}

// ---- Resolvers

TEST(SourcesResolver, MaySayWhyItGivesNothing) {
  Loaded sources("{}", {.resolver = [](std::string_view) {
                   return std::expected<std::optional<std::string>, std::string>(
                       std::unexpect, "only files below the folder are read");
                 }});
  EXPECT_EQ(sources.leads("", "http://h/a"),
            R"("http://h/a" cannot be resolved: only files below the folder are read)");
}

TEST(SourcesResolver, MayThrow) {
  Loaded sources("{}", {.resolver = [](std::string_view) -> std::optional<std::string> {
                   throw std::runtime_error("the disk\nis on fire");
                 }});
  EXPECT_EQ(sources.leads("", "http://h/a"),
            R"("http://h/a" cannot be resolved: the resolver failed for "http://h/a": the disk is )"
            "on fire");
  Loaded odd("{}", {.resolver = [](std::string_view) -> std::optional<std::string> { throw 5; }});
  EXPECT_THAT(odd.leads("", "http://h/a"),
              HasSubstr("it threw something that is no std::exception"));
  EXPECT_THAT(
      refusal_of(R"({"$schema":"http://h/meta"})",
                 {.resolver = [](std::string_view) -> std::optional<std::string> {
                   throw std::runtime_error("no");
                 }}),
      HasSubstr("/$schema: $schema names a dialect that cannot be read: the resolver failed "
                "for \"http://h/meta\": no"));
}

// ---- Dialects of one's own

TEST(SourcesDialects, AreReadFromTheirMetaschema) {
  Loaded sources(R"({"$schema":"http://h/meta"})",
                 {.resolver = from({{"http://h/meta",
                                     R"({"$schema":"https://json-schema.org/draft/2019-09/schema",
          "$vocabulary":{"https://json-schema.org/draft/2019-09/vocab/core":true,
                         "https://json-schema.org/draft/2019-09/vocab/format":true}})"}})});
  const Dialect& dialect = sources->dialect_at({0, 0});
  EXPECT_EQ(dialect.draft, draft2019_09);
  EXPECT_TRUE(dialect.asserts_format);
  EXPECT_FALSE(dialect.has(Vocabulary::validation));
  EXPECT_TRUE(sources->asserts_format({0, 0}));
}

TEST(SourcesDialects, AreRefusedWithAReason) {
  EXPECT_EQ(
      refusal_of(R"({"$schema":"http://h/meta"})"),
      R"(/$schema: $schema names a dialect that is not known: "http://h/meta"; the drafts 4, )"
      "6, 7, 2019-09 and 2020-12 are");
  EXPECT_THAT(refusal_of(R"({"$schema":"http://h/meta"})",
                         {.resolver = from({{"http://h/meta", "nonsense"}})}),
              HasSubstr(R"($schema names a dialect that cannot be read: "http://h/meta" is not )"
                        "usable: "));
  EXPECT_EQ(
      refusal_of(R"({"$schema":"http://h/meta"})",
                 {.resolver = from({{"http://h/meta", R"({"$vocabulary":{"http://v":true}})"}})}),
      R"(/$schema: the dialect "http://h/meta" needs the vocabulary "http://v", which is )"
      "not known");
}

TEST(SourcesDialects, MayNameEachOtherInACircle) {
  Loaded sources(R"({"$schema":"http://h/a"})",
                 {.draft = draft7,
                  .resolver = from({{"http://h/a", R"({"$schema":"http://h/b"})"},
                                    {"http://h/b", R"({"$schema":"http://h/a"})"}})});
  EXPECT_EQ(sources->dialect_at({0, 0}).draft, draft7) << "that of the options";
}

TEST(SourcesDialects, SayWhetherFormatsAreAsserted) {
  const auto asserts = [](SchemaFormats formats, SchemaDraft draft) {
    return Loaded("{}", {.draft = draft, .formats = formats})->asserts_format({0, 0});
  };
  EXPECT_TRUE(asserts(SchemaFormats::enforce, draft2020_12));
  EXPECT_FALSE(asserts(SchemaFormats::annotate, draft7));
  EXPECT_TRUE(asserts(SchemaFormats::as_dialect_says, draft7));
  EXPECT_FALSE(asserts(SchemaFormats::as_dialect_says, draft2020_12));
}

// ---- Dynamic references

TEST(SourcesDynamicNames, AreThoseOfDynamicAnchorsOnly) {
  Loaded sources(R"({"$dynamicAnchor":"node","$defs":{"plain":{"$anchor":"leaf"}}})");
  const auto name = [&](std::string_view reference) {
    const Place to = *sources->resolve({0, 0}, reference);
    return sources->dynamic_name(Keyword::dynamic_ref, reference, to);
  };
  EXPECT_EQ(name("#node"), "node");
  EXPECT_EQ(name("#n%6Fde"), "node");
  EXPECT_EQ(name("#leaf"), std::nullopt);
  EXPECT_EQ(name("#"), std::nullopt) << "no anchor is named";
  EXPECT_EQ(name("#/$defs/plain"), std::nullopt);
}

TEST(SourcesDynamicNames, AreEmptyForRecursiveAnchors) {
  Loaded sources(
      R"({"$recursiveAnchor":true,"$defs":{"x":{"$id":"x"},"y":{"$recursiveAnchor":true}}})",
      {.draft = draft2019_09, .base_uri = "http://h/a"});
  EXPECT_EQ(sources->dynamic_name(Keyword::recursive_ref, "#", {0, 0}), "");
  EXPECT_EQ(sources->dynamic_name(Keyword::recursive_ref, "#", sources.at("/$defs/x")),
            std::nullopt);
}

// ---- Errors

TEST(SourcesErrors, NameTheDocumentWhereItIsNotTheSchemaItself) {
  Loaded sources(R"({"items":{}})", {.resolver = from({{"http://h/b", R"({"not":{}})"}})});
  const SchemaError here = sources->error(sources.at("/items"), "wrong");
  EXPECT_EQ(here.pointer, "/items");
  EXPECT_EQ(here.uri, "");
  const SchemaError there = sources->error(*sources->resolve({0, 0}, "http://h/b#/not"), "wrong");
  EXPECT_EQ(there.pointer, "/not");
  EXPECT_EQ(there.uri, "http://h/b");
  EXPECT_EQ(there.message, "wrong");
}

TEST(SourcesErrors, OfTheTextNameTheByte) {
  EXPECT_THAT(refusal_of("{\"a\":}"), HasSubstr(" at byte 5"));
}

}  // namespace
}  // namespace collet::schema
