#include "sql/translate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/array_literal.hpp"

namespace collet::sql {
namespace {
using testing::ElementsAre;

class TranslateTest : public testing::Test {
 protected:
  // The text, or the error.
  std::string to_sqlite(std::string_view sql) {
    const auto tokens = tokenize(sql);
    if (!tokens) return "error: " + tokens.error().message;
    const auto outcome = translate(*tokens, scope);
    if (!outcome) return "error: " + outcome.error().message;
    last = *outcome;
    return outcome->text;
  }

  Scope scope{.name_space = "plugin_x_1",
              .core_tables = {"issues"},
              .catalog = {.columns = {{"data", Type::json},
                                      {"tags", Type::array},
                                      {"created_at", Type::timestamp},
                                      {"due", Type::date},
                                      {"open", Type::boolean}},
                          .unique = {{"notes_slug_key", {"company_id", "slug"}}}}};
  Translation last;
};

TEST_F(TranslateTest, WhatBothUnderstandGoesThrough) {
  EXPECT_EQ(to_sqlite("SELECT a, b FROM notes n LEFT JOIN x ON x.id = n.id WHERE a > 1 AND b IN "
                      "('x', 'it''s') GROUP BY a ORDER BY b DESC NULLS LAST LIMIT 5"),
            "select a , b from notes n left join x on x.id = n.id where a > 1 and b in "
            "('x' , 'it''s') group by a order by b desc nulls last limit 5");
  EXPECT_EQ(to_sqlite("WITH w AS (SELECT 1 AS n) SELECT n FROM w UNION ALL SELECT 2"),
            "with w as (select 1 as n) select n from w union all select 2");
}

TEST_F(TranslateTest, TheNamespaceIsLeftOut) {
  EXPECT_EQ(to_sqlite(R"(SELECT plugin_x_1.notes.a FROM "plugin_x_1"."notes")"),
            R"(select notes.a from "notes")");
  EXPECT_EQ(to_sqlite("DELETE FROM plugin_x_1.notes WHERE a = 1"), "delete from notes where a = 1");
  EXPECT_EQ(to_sqlite("SELECT i.a FROM public.issues i"), "select i.a from public.issues i");
  EXPECT_EQ(to_sqlite("SELECT 1 FROM public.agents"),
            "error: public.agents is not among the tables that the manifest's "
            "database.coreReadTables names");
}

TEST_F(TranslateTest, ParametersAreNumberedOrQuestionMarks) {
  EXPECT_EQ(to_sqlite("SELECT a FROM t WHERE b = $2 OR c = $2"),
            "select a from t where b = ?2 or c = ?2");
  EXPECT_EQ(last.parameters, 2u);
  EXPECT_THAT(last.named, ElementsAre(false, true));
  EXPECT_EQ(to_sqlite("SELECT a FROM t WHERE b = ? AND c = ?"),
            "select a from t where b = ?1 and c = ?2");
  EXPECT_EQ(last.parameters, 2u);
  EXPECT_EQ(to_sqlite("SELECT a FROM t WHERE data ? $1"),
            "select a from t where pg_json_has(data, ?1)");
  EXPECT_EQ(to_sqlite("SELECT $0"), "error: there is no parameter $0");
  EXPECT_EQ(to_sqlite("SELECT $32767"), "error: there is no parameter $32767");
  EXPECT_EQ(to_sqlite("SELECT $32766 AS x"), "select ?32766 as x");
}

TEST_F(TranslateTest, CastsBecomeWhatTheyMean) {
  EXPECT_EQ(to_sqlite("SELECT count(*)::text AS n, a::int AS a, '{}'::jsonb AS d, x::uuid AS u, "
                      "open::text AS o, y::numeric(10,2) AS y, z::double precision AS z"),
            "select CAST(count(*) AS TEXT) as n , pg_integer(a) as a , json('{}') as d , (x) as u "
            ", (CASE open WHEN 0 THEN 'false' WHEN 1 THEN 'true' END) as o , CAST(y AS NUMERIC) as "
            "y , CAST(z AS REAL) as z");
  EXPECT_EQ(to_sqlite("SELECT CAST(a + 1 AS bigint) AS n, CAST($1 AS timestamp with time zone) t"),
            "select pg_integer((a + 1)) as n , pg_timestamp(?1) t");
  EXPECT_EQ(to_sqlite("SELECT (a || b)::text::varchar(5) AS x"),
            "select CAST(CAST((a || b) AS TEXT) AS TEXT) as x");
  EXPECT_EQ(to_sqlite("SELECT CASE WHEN a THEN 1 ELSE 2 END::text AS x"),
            "select CAST(case when a then 1 else 2 end AS TEXT) as x");
  EXPECT_EQ(to_sqlite("SELECT a::"), "error: :: stands without a type");
  EXPECT_EQ(to_sqlite("SELECT ::text"), "error: an operator stands without what belongs before it");
}

TEST_F(TranslateTest, JsonOperatorsAreFunctions) {
  EXPECT_EQ(to_sqlite("SELECT data->'a'->>'b' AS x FROM t WHERE data @> '{\"a\":1}'::jsonb"),
            "select pg_json_get_text(pg_json_get(data, 'a'), 'b') as x from t where "
            "pg_json_contains(data, json('{\"a\":1}'))");
  EXPECT_EQ(to_sqlite("SELECT data #>> '{a,b}' AS x, data - 'k' AS y"),
            "select pg_json_path_text(data, '{a,b}') as x , pg_json_without(data, 'k') as y");
  EXPECT_EQ(to_sqlite("UPDATE t SET data = data || $1::jsonb, tags = t.tags || EXCLUDED.tags, "
                      "title = title || '!' WHERE x ->> 'n' || 'a' = 'ba'"),
            "update t set data = pg_json_concat(data, json(?1)) , tags = pg_json_concat(t.tags, "
            "excluded.tags) , title = title || '!' where pg_json_get_text(x, 'n') || 'a' = 'ba'");
  EXPECT_EQ(to_sqlite("SELECT a - 1 AS x, count(*) FROM t"),
            "select a - 1 as x , count(*) as \"count\" from t");
}

TEST_F(TranslateTest, JsonIsPutTogetherFromJson) {
  EXPECT_EQ(to_sqlite("SELECT jsonb_build_object('a', data, 'b', open, 'c', n) AS x, "
                      "json_agg(t.tags) AS y, to_jsonb(n) AS z"),
            "select json_object('a', json(data), 'b', json(CASE open WHEN 0 THEN 'false' WHEN 1 "
            "THEN 'true' END), 'c', n) as x , json_group_array(json(t.tags)) as y , json_quote(n) "
            "as z");
}

TEST_F(TranslateTest, ArraysAreJsonArrays) {
  EXPECT_EQ(to_sqlite("SELECT a FROM t WHERE $1 = ANY(tags) AND id = ANY($2::uuid[]) AND x <> "
                      "ALL(ARRAY['a', 'b'])"),
            "select a from t where ?1 in (SELECT value FROM json_each(pg_array(tags))) and id in "
            "(SELECT value FROM json_each(pg_array(pg_array(?2)))) and x not in (SELECT value FROM "
            "json_each(pg_array(json_array('a' , 'b'))))");
  EXPECT_EQ(to_sqlite("SELECT tags[1] AS x, array_length(tags, 1) AS n FROM t WHERE id = ANY "
                      "(SELECT id FROM u)"),
            "select json_extract(tags, '$[' || ((1) - 1) || ']') as x , pg_array_length(tags , 1) "
            "as n from t where id in (select id from u)");
  EXPECT_EQ(to_sqlite("SELECT a FROM t WHERE a <> ANY($1)"),
            "error: of comparisons with ANY and ALL only = ANY and <> ALL are there");
}

TEST_F(TranslateTest, TimesAreShifted) {
  EXPECT_EQ(to_sqlite("SELECT a FROM t WHERE created_at > now() - interval '7 days'"),
            "select a from t where created_at > pg_shift(now(), '-', '7 days')");
  EXPECT_EQ(to_sqlite("SELECT a FROM t WHERE created_at < now() - ($1 || ' days')::interval"),
            "select a from t where created_at < pg_shift(now(), '-', ((?1 || ' days')))");
  EXPECT_EQ(to_sqlite("SELECT now() + interval '1 hour' * $1 AS x, $1 * interval '1 day' AS y"),
            "select pg_shift(now(), '+', pg_interval_times('1 hour', ?1)) as x , "
            "pg_interval_times('1 day', ?1) as y");
  EXPECT_EQ(to_sqlite("SELECT a FROM t WHERE created_at > now() - $1 * interval '1 day' AND n - 2 "
                      "* n / 3 > 1"),
            "select a from t where created_at > pg_shift(now(), '-', pg_interval_times('1 day', "
            "?1)) and n - 2 * n / 3 > 1");
  EXPECT_EQ(to_sqlite("SELECT interval '1 day' + now() AS x, interval '1 day' - interval '1 hour' "
                      "AS y"),
            "select pg_shift(now(), '+', '1 day') as x , pg_interval_add('1 day', '-', '1 hour') "
            "as y");
  EXPECT_EQ(to_sqlite("SELECT due - 7 AS x, due - current_date AS y, now() - created_at AS z"),
            "select pg_date(pg_shift(due, '-', (7) || ' days')) as x , pg_days_between(due, "
            "date('now')) as y , pg_between(now(), created_at) as z");
  EXPECT_EQ(to_sqlite("SELECT extract(epoch from now() - created_at) AS s, date_trunc('day', "
                      "created_at at time zone 'utc') AS d, CURRENT_TIMESTAMP AS t"),
            "select pg_extract('epoch', pg_between(now(), created_at)) as s , "
            "pg_date_trunc('day' , created_at) as d , now() as t");
  EXPECT_EQ(to_sqlite("SELECT now() AT TIME ZONE 'Europe/Berlin'"),
            "error: times are in UTC; AT TIME ZONE knows no other zone");
  EXPECT_EQ(to_sqlite("SELECT timestamptz '2026-01-01' AS t"),
            "select pg_timestamp('2026-01-01') as t");
}

TEST_F(TranslateTest, FormsThatSqliteSaysOtherwise) {
  EXPECT_EQ(to_sqlite("UPDATE plugin_x_1.notes n SET a = 1 WHERE n.b"),
            "update notes as n set a = 1 where n.b");
  EXPECT_EQ(to_sqlite("DELETE FROM ONLY notes n WHERE n.b"), "delete from notes as n where n.b");
  EXPECT_EQ(to_sqlite("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = EXCLUDED.a"),
            "insert into t(a) values (1) on conflict(a) do update set a = excluded.a");
  EXPECT_EQ(to_sqlite("INSERT INTO notes (a) VALUES (1) ON CONFLICT ON CONSTRAINT notes_slug_key "
                      "DO NOTHING"),
            "insert into notes(a) values (1) on conflict (\"company_id\", \"slug\") do nothing");
  EXPECT_EQ(to_sqlite("INSERT INTO t VALUES (1) ON CONFLICT ON CONSTRAINT no DO NOTHING"),
            "error: there is no unique constraint \"no\"");
  EXPECT_EQ(to_sqlite("INSERT INTO t SELECT a FROM s ON CONFLICT (a) DO NOTHING"),
            "insert into t select a from s where true on conflict(a) do nothing");
  EXPECT_EQ(to_sqlite("WITH p AS (SELECT a FROM s WHERE b) INSERT INTO t SELECT a FROM q UNION "
                      "SELECT a FROM p CROSS JOIN r ON CONFLICT DO NOTHING"),
            "with p as (select a from s where b) insert into t select a from q union "
            "select a from p cross join r where true on conflict do nothing");
  EXPECT_EQ(to_sqlite("INSERT INTO t SELECT a FROM s WHERE a > 1 ON CONFLICT DO NOTHING"),
            "insert into t select a from s where a > 1 on conflict do nothing");
  EXPECT_EQ(to_sqlite("INSERT INTO t SELECT a FROM s GROUP BY a ON CONFLICT DO NOTHING"),
            "insert into t select a from s group by a on conflict do nothing");
  EXPECT_EQ(to_sqlite("INSERT INTO t SELECT 1 ON CONFLICT DO NOTHING"),
            "insert into t select 1 on conflict do nothing");
  EXPECT_EQ(to_sqlite("SELECT a FROM t ORDER BY a OFFSET 5"),
            "select a from t order by a limit -1 offset 5");
  EXPECT_EQ(to_sqlite("SELECT a FROM t OFFSET $1 LIMIT $2"), "select a from t limit ?2 offset ?1");
  EXPECT_EQ(to_sqlite("SELECT a FROM t LIMIT 1 OFFSET 2"), "select a from t limit 1 offset 2");
  EXPECT_EQ(to_sqlite("SELECT a FROM t WHERE a ILIKE '%x%' AND b NOT ILIKE $1 FOR UPDATE SKIP "
                      "LOCKED"),
            "select a from t where a match '%x%' and b not match ?1");
  EXPECT_EQ(to_sqlite("SELECT substring(a FROM 2 FOR 3) AS x, position('b' IN a) AS y, left(a, 2) "
                      "AS z, \"index\", index FROM t"),
            "select substr(a , 2 , 3) as x , pg_strpos(a, 'b') as y , pg_left(a , 2) as z , "
            "\"index\" , \"index\" from t");
}

TEST_F(TranslateTest, WhatIsKnownNotToBeThereIsSaid) {
  EXPECT_EQ(to_sqlite("SELECT DISTINCT ON (a) a FROM t"),
            "error: SELECT DISTINCT ON is not there; use a window function or GROUP BY");
  EXPECT_EQ(to_sqlite("SELECT a FROM t WHERE a ~* 'x'"),
            "error: regular expressions (~*) are not there; use LIKE");
  EXPECT_EQ(to_sqlite("SELECT (1"), "error: a ( is not closed");
  EXPECT_EQ(to_sqlite("SELECT 1)"), "error: there is a single )");
  EXPECT_EQ(to_sqlite("SELECT (1]"), "error: a ( is not closed");
  EXPECT_EQ(to_sqlite("SELECT a ->"), "error: an operator stands without what belongs behind it");
}

TEST_F(TranslateTest, NestingHasALimit) {
  const auto nested = [](std::size_t levels) {
    return "SELECT " + std::string(levels, '(') + "1" + std::string(levels, ')') + " AS x";
  };
  EXPECT_THAT(to_sqlite(nested(199)), testing::StartsWith("select ((("));
  EXPECT_EQ(to_sqlite(nested(200)), "error: it is nested in more than 200 levels");
  std::string cases = "SELECT 1";
  for (int i = 0; i < 10'000; ++i) cases += " + CASE WHEN 1";
  EXPECT_EQ(to_sqlite(cases), "error: it is nested in more than 200 levels");
}

TEST_F(TranslateTest, AStatementHasALimitOfWords) {
  std::string sql = "SELECT 1";
  for (int i = 0; i < 24'999; ++i) sql += ",1";
  EXPECT_THAT(to_sqlite(sql), testing::StartsWith("select 1"));
  EXPECT_EQ(to_sqlite(sql + ",1"), "error: it has 50002 words, the limit is 50000");
  EXPECT_THAT(to_sqlite(sql = "SELECT 1 + CASE WHEN a THEN CASE b WHEN 1 THEN 2 END END AS x"),
              "select 1 + case when a then case b when 1 then 2 end end as x");
}

TEST_F(TranslateTest, ColumnsHaveTheNamesThatPostgresGivesThem) {
  EXPECT_EQ(
      to_sqlite("SELECT count(*), max(a) m, t.created_at::text, a::text, now(), 1, 'x'::text, "
                "$1, EXISTS (SELECT 1), CASE WHEN a THEN 1 END, coalesce(a, 1), true FROM t"),
      "select count(*) as \"count\" , max(a) m , CAST(t.created_at AS TEXT) as "
      "\"created_at\" , CAST(a AS TEXT) as \"a\" , now() as \"now\" , 1 as \"?column?\" , "
      "CAST('x' AS TEXT) as \"text\" , ?1 as \"?column?\" , exists (select 1) as \"exists\" "
      ", case when a then 1 end as \"case\" , coalesce(a , 1) as \"coalesce\" , true as "
      "\"bool\" from t");
}

TEST_F(TranslateTest, TypesOfColumnsAreKnownFromTheLeft) {
  to_sqlite("SELECT data, t.tags AS x, open o, a, data->'x', count(*) > 1 AS y FROM t");
  EXPECT_THAT(last.columns, ElementsAre(Type::json, Type::array, Type::boolean, Type::unknown,
                                        Type::json, Type::unknown));
  to_sqlite("SELECT data, t.*, data FROM t");
  EXPECT_THAT(last.columns, ElementsAre(Type::json));
}

TEST(ArrayLiteral, IsJson) {
  EXPECT_EQ(array_literal_to_json("{}"), "[]");
  EXPECT_EQ(array_literal_to_json(R"({a, b c ,"d,\"e",NULL,"NULL",1})"),
            R"(["a","b c","d,\"e",null,"NULL","1"])");
  EXPECT_EQ(array_literal_to_json("{{1,2},{3}}"), R"([["1","2"],["3"]])");
  for (const auto* wrong : {"", "a", "{", "{a", "{,}", "{a}b", "{\"a}", "{{{{{{{1}}}}}}}"}) {
    EXPECT_EQ(array_literal_to_json(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace collet::sql
