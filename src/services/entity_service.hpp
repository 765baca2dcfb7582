// `entities.upsert` and `entities.list`: what a plugin keeps of the things it deals with.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/entropy.hpp"
#include "base/wall_clock.hpp"
#include "services/service_table.hpp"
#include "store/entity_store.hpp"

namespace collet::services {

struct EntityLimits {
  /// Types, scopes, external ids and statuses, each. Longer ones are data that went into the wrong
  /// place.
  std::size_t name_bytes_max = 1'000;
  /// Titles are for lists that people read; this is a page.
  std::size_t title_bytes_max = 4'000;
  /// Data of one entity. Larger ones belong into a file or a database, because lists carry it.
  std::size_t data_bytes_max = std::size_t{4} << 20;
  /// Rows of one answer where a plugin names no limit (the reference's), and at most: a thousand
  /// rows of the usual 2 KB are 2 MB, which a worker reads in one go.
  std::uint64_t rows_default = 100;
  std::uint64_t rows_max = 1'000;
  /// Data of one answer; a quarter of the largest line that a worker must read.
  std::size_t answer_bytes_max = std::size_t{32} << 20;
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
