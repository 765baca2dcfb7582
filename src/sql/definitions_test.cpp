#include "sql/definitions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collet::sql {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;

struct Line {
  std::string operator()(const Run& run) const { return run.text; }
  std::string operator()(const Prepare& prepare) const { return "prepare " + prepare.text; }
  std::string operator()(const AddColumn& add) const {
    return add.text + (add.condition == Condition::if_missing ? " unless there" : "") +
           (add.following > 0 ? " with " + std::to_string(add.following) : "");
  }
  std::string operator()(const EditTable& edit) const {
    static constexpr std::string_view kinds[] = {
        "add constraint", "drop constraint", "set not null", "drop not null",
        "set default",    "drop default",    "set type"};
    return "edit " + edit.table + ": " + std::string(kinds[static_cast<int>(edit.edit.kind)]) +
           (edit.edit.name.empty() ? "" : " " + edit.edit.name) +
           (edit.edit.text.empty() ? "" : " " + edit.edit.text) +
           (edit.check.query.empty()                    ? ""
            : edit.check.when == RowCheck::When::before ? "; check before: " + edit.check.query
                                                        : "; check " + edit.check.query);
  }
  std::string operator()(const DropNamedConstraint& drop) const {
    return "drop constraint " + drop.name + " of " + drop.table +
           (drop.condition == Condition::if_there ? " if there" : "");
  }
};

class DefinitionsTest : public testing::Test {
 protected:
  // Each step as a line, or the error.
  std::vector<std::string> steps(std::string_view sql) {
    const auto tokens = tokenize(sql);
    if (!tokens) return {"error: " + tokens.error().message};
    EXPECT_TRUE(is_definition(*tokens));
    const auto found = translate_definition(*tokens, scope);
    if (!found) return {"error: " + found.error().message};
    std::vector<std::string> lines;
    for (const auto& step : *found) lines.push_back(std::visit(Line(), step));
    return lines;
  }

  Scope scope{.name_space = "plugin_x_1", .catalog = {.columns = {{"tags", Type::array}}}};
};

TEST_F(DefinitionsTest, ATableHasTypesThatKeepValuesAsTheyAre) {
  EXPECT_THAT(
      steps("CREATE TABLE plugin_x_1.notes (id uuid PRIMARY KEY, n bigint NOT NULL DEFAULT 0, "
            "title varchar(200) NOT NULL, data jsonb NOT NULL DEFAULT '{}'::jsonb, tags text[] NOT "
            "NULL DEFAULT '{a}', list text[] DEFAULT ARRAY[]::text[], open boolean DEFAULT false, "
            "at timestamp with time zone DEFAULT now(), price numeric(10, 2), x double precision, "
            "due date, other vector(3))"),
      ElementsAre(
          "prepare select (pg_array(json_array()))", "prepare select (now())",
          R"(create table "notes" ("id" uuid text not null primary key, )"
          R"("n" bigint not null default (0), "title" text not null, )"
          R"("data" jsonb text not null default ('{}'), "tags" array text not null default ('["a"]'), )"
          R"("list" array text default (pg_array(json_array())), "open" boolean default (false), )"
          R"("at" timestamptz text default (now()), "price" numeric, "x" double, "due" date text, )"
          R"("other" text))"));
}

TEST_F(DefinitionsTest, ColumnsThatCountByThemselvesAreThePrimaryKey) {
  const std::string id = R"("id" integer primary key autoincrement)";
  EXPECT_THAT(steps("CREATE TABLE t (id bigserial PRIMARY KEY)"),
              ElementsAre("create table \"t\" (" + id + ")"));
  EXPECT_THAT(steps("CREATE TABLE t (id serial, PRIMARY KEY (id))"),
              ElementsAre("create table \"t\" (" + id + ")"));
  EXPECT_THAT(steps("CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY (START 1) PRIMARY KEY, "
                    "b int GENERATED ALWAYS AS (id * 2) STORED)"),
              ElementsAre("create table \"t\" (" + id +
                          R"(, "b" integer generated always as (id * 2) stored))"));
  EXPECT_THAT(steps("CREATE TABLE t (id serial, x int PRIMARY KEY)"),
              ElementsAre("error: column \"id\" counts by itself and is not the primary key; only "
                          "that one can"));
}

