// The streams of plugins: from their workers to whoever listens.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/logger.hpp"
#include "base/loop.hpp"
#include "base/rarely.hpp"
#include "collet/error.hpp"
#include "collet/limits.hpp"
#include "worker/host_services.hpp"

namespace collet::services {

struct StreamLimits {
  std::size_t listeners_max = limits::services::stream_listeners_max;  ///< of all plugins
  std::size_t channels_max = limits::services::stream_channels_max;    ///< open, of one process
  std::size_t name_bytes_max =
      limits::services::name_bytes_max;  ///< of a channel, and of a company's id
  std::size_t event_bytes_max = limits::services::stream_event_bytes_max;
};

struct StreamAddress {
  std::string plugin_id;  ///< UUID
  std::string channel;
  std::string company_id;
  auto operator<=>(const StreamAddress&) const = default;
};

/// What a listener hears. `open`, `message` and `close` come from the worker, `close` also from the
/// host when the worker dies; a worker that runs again may open the channel anew.
enum class StreamSignal : std::uint8_t {
  open,
  message,
  close,
  end,  ///< of the host or the plugin: nothing follows, and the listener is forgotten
};

struct StreamDiagnostics {
  std::string plugin_key{};
  std::size_t listeners = 0;
  std::size_t channels = 0;   ///< that its processes have open
  std::uint64_t events = 0;   ///< that its workers emitted
  std::uint64_t dropped = 0;  ///< outside their company, too large, or in one channel too many
};

/// Carries each event to everybody who listens at its address, and keeps none. Loop thread only.
class StreamHub {
 public:
  using ListenerId = std::uint64_t;
  /// `event_json` is JSON text on one line, "null" where there is none. It may leave, and make
  /// others leave.
  using Listener = std::function<void(StreamSignal, std::string_view event_json)>;

  StreamHub(Loop& loop, Logger& log, StreamLimits limits = {})
      : loop_(loop), log_(log), limits_(limits) {}

  /// Fails with `overloaded` where too many listen, with `shutting_down` after `end_all`, with
  /// `invalid_request` where no stream can have this address.
  [[nodiscard]] Result<ListenerId> listen(StreamAddress address, Listener listener);
  void leave(ListenerId id);

  // What workers say. What passes a limit is dropped, counted, and said in the log.
  void open(const worker::WorkerIdentity& by, std::string channel, std::string company_id);
  void emit(const worker::WorkerIdentity& by, std::string channel, std::string company_id,
            std::string_view event_json);
  void close(const worker::WorkerIdentity& by, std::string channel, std::string company_id);
  void drop(const worker::WorkerIdentity& by, std::string_view why);
  /// Closes what the process had open and no other process of the plugin has.
  void ended(const worker::WorkerIdentity& worker);

  /// The plugin is uninstalled.
  void end(std::string_view plugin_id);
  void end_all();

  /// Of plugins that ever had to do with streams.
  [[nodiscard]] std::vector<StreamDiagnostics> diagnostics() const;
  [[nodiscard]] StreamDiagnostics diagnostics(std::string_view plugin_id) const;

 private:
  using Channels = std::set<StreamAddress>;
  struct Plugin {
    std::string key;
    std::map<std::uint32_t, Channels> open;  // by process
    std::uint64_t events = 0;
    std::uint64_t dropped = 0;
    Rarely news_of_drops;
  };
  struct Entry {
    StreamAddress address;
    Listener listener;
  };

  Plugin& plugin_of(const worker::WorkerIdentity& worker);
  [[nodiscard]] bool fits(const StreamAddress& address) const;
  /// Takes note that the process has the channel open; false where it is one too many.
  bool hold(const worker::WorkerIdentity& by, const StreamAddress& address);
  void tell(const StreamAddress& address, StreamSignal signal, std::string_view event_json);
  void end_each(const std::vector<ListenerId>& ids);
  [[nodiscard]] StreamDiagnostics describe(std::string_view plugin_id, const Plugin& plugin) const;

  Loop& loop_;
  Logger& log_;
  const StreamLimits limits_;
  bool is_over_ = false;
  ListenerId last_id_ = 0;
  std::map<ListenerId, Entry> listeners_;
  std::map<StreamAddress, std::set<ListenerId>> by_address_;
  std::map<std::string, Plugin, std::less<>> plugins_;  // by UUID
};

}  // namespace collet::services
