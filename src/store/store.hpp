// Everything that a host keeps.
#pragma once

#include "collet/plugin_store.hpp"
#include "store/activity_store.hpp"
#include "store/config_store.hpp"
#include "store/entity_store.hpp"
#include "store/folder_store.hpp"
#include "store/job_store.hpp"
#include "store/secret_store.hpp"
#include "store/state_store.hpp"
#include "store/webhook_store.hpp"

namespace collet {

/// The parts live as long as the store. Their operations run off the loop, one after the other, and
/// answer on the loop once they are durable. Those that one plugin asks for run in the order asked
/// for, whichever part they belong to, and so do the host's and its operator's; between these no
/// order is promised. What belongs to a plugin goes with its row. Loop thread only.
class Store {
 public:
  virtual ~Store() = default;

  /// Answers when nothing waits any more, and all that ran is answered: for who ends it.
  virtual void settle(Reply<Done> reply) = 0;

  [[nodiscard]] virtual PluginStore& plugins() = 0;
  [[nodiscard]] virtual StateStore& state() = 0;
  [[nodiscard]] virtual ConfigStore& configs() = 0;
  [[nodiscard]] virtual EntityStore& entities() = 0;
  [[nodiscard]] virtual FolderStore& folders() = 0;
  [[nodiscard]] virtual SecretStore& secrets() = 0;
  [[nodiscard]] virtual JobStore& jobs() = 0;
  [[nodiscard]] virtual WebhookStore& webhooks() = 0;
  [[nodiscard]] virtual ActivityStore& activity() = 0;
};

}  // namespace collet
