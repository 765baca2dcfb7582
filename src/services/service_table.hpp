// Everything a worker may ask of this host, in one table: method → gates → handler.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/gate.hpp"
#include "worker/host_services.hpp"

namespace collet::services {

/// A call that has passed the gates. Everything in it lives only while it is handed over.
struct ServiceCall {
  const worker::WorkerIdentity& worker;
  const Manifest& manifest;
  std::string_view method;
  json::Value params;
  /// Whom it acts for: in `Tenancy::single` the one tenant, in `multi` the company of the call that
  /// the worker runs, or empty.
  std::string_view company_id;
  Tenancy tenancy = Tenancy::single;
  const worker::Invocations& invocations;  ///< the calls that the worker runs
};

/// Answers with the result as JSON text on one line; an error without `rpc_code` is -32603.
using RequestHandler = std::function<void(const ServiceCall&, Reply<std::string>)>;
using NotificationHandler = std::function<void(const worker::HostCall&)>;
/// Hears of a worker's process that begins or ends.
using RunHandler = std::function<void(const worker::WorkerIdentity&)>;
using LogUseHandler = std::function<worker::LogUse(const worker::WorkerIdentity&)>;

/// Services enter their handlers, then calls come. What has no handler goes to `fallback`; without
/// one it is answered with -32601 in the reference's words. Loop thread only.
class ServiceTable final : public worker::HostServices {
 public:
  explicit ServiceTable(GatePolicy policy) : policy_(std::move(policy)) {}

  /// `method` is one of the protocol's (see find_method).
  void add(std::string_view method, RequestHandler handler);
  void add_notification(std::string_view method, NotificationHandler handler);
  void on_started(RunHandler handler) { started_.push_back(std::move(handler)); }
  void on_ended(RunHandler handler) { ended_.push_back(std::move(handler)); }
  /// Takes the protocol's methods that have no handler, behind the same gates.
  void set_fallback(RequestHandler handler) { fallback_ = std::move(handler); }

  /// Where the logs are.
  void set_log_use(LogUseHandler handler) { log_use_ = std::move(handler); }

  void request(const worker::HostCall& call, Reply<std::string> reply) override;
  void notify(const worker::HostCall& call) override;
  void started(const worker::WorkerIdentity& worker) override;
  void ended(const worker::WorkerIdentity& worker) override;
  [[nodiscard]] worker::LogUse log_use(const worker::WorkerIdentity& worker) const override {
    return log_use_ ? log_use_(worker) : worker::LogUse();
  }

  [[nodiscard]] const GatePolicy& policy() const { return policy_; }

 private:
  const GatePolicy policy_;
  std::map<std::string, RequestHandler, std::less<>> requests_;
  std::map<std::string, NotificationHandler, std::less<>> notifications_;
  std::vector<RunHandler> started_;
  std::vector<RunHandler> ended_;
  RequestHandler fallback_;
  LogUseHandler log_use_;
};

}  // namespace collet::services
