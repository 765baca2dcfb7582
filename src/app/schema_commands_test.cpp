// What `collet schema …` prints, letter by letter.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_fixture.hpp"

namespace collet::app {
namespace {

class SchemaCommandsTest : public AppTest {
 protected:
  SchemaCommandsTest() {
    write("note.json", R"({"type":"object","properties":{"title":{"type":"string"},)"
                       R"("priority":{"enum":["low","high"]}},"required":["title"]})");
    write("invalid.json", R"({"properties":{"n":{"minLength":-1}}})");
    write("good.json", R"({"title":"x","priority":"low"})");
    write("bad.json", R"({"title":7,"priority":"urgent"})");
    write("broken.json", "{'title':1}");
  }
  [[nodiscard]] std::string file(std::string_view name) const { return (data_dir / name).string(); }
};

TEST_F(SchemaCommandsTest, CheckSaysValidAndTheDraft) {
  EXPECT_EQ(run({"schema", "check", file("note.json")}), 0);
  EXPECT_EQ(terminal.out_text, "valid, draft 2020-12\n");
  EXPECT_EQ(run({"schema", "check", file("note.json"), "--json"}), 0);
  EXPECT_EQ(terminal.out_text, "{\"valid\":true,\"draft\":\"2020-12\"}\n");
  EXPECT_TRUE(requests.empty()) << "no daemon is asked";
}

TEST_F(SchemaCommandsTest, TheDraftIsAskedForOrNamedByTheSchema) {
  for (const std::string draft : {"4", "6", "7", "2019-09", "2020-12"}) {
    EXPECT_EQ(run({"schema", "check", "--draft", draft, file("note.json")}), 0);
    EXPECT_EQ(terminal.out_text, "valid, draft " + draft + "\n");
  }
  terminal.input = R"({"$schema":"https://json-schema.org/draft/2020-12/schema"})";
  EXPECT_EQ(run({"schema", "check", "--draft", "7", "-"}), 0);
  EXPECT_EQ(terminal.out_text, "valid, draft 2020-12\n");
  EXPECT_EQ(run({"schema", "check", "--draft", "5", file("note.json")}), 2);
}

TEST_F(SchemaCommandsTest, CheckSaysWhereASchemaIsInvalid) {
  EXPECT_EQ(run({"schema", "check", file("invalid.json")}), 1);
  EXPECT_EQ(
      terminal.out_text,
      "invalid at /properties/n/minLength: minLength must be a non-negative integer; got -1\n");
  EXPECT_EQ(terminal.err_text, "");
  EXPECT_EQ(run({"schema", "check", file("invalid.json"), "--json"}), 1);
  EXPECT_EQ(terminal.out_text, R"({"valid":false,"schemaPointer":"/properties/n/minLength",)"
                               R"("message":"minLength must be a non-negative integer; got -1"})"
                               "\n");
}

TEST_F(SchemaCommandsTest, ValidateSaysValid) {
  EXPECT_EQ(run({"schema", "validate", file("note.json"), file("good.json")}), 0);
  EXPECT_EQ(terminal.out_text, "valid\n");
  EXPECT_EQ(run({"schema", "validate", file("note.json"), file("good.json"), "--json"}), 0);
  EXPECT_EQ(terminal.out_text, "{\"valid\":true,\"violations\":[]}\n");
}

TEST_F(SchemaCommandsTest, ValidateListsTheViolations) {
  EXPECT_EQ(run({"schema", "validate", file("note.json"), file("bad.json")}), 1);
  EXPECT_EQ(terminal.out_text,
            "invalid: 2 violations\n"
            "  /title must be a string; got 7 (a number)\n"
            "  /priority must be one of low, high; got \"urgent\"\n");
  EXPECT_EQ(terminal.err_text, "");
  EXPECT_EQ(run({"schema", "validate", file("note.json"), file("bad.json"), "--json"}), 1);
  EXPECT_EQ(
      terminal.out_text,
      R"x({"valid":false,"violations":[{"instancePointer":"/title","schemaPointer":"/properties/title/type",)x"
      R"x("keyword":"type","message":"/title must be a string; got 7 (a number)"},)x"
      R"x({"instancePointer":"/priority","schemaPointer":"/properties/priority/enum","keyword":"enum",)x"
      R"x("message":"/priority must be one of low, high; got \"urgent\""}]})x"
      "\n");
}

TEST_F(SchemaCommandsTest, ValidateReadsStandardInput) {
  terminal.input = R"({"title":""})";
  EXPECT_EQ(run({"schema", "validate", file("note.json"), "-"}), 0);
  terminal.input = "true";
  EXPECT_EQ(run({"schema", "validate", "-", file("bad.json")}), 0);
  EXPECT_EQ(run({"schema", "validate", "-", "-"}), 2);
  EXPECT_EQ(terminal.err_text, "error: only one of schema and instance can be standard input\n");
}

