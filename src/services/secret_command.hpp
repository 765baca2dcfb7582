// Secrets that a program prints.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/loop.hpp"
#include "collet/limits.hpp"
#include "process/process.hpp"
#include "services/gate.hpp"
#include "services/secret_source.hpp"

namespace collet::services {

struct SecretCommandLimits {
  std::size_t running_max = limits::services::secret_programs_max;
  std::size_t value_bytes_max = limits::services::secret_value_bytes_max;
};

struct SecretCommandOptions {
  std::vector<std::string> command;  ///< the program, then its arguments
  std::vector<std::pair<std::string, std::string>> environment;
  std::chrono::milliseconds timeout;
  Tenancy tenancy = Tenancy::single;
};

/// Runs a program for each secret, without a shell; {id} and {company} in its arguments become
/// those of the secret. Its output without the line end is the value. With several tenants it is
/// only asked where {company} stands in it, because it could not tell them apart. Loop and spawner
/// outlive it; the programs that it runs are over before it ends.
class SecretCommand final : public SecretSource {
 public:
  SecretCommand(Loop& loop, process::Spawner& spawner, SecretCommandOptions options,
                SecretCommandLimits limits = {});

  [[nodiscard]] std::string describe() const override;
  void read(const SecretName& name, Reply<std::optional<SecretText>> reply) override;
  /// Ends the programs that run, and those that it would run yet; all are answered soon.
  void stop();

 private:
  struct Wish {
    SecretName name;
    Reply<std::optional<SecretText>> reply;
  };
  void run_waiting();
  void run(Wish wish);

  Loop& loop_;
  process::Spawner& spawner_;
  const SecretCommandOptions options_;
  const SecretCommandLimits limits_;
  std::deque<Wish> waiting_;
  std::size_t running_ = 0;
  std::stop_source stopping_;
};

}  // namespace collet::services
