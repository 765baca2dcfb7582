// libcurl's transfers on the loop. Internal to http/.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/loop.hpp"
#include "http/curl_handles.hpp"

namespace collet {
class AsioLoop;
}

namespace collet::http {

struct CurlMultiLimits {
  long idle_connections_max;
  std::chrono::milliseconds idle_timeout;
};

/// Runs transfers, and keeps their connections for the next ones until there was none for
/// `idle_timeout`; then it holds no descriptor at all. Loop thread only, and never from inside a
/// callback of libcurl.
class CurlMulti {
 public:
  using OnDone = std::move_only_function<void(CURLcode)>;

  CurlMulti(AsioLoop& loop, CurlMultiLimits limits);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  /// Begins a transfer. `on_done` comes later, once, when the handle is out of here again; it may
  /// destroy this object.
  void add(CURL* transfer, OnDone on_done);
  /// Ends a transfer before its time; its `on_done` does not come.
  void remove(CURL* transfer);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace collet::http