TEST_F(DefinitionsTest, ConstraintsHaveTheNamesThatPostgresGivesThem) {
  EXPECT_THAT(
      steps("CREATE TABLE IF NOT EXISTS notes (a text UNIQUE, b text CHECK (b IN ('x')), c uuid "
            "REFERENCES plugin_x_1.other(id) ON DELETE SET NULL, d uuid REFERENCES "
            "public.issues(id) ON DELETE CASCADE, PRIMARY KEY (a, b), UNIQUE (b, c), CONSTRAINT "
            "mine UNIQUE (c), CHECK (a <> b), FOREIGN KEY (a, b) REFERENCES other (x, y))"),
      ElementsAre(
          R"(create table if not exists "notes" ("a" text not null, "b" text not null, )"
          R"("c" uuid text, "d" uuid text, primary key ("a", "b"), )"
          R"(constraint "notes_b_check" check (b in ('x')), )"
          R"(constraint "notes_c_fkey" foreign key ("c") references "other" ("id") on delete set null, )"
          R"(constraint "notes_check" check (a <> b), )"
          R"(constraint "notes_a_b_fkey" foreign key ("a", "b") references "other" ("x", "y")))",
          R"(create unique index if not exists "notes_b_c_key" on "notes" ("b", "c"))",
          R"(create unique index if not exists "mine" on "notes" ("c"))",
          R"(create unique index if not exists "notes_a_key" on "notes" ("a"))"));
}

TEST(ObjectName, IsCutAsPostgresCutsIt) {
  EXPECT_EQ(object_name("t", "a_b", "key"), "t_a_b_key");
  EXPECT_EQ(object_name("t", "", "check"), "t_check");
  EXPECT_EQ(object_name("paperclip_distillation_cursors",
                        "company_id_wiki_id_source_scope_scope_key_source_kind", "key"),
            "paperclip_distillation_cursor_company_id_wiki_id_source_sco_key");
  EXPECT_EQ(
      object_name("paperclip_distillation_work_items", "company_id_wiki_id_idempotency_key", "key"),
      "paperclip_distillation_work_i_company_id_wiki_id_idempotenc_key");
}

TEST_F(DefinitionsTest, Indexes) {
  EXPECT_THAT(steps("CREATE INDEX notes_idx ON plugin_x_1.notes (company_id, created_at DESC NULLS "
                    "LAST) WHERE open"),
              ElementsAre(R"(create index "notes_idx" on "notes" (company_id, created_at desc) )"
                          R"(where open)"));
  EXPECT_THAT(steps("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON notes USING btree "
                    "(lower(title) text_pattern_ops, (data->>'k')) INCLUDE (x)"),
              ElementsAre(R"(create unique index if not exists "i" on "notes" (lower(title), )"
                          R"((pg_json_get_text(data, 'k'))))"));
  EXPECT_THAT(steps("CREATE INDEX ON notes (a, lower(b))"),
              ElementsAre(R"(create index "notes_a_expr_idx" on "notes" (a, lower(b)))"));
  EXPECT_THAT(steps("CREATE INDEX i ON notes USING gin (data jsonb_path_ops)"), IsEmpty());
}

TEST_F(DefinitionsTest, ViewsAndDrops) {
  EXPECT_THAT(steps("CREATE OR REPLACE VIEW plugin_x_1.v AS SELECT count(*) FROM plugin_x_1.notes"),
              ElementsAre(R"(drop view if exists "v")",
                          R"(create view "v" as select count(*) as "count" from notes)"));
  EXPECT_THAT(steps("CREATE TABLE t AS SELECT 1 AS a"),
              ElementsAre(R"(create table "t" as select 1 as a)"));
  EXPECT_THAT(steps("DROP TABLE IF EXISTS plugin_x_1.a, b CASCADE"),
              ElementsAre(R"(drop table if exists "a")", R"(drop table if exists "b")"));
  EXPECT_THAT(steps("TRUNCATE TABLE a RESTART IDENTITY CASCADE"),
              ElementsAre(R"(delete from "a")"));
}

