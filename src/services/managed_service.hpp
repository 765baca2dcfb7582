// `agents.managed.get` and its like: what becomes of the resources that a manifest declares.
#pragma once

#include "services/service_table.hpp"

namespace collet::services {

/// Enters, for a host without an upstream, that none of the agents, projects, routines and skills
/// of any manifest has been made: plugins look before they make them, and show what they find. What
/// makes them (`…managed.reconcile` and `reset`) is Paperclip's own.
void add_managed_resources(ServiceTable& table);

}  // namespace collet::services