TEST_F(SchemaCommandsTest, ValidateSpeaksTheSpecificationsFormats) {
  EXPECT_EQ(run({"schema", "validate", file("note.json"), file("good.json"), "--output", "flag"}),
            0);
  EXPECT_EQ(terminal.out_text, "{\"valid\":true}\n");
  EXPECT_EQ(run({"schema", "validate", file("note.json"), file("bad.json"), "--output", "flag"}),
            1);
  EXPECT_EQ(terminal.out_text, "{\"valid\":false}\n");
  for (const auto* form : {"basic", "detailed"}) {
    EXPECT_EQ(run({"schema", "validate", file("note.json"), file("bad.json"), "--output", form}),
              1);
    EXPECT_THAT(terminal.out_text, testing::StartsWith("{\"valid\":false,"));
    EXPECT_THAT(terminal.out_text, testing::HasSubstr("\"instanceLocation\":\"/priority\""));
  }
  EXPECT_EQ(run({"schema", "validate", file("note.json"), file("bad.json"), "--output", "xml"}), 2);
}

TEST_F(SchemaCommandsTest, FormatsAreJudgedWhereAskedFor) {
  write("date.json", R"({"format":"date"})");
  write("text.json", R"("tomorrow")");
  EXPECT_EQ(run({"schema", "validate", file("date.json"), file("text.json")}), 0);
  EXPECT_EQ(run({"schema", "validate", file("date.json"), file("text.json"), "--formats"}), 1);
  EXPECT_EQ(run({"schema", "validate", file("date.json"), file("text.json"), "--draft", "7"}), 1);
}

TEST_F(SchemaCommandsTest, WhatCannotBeReadOrIsNoJsonIsAUsageError) {
  EXPECT_EQ(run({"schema", "check", "/no/such"}), 2);
  EXPECT_EQ(terminal.err_text, "error: /no/such cannot be read: No such file or directory\n");
  EXPECT_EQ(run({"schema", "check", file("broken.json")}), 2);
  EXPECT_THAT(terminal.err_text, testing::StartsWith("error: " + file("broken.json") +
                                                     ": malformed JSON at byte 1: "));
  EXPECT_EQ(run({"schema", "validate", file("note.json"), file("broken.json")}), 2);
  EXPECT_EQ(run({"schema", "validate", file("broken.json"), file("good.json")}), 2);
  EXPECT_EQ(run({"schema", "validate", file("note.json"), "/dev/zero"}), 2);
  terminal.input = "{";
  EXPECT_EQ(run({"schema", "check", "-"}), 2);
  EXPECT_THAT(terminal.err_text, testing::StartsWith("error: standard input: malformed JSON"));
  EXPECT_EQ(run({"schema", "validate", file("note.json")}), 2);
  EXPECT_EQ(terminal.out_text, "");
}

TEST_F(SchemaCommandsTest, NothingIsJudgedByAnInvalidSchema) {
  EXPECT_EQ(run({"schema", "validate", file("invalid.json"), file("good.json")}), 2);
  EXPECT_EQ(terminal.out_text, "");
  EXPECT_EQ(terminal.err_text,
            "error: the schema in " + file("invalid.json") +
                " is invalid at /properties/n/minLength: minLength must be a non-negative "
                "integer; got -1\n"
                "  hint: mend the schema first; `collet schema check` looks at it alone\n");
}

TEST_F(SchemaCommandsTest, ReferencesAreFilesBelowTheSchemasFolder) {
  std::filesystem::create_directories(data_dir / "a b/sub");
  write("a b/sub/part%1.json", R"({"type":"integer"})");
  write("outside.json", "{}");
  std::filesystem::create_symlink(data_dir / "outside.json", data_dir / "a b/link.json");
  const auto code = [&](const std::string& reference) {
    write("a b/root.json", R"({"$ref":")" + reference + "\"}");
    return run({"schema", "check", file("a b/root.json")});
  };
  EXPECT_EQ(code("sub/part%251.json"), 0) << terminal.out_text;
  EXPECT_EQ(code("./sub/../sub/part%251.json"), 0) << terminal.out_text;
  terminal.input = "\"x\"";
  write("a b/root.json", R"({"$ref":"sub/part%251.json"})");
  EXPECT_EQ(run({"schema", "validate", file("a b/root.json"), "-"}), 1);

  EXPECT_EQ(code("../outside.json"), 1);
  EXPECT_EQ(code("link.json"), 1) << "a link does not lead out either";
  EXPECT_EQ(code("file://" + file("outside.json")), 1);
  EXPECT_EQ(code("absent.json"), 1);
  EXPECT_EQ(code("sub"), 1);
  EXPECT_EQ(code("https://example.com/schema.json"), 1);
  EXPECT_THAT(terminal.out_text, testing::HasSubstr("https://example.com/schema.json"));
  terminal.input = R"({"$ref":"note.json"})";
  EXPECT_EQ(run({"schema", "check", "-"}), 1) << "standard input has no folder";
}

}  // namespace
}  // namespace collet::app