TEST_F(DefinitionsTest, WhatSqliteNeedsNothingOf) {
  EXPECT_THAT(steps("COMMENT ON TABLE plugin_x_1.notes IS 'x'"), IsEmpty());
  EXPECT_THAT(steps("CREATE SCHEMA IF NOT EXISTS plugin_x_1"), IsEmpty());
}

TEST_F(DefinitionsTest, ColumnsAreAdded) {
  EXPECT_THAT(steps("ALTER TABLE plugin_x_1.notes ADD COLUMN IF NOT EXISTS a uuid, ADD b int NOT "
                    "NULL DEFAULT 1"),
              ElementsAre(R"(alter table "notes" add column "a" uuid text unless there)",
                          R"(alter table "notes" add column "b" integer not null default (1))"));
  EXPECT_THAT(steps("ALTER TABLE notes ADD COLUMN at timestamptz NOT NULL DEFAULT now()"),
              ElementsAre(R"(alter table "notes" add column "at" timestamptz text with 4)",
                          "prepare select (now())", R"(update "notes" set "at" = now())",
                          "edit notes: set default at now()", "edit notes: set not null at"));
  EXPECT_THAT(steps("ALTER TABLE notes ADD COLUMN IF NOT EXISTS p uuid UNIQUE REFERENCES "
                    "plugin_x_1.other(id)"),
              ElementsAre(R"(alter table "notes" add column "p" uuid text unless there with 2)",
                          R"(edit notes: add constraint constraint "notes_p_fkey" foreign key )"
                          R"(("p") references "other" ("id"); check select 1 from )"
                          R"(pragma_foreign_key_check('notes') limit 1)",
                          R"(create unique index "notes_p_key" on "notes" ("p"))"));
}

TEST_F(DefinitionsTest, ColumnsAreChanged) {
  EXPECT_THAT(
      steps("ALTER TABLE ONLY notes ALTER COLUMN a SET NOT NULL, ALTER b DROP NOT NULL, ALTER c "
            "SET DEFAULT '{}'::jsonb, ALTER tags SET DEFAULT '{}', ALTER d DROP DEFAULT"),
      ElementsAre("edit notes: set not null a; check select 1 from \"notes\" where typeof(\"a\") = "
                  "'null' limit 1",
                  "edit notes: drop not null b", "edit notes: set default c '{}'",
                  "edit notes: set default tags '[]'", "edit notes: drop default d"));
  EXPECT_THAT(
      steps("ALTER TABLE notes ALTER a TYPE jsonb USING to_jsonb(a), ALTER b TYPE text"),
      ElementsAre("edit notes: set type a jsonb text", R"(update "notes" set "a" = json_quote(a))",
                  "edit notes: set type b text", R"(update "notes" set "b" = CAST("b" AS TEXT))"));
  EXPECT_THAT(steps("ALTER TABLE notes RENAME COLUMN a TO b"),
              ElementsAre(R"(alter table "notes" rename column "a" to "b")"));
  EXPECT_THAT(steps("ALTER TABLE notes RENAME TO pages"),
              ElementsAre(R"(alter table "notes" rename to "pages")"));
  EXPECT_THAT(steps("ALTER TABLE notes DROP COLUMN a CASCADE"),
              ElementsAre(R"(alter table "notes" drop column "a")"));
}

TEST_F(DefinitionsTest, ConstraintsComeAndGo) {
  EXPECT_THAT(
      steps("ALTER TABLE notes DROP CONSTRAINT IF EXISTS a, ADD CONSTRAINT b UNIQUE (x, y), ADD "
            "CONSTRAINT c CHECK (x > 0), ADD CONSTRAINT d FOREIGN KEY (y) REFERENCES "
            "public.issues(id)"),
      ElementsAre("drop constraint a of notes if there",
                  R"(create unique index "b" on "notes" ("x", "y"))",
                  R"(edit notes: add constraint constraint "c" check (x > 0); check before: )"
                  R"(select 1 from "notes" where not (x > 0) limit 1)"));
}

