#include "services/secret_command.hpp"

#include <gmock/gmock.h>

#include "process/fake_process.hpp"
#include "services/secret_source_fixture.hpp"

namespace collet::services {
namespace {
using testing::ElementsAre;

class SecretCommandTest : public SecretSourceTest {
 protected:
  ~SecretCommandTest() override {
    for (const auto& source : sources) source->stop();
    loop.run_ready();
  }
  SecretCommand& make(SecretCommandOptions options, SecretCommandLimits limits = {}) {
    sources.push_back(std::make_unique<SecretCommand>(loop, spawner, std::move(options), limits));
    return *sources.back();
  }
  SecretCommandOptions options(std::vector<std::string> command = {"pass", "show", "{id}"},
                               Tenancy tenancy = Tenancy::single) {
    return {.command = std::move(command),
            .environment = {{"PATH", "/bin"}},
            .timeout = std::chrono::seconds(10),
            .tenancy = tenancy};
  }
  /// Asks for a secret; its answer is in `answers[id]` once it is there.
  void ask(SecretCommand& source, const std::string& id, std::string company = "default") {
    source.read(
        {.company_id = std::move(company), .id = id},
        Reply<std::optional<SecretText>>(
            [this, id](Result<std::optional<SecretText>> value) { answers[id] = text(value); }));
    loop.run_ready();
  }
  /// What comes of a program that prints this.
  std::string printed(SecretCommand& source, std::string_view out, int code = 0) {
    ask(source, "x");
    spawner.last().emit_stderr("what the program complains of\n");
    spawner.last().emit_stdout(out);
    spawner.last().exit_with_code(code);
    loop.run_ready();
    return answers["x"];
  }

  process::FakeSpawner spawner;
  std::vector<std::unique_ptr<SecretCommand>> sources;
  std::map<std::string, std::string> answers;
};

TEST_F(SecretCommandTest, RunsTheProgramWithoutAShell) {
  auto& source = make(options({"pass", "show", "a {id} {id}{company}", "{other}"}));
  ask(source, "x;rm", "acme");
  ask(source, "x", "acme");
  const auto& request = spawner.last().request;
  EXPECT_EQ(request.executable, "pass");
  EXPECT_THAT(request.arguments, ElementsAre("show", "a x xacme", "{other}"));
  EXPECT_THAT(request.environment, ElementsAre(testing::Pair("PATH", "/bin")));
  EXPECT_TRUE(spawner.last().stdin_closed);
  EXPECT_EQ(source.describe(), "the program pass");
}

TEST_F(SecretCommandTest, WhatStandsInANameIsNoPlaceholder) {
  auto& source = make(options({"p", "{id}"}));
  ask(source, "x");
  EXPECT_THAT(spawner.last().request.arguments, ElementsAre("x"));
}

TEST_F(SecretCommandTest, TheOutputWithoutItsLineEndIsTheValue) {
  auto& source = make(options());
  EXPECT_EQ(printed(source, "hunter2\n"), "\"hunter2\"");
  EXPECT_EQ(printed(source, "hunter2"), "\"hunter2\"");
  EXPECT_EQ(printed(source, "hunter2\r\n"), "\"hunter2\"");
  EXPECT_EQ(printed(source, "two\nlines\n\n"), "\"two\nlines\n\"");
  EXPECT_EQ(printed(source, "\n"), "invalid_result: the program pass printed no text");
  EXPECT_EQ(printed(source, "\xff\n"), "invalid_result: the program pass printed no text");
}

TEST_F(SecretCommandTest, FailuresSayNothingOfWhatWasPrinted) {
  auto& source = make(options());
  EXPECT_EQ(printed(source, "hunter2\n", 1), "not_found: the program pass exited with code 1");
  ask(source, "x");
  spawner.last().emit_stderr("hunter2\n");
  loop.advance(std::chrono::seconds(10));
  EXPECT_EQ(answers["x"],
            "timeout: the program pass did not end in time, was stopped, or printed too much");
  spawner.fail_next = Error{.code = ErrorCode::worker_unavailable, .message = "pass was not found"};
  ask(source, "x");
  EXPECT_EQ(answers["x"], "worker_unavailable: pass was not found");
}

TEST_F(SecretCommandTest, AValueHasALimit) {
  auto& source = make(options(), {.running_max = 4, .value_bytes_max = 10});
  EXPECT_EQ(printed(source, "0123456789\r\n"), "\"0123456789\"");
  EXPECT_EQ(printed(source, "0123456789ab\n"),
            "payload_too_large: the program pass did not end in time, was stopped, or printed too "
            "much");
}

TEST_F(SecretCommandTest, OnlySoManyRunAtOnce) {
  auto& source = make(options(), {.running_max = 2});
  for (const auto* id : {"a", "b", "c", "d"}) ask(source, id);
  EXPECT_EQ(spawner.processes.size(), 2u);
  spawner.processes[0]->emit_stdout("1");
  spawner.processes[0]->exit_with_code(0);
  loop.run_ready();
  EXPECT_EQ(answers["a"], "\"1\"");
  ASSERT_EQ(spawner.processes.size(), 3u);
  EXPECT_THAT(spawner.processes[2]->request.arguments, ElementsAre("show", "c"));
}

TEST_F(SecretCommandTest, WithSeveralTenantsItHasToTellThemApart) {
  auto& blind = make(options({"pass", "{id}"}, Tenancy::multi));
  EXPECT_EQ(read(blind, "x", "acme"), "nothing");
  auto& source = make(options({"pass", "{company}/{id}"}, Tenancy::multi));
  for (const auto* company : {"", "--help", "../globex", "a b"}) {
    EXPECT_EQ(read(source, "x", company), "nothing");
  }
  EXPECT_TRUE(spawner.processes.empty());
  ask(source, "x", "acme");
  EXPECT_THAT(spawner.last().request.arguments, ElementsAre("acme/x"));
}

TEST_F(SecretCommandTest, StoppingEndsThePrograms) {
  auto& source = make(options(), {.running_max = 1});
  ask(source, "a");
  ask(source, "b");
  source.stop();
  loop.run_ready();
  EXPECT_TRUE(spawner.processes.front()->destroyed);
  const auto stopped =
      "cancelled: the program pass did not end in time, was stopped, or printed too much";
  EXPECT_EQ(answers["a"], stopped);
  EXPECT_EQ(answers["b"], stopped);
}

}  // namespace
}  // namespace collet::services
