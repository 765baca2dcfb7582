// `entities.upsert` and `entities.list`: what a plugin keeps of the things it deals with.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/background.hpp"
#include "base/entropy.hpp"
#include "base/wall_clock.hpp"
#include "collet/limits.hpp"
#include "services/service_table.hpp"
#include "store/entity_store.hpp"

namespace collet::services {

struct EntityLimits {
  std::size_t name_bytes_max = limits::services::name_bytes_max;
  std::size_t title_bytes_max = limits::services::entity_title_bytes_max;
  std::size_t data_bytes_max = limits::services::entity_data_bytes_max;
  /// Rows of one answer where a plugin names no limit (the reference's), and at most: a thousand
  /// rows of the usual 2 KB are 2 MB, which a worker reads in one go.
  std::uint64_t rows_default = 100;
  std::uint64_t rows_max = limits::services::entity_rows_max;
  std::size_t answer_bytes_max = limits::services::entity_answer_bytes_max;
};

/// References are borrowed and outlive the service.
struct EntityParts {
  EntityStore& store;
  Background& background;
  Entropy& entropy;
  WallClock wall_clock;
};

/// Data is any JSON and comes back byte for byte, less white space between tokens. It outlives the
/// table. Loop thread only.
class EntityService {
 public:
  explicit EntityService(EntityParts parts, EntityLimits limits = {})
      : parts_(std::move(parts)), limits_(limits) {}
  void add_to(ServiceTable& table);

 private:
  void upsert(const ServiceCall& call, Reply<std::string> reply);
  void list(const ServiceCall& call, Reply<std::string> reply);
  [[nodiscard]] Result<EntityUpsert> upsert_of(const ServiceCall& call) const;
  [[nodiscard]] Result<EntityQuery> query_of(const ServiceCall& call) const;

  const EntityParts parts_;
  const EntityLimits limits_;
};

}  // namespace collet::services