TEST_F(DefinitionsTest, WhatIsNotThereIsSaid) {
  EXPECT_THAT(steps("CREATE FUNCTION f() RETURNS int"),
              ElementsAre("error: CREATE function is not there; there are tables, indexes and "
                          "views"));
  EXPECT_THAT(steps("CREATE TABLE public.notes (a int)"),
              ElementsAre("error: \"public\" is not the plugin's schema, which is \"plugin_x_1\""));
  EXPECT_THAT(steps("CREATE TABLE t (a int) PARTITION BY LIST (a)"),
              ElementsAre("error: \"partition\" is not known here"));
  EXPECT_THAT(steps("CREATE TABLE t (a)"), ElementsAre("error: column \"a\" has no type"));
  EXPECT_THAT(steps("CREATE TABLE t (a int"), ElementsAre("error: ) is missing"));
  EXPECT_THAT(steps("CREATE TABLE t (a int DEFAULT (1)"), ElementsAre("error: ) is missing"));
  EXPECT_THAT(steps("CREATE TABLE t (a int DEFAULT (1"),
              ElementsAre("error: a DEFAULT is not closed"));
  EXPECT_THAT(steps("CREATE VIEW v AS SELECT $1"),
              ElementsAre("error: a definition has no parameters"));
  EXPECT_THAT(steps("ALTER TABLE t OWNER TO x"),
              ElementsAre("error: ALTER TABLE … owner is not there"));
  EXPECT_THAT(steps("DROP SCHEMA x"),
              ElementsAre("error: DROP schema is not there; there are tables, indexes and views"));
}

std::string edit(std::string_view table, TableEdit change) {
  const auto text = edited(table, change);
  return text ? *text : "error: " + text.error().message;
}

TEST(TableText, ColumnsChange) {
  using Kind = TableEdit::Kind;
  const std::string_view table =
      "CREATE TABLE t (\"a\" text default ('x,)') , b numeric(1, 2) not null, c)";
  EXPECT_EQ(edit(table, {.kind = Kind::set_not_null, .name = "a"}),
            "CREATE TABLE t (\"a\" text default ('x,)') not null, b numeric(1, 2) not null, c)");
  EXPECT_EQ(edit(table, {.kind = Kind::set_not_null, .name = "b"}),
            "CREATE TABLE t (\"a\" text default ('x,)'), b numeric(1, 2) not null, c)");
  EXPECT_EQ(edit(table, {.kind = Kind::drop_not_null, .name = "b"}),
            "CREATE TABLE t (\"a\" text default ('x,)'), b numeric(1, 2) , c)");
  EXPECT_EQ(edit(table, {.kind = Kind::drop_default, .name = "a"}),
            "CREATE TABLE t (\"a\" text , b numeric(1, 2) not null, c)");
  EXPECT_EQ(edit(table, {.kind = Kind::set_default, .name = "a", .text = "1"}),
            "CREATE TABLE t (\"a\" text  default (1), b numeric(1, 2) not null, c)");
  EXPECT_EQ(edit(table, {.kind = Kind::set_type, .name = "b", .text = "bigint"}),
            "CREATE TABLE t (\"a\" text default ('x,)'), b bigint not null, c)");
  EXPECT_EQ(edit(table, {.kind = Kind::set_type, .name = "c", .text = "text"}),
            "CREATE TABLE t (\"a\" text default ('x,)'), b numeric(1, 2) not null, c text)");
  EXPECT_EQ(edit(table, {.kind = Kind::set_type, .name = "d", .text = "text"}),
            "error: the table has no column \"d\"");
}

TEST(TableText, ConstraintsComeAndGo) {
  using Kind = TableEdit::Kind;
  const auto with = edit("CREATE TABLE t(a int)",
                         {.kind = Kind::add_constraint, .text = "constraint \"k\" check (a > 0)"});
  EXPECT_EQ(with, "CREATE TABLE t(a int, constraint \"k\" check (a > 0))");
  EXPECT_EQ(edit(with, {.kind = Kind::drop_constraint, .name = "k"}), "CREATE TABLE t(a int)");
  EXPECT_EQ(edit(with, {.kind = Kind::drop_constraint, .name = "a"}), with);
}

}  // namespace
}  // namespace collet::sql
