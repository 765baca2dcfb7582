#include "services/secret_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "json/utf8.hpp"
#include "process/run.hpp"
#include "services/secret_ref.hpp"

namespace collet::services {
namespace {

constexpr std::string_view k_id = "{id}";
constexpr std::string_view k_company = "{company}";

// In one pass: what stands in a name is no placeholder.
std::string filled_in(std::string_view argument, const SecretName& name) {
  const std::array<std::pair<std::string_view, std::string_view>, 2> values{
      {{k_id, name.id}, {k_company, name.company_id}}};
  std::string out;
  while (!argument.empty()) {
    const auto value = std::ranges::find_if(
        values, [&](const auto& each) { return argument.starts_with(each.first); });
    if (value == values.end()) {
      out += argument.front();
      argument.remove_prefix(1);
    } else {
      out += value->second;
      argument.remove_prefix(value->first.size());
    }
  }
  return out;
}

bool names_company(const std::vector<std::string>& command) {
  return std::ranges::any_of(command, [](const std::string& argument) {
    return argument.find(k_company) != std::string::npos;
  });
}

// What it printed is not told: that is where the secret is, and on a bad day it stands in the
// complaint as well.
Result<std::optional<SecretText>> value_of(Result<process::RunOutcome> outcome,
                                           const std::string& program) {
  if (!outcome) {
    return fail(
        outcome.error().code,
        outcome.error().code == ErrorCode::worker_unavailable
            ? std::move(outcome.error().message)
            : fmt::format("{} did not end in time, was stopped, or printed too much", program),
        "run it by hand to see what it does");
  }
  wipe(outcome->stderr_tail);
  SecretText printed(std::move(outcome->stdout_text));
  using Kind = process::ExitStatus::Kind;
  if (outcome->status.kind != Kind::exited || outcome->status.code != 0) {
    return fail(ErrorCode::not_found, fmt::format("{} {}", program, outcome->status.describe()),
                "run it by hand to see what it says");
  }
  auto text = printed.reveal();
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty() || !json::utf8::is_valid(text)) {
    return fail(ErrorCode::invalid_result, fmt::format("{} printed no text", program),
                "run it by hand to see what it prints");
  }
  return SecretText(std::string(text));
}

}  // namespace

SecretCommand::SecretCommand(Loop& loop, process::Spawner& spawner, SecretCommandOptions options,
                             SecretCommandLimits limits)
    : loop_(loop), spawner_(spawner), options_(std::move(options)), limits_(limits) {}

std::string SecretCommand::describe() const {
  return "the program " + options_.command.front();
}

void SecretCommand::read(const SecretName& name, Reply<std::optional<SecretText>> reply) {
  const bool tells_apart = names_company(options_.command);
  if (options_.tenancy == Tenancy::multi && !tells_apart) return reply(std::optional<SecretText>());
  // Companies are named by others than the operator, and this becomes an argument.
  if (tells_apart && !is_secret_id(name.company_id)) return reply(std::optional<SecretText>());
  waiting_.push_back({name, std::move(reply)});
  run_waiting();
}

void SecretCommand::stop() {
  stopping_.request_stop();
}

void SecretCommand::run_waiting() {
  while (running_ < limits_.running_max && !waiting_.empty()) {
    auto wish = std::move(waiting_.front());
    waiting_.pop_front();
    ++running_;
    run(std::move(wish));
  }
}

void SecretCommand::run(Wish wish) {
  process::SpawnRequest request{.executable = options_.command.front(),
                                .environment = options_.environment};
  for (std::size_t i = 1; i < options_.command.size(); ++i) {
    request.arguments.push_back(filled_in(options_.command[i], wish.name));
  }
  process::RunOptions how{.deadline = Deadline::after(loop_.now(), options_.timeout),
                          .cancellation = stopping_.get_token(),
                          .stdout_bytes_max = limits_.value_bytes_max + 2};  // its line end
  process::run(loop_, spawner_, request, std::move(how),
               Reply<process::RunOutcome>([this, reply = std::move(wish.reply)](
                                              Result<process::RunOutcome> outcome) mutable {
                 --running_;
                 auto value = value_of(std::move(outcome), describe());
                 run_waiting();
                 reply(std::move(value));
               }));
}

}  // namespace collet::services
