// Who may call now: limits of calls in flight, and a fair, bounded queue before them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/loop.hpp"
#include "collet/tool.hpp"
#include "collet/tool_dispatcher.hpp"

namespace collet::tool {

class AdmissionState;
struct CallLimit;
struct PluginGate;

/// A place among the calls in flight of a plugin and a tool. Move-only; given back when it is
/// destroyed, on any thread.
class Turn {
 public:
  Turn() = default;  ///< none
  Turn(Turn&& other) noexcept = default;
  Turn& operator=(Turn&& other) noexcept;
  ~Turn() { give_back(); }
  /// Whether the time it took says how long the next one takes: not where nobody did the work.
  enum class Lesson : std::uint8_t { learn, none };
  /// Ends the turn. Whose turn it is then begins, inside this call where it is made on the loop.
  void give_back(Lesson lesson = Lesson::learn);

 private:
  friend class AdmissionState;
  Turn(std::shared_ptr<AdmissionState> state, PluginGate& gate, CallLimit& tool, TimePoint since);
  std::shared_ptr<AdmissionState> state_;
  PluginGate* gate_ = nullptr;
  CallLimit* tool_ = nullptr;
  TimePoint since_{};
};

/// A plugin runs at most `concurrency` calls times its instances (the manager of its workers
/// spreads them), and a tool at most its own `concurrency`. What comes beyond that waits, in the
/// order of a FairQueue, until its deadline; where that cannot be kept, or the queue is full, it is
/// refused with `overloaded` and the time after which a new try makes sense. Any thread; waiting
/// calls live on the loop.
class Admission {
 public:
  /// `loop` outlives this and every turn.
  Admission(Loop& loop, AdmissionOptions options);
  /// Whoever waits is told that the host stops. Turns may be given back later.
  ~Admission();
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  /// A turn, where there is room and nobody waits for it.
  [[nodiscard]] std::optional<Turn> try_enter(const RegisteredTool& tool);
  /// Why a call would be refused now, before anything is done for it: the queue is full, or so long
  /// that the deadline would pass. Off the loop nothing is known of it.
  [[nodiscard]] Result<Done> foresee(const RegisteredTool& tool, const ToolCall& call);
  /// Waits for a turn. Fails with `overloaded`, `timeout`, `cancelled` or `shutting_down`; answers
  /// on the loop, also inside this call.
  void wait(std::shared_ptr<const RegisteredTool> tool, const ToolCall& call, Reply<Turn> reply);

  /// Of one plugin, by its key; nothing has happened where it was never called.
  [[nodiscard]] AdmissionDiagnostics diagnostics(std::string_view plugin_key) const;
  /// Of all that were ever called.
  [[nodiscard]] std::vector<AdmissionDiagnostics> diagnostics() const;

 private:
  std::shared_ptr<AdmissionState> state_;
};

}  // namespace collet::tool
