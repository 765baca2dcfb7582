// `entities.upsert` and `entities.list`: what a plugin keeps of the things it deals with.
#pragma once

#include <cstddef>
#include <cstdint>

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

/// Data is any JSON and comes back byte for byte, less white space between tokens. The store
/// outlives it, it outlives the table. Loop thread only.
class EntityService {
 public:
  EntityService(EntityStore& store, Entropy& entropy, WallClock wall_clock,
                EntityLimits limits = {})
      : store_(store), entropy_(entropy), wall_clock_(std::move(wall_clock)), limits_(limits) {}
  void add_to(ServiceTable& table);

 private:
  void upsert(const ServiceCall& call, Reply<std::string> reply);
  void list(const ServiceCall& call, Reply<std::string> reply);
  [[nodiscard]] Result<EntityUpsert> upsert_of(const ServiceCall& call) const;
  [[nodiscard]] Result<EntityQuery> query_of(const ServiceCall& call) const;

  EntityStore& store_;
  Entropy& entropy_;
  const WallClock wall_clock_;
  const EntityLimits limits_;
};

}  // namespace collet::services
