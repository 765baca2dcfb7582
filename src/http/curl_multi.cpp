#include "http/curl_multi.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <map>
#include <utility>
#include <vector>

#include "base/asio_loop.hpp"

namespace collet::http {
namespace {

using Descriptor =
    boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

/// A socket of libcurl's that the loop watches. The socket stays libcurl's.
struct Watch {
  explicit Watch(boost::asio::io_context& context) : descriptor(context) {}
  ~Watch() {
    if (descriptor.is_open()) static_cast<void>(descriptor.release());
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  Descriptor descriptor;
  int wanted = CURL_POLL_NONE;
  bool awaits_read = false;
  bool awaits_write = false;
};

}  // namespace

class CurlMulti::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(AsioLoop& loop, CurlMultiLimits limits) : loop_(loop), limits_(limits) {}
  ~Impl() { close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void add(CURL* transfer, OnDone on_done) {
    open();
    idle_.cancel();
    transfers_.emplace(transfer, std::move(on_done));
    ::curl_multi_add_handle(multi_, transfer);  // libcurl asks for a timer, which begins it
  }

  void remove(CURL* transfer) {
    if (transfers_.erase(transfer) == 0) return;
    ::curl_multi_remove_handle(multi_, transfer);
    rest();
  }

  /// Ends everything; nobody is told.
  void close() {
    for (const auto& [transfer, on_done] : transfers_) {
      ::curl_multi_remove_handle(multi_, transfer);
    }
    transfers_.clear();
    timer_.cancel();
    idle_.cancel();
    if (multi_ != nullptr) ::curl_multi_cleanup(std::exchange(multi_, nullptr));
    watches_.clear();
  }

 private:
  void open() {
    if (multi_ != nullptr) return;
    multi_ = ::curl_multi_init();
    ::curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
    ::curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    ::curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
    ::curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    ::curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, limits_.idle_connections_max);
  }

  void rest() {
    if (multi_ == nullptr || !transfers_.empty()) return;
    idle_ = loop_.call_after(limits_.idle_timeout, [this] { close(); });
  }

  // --- what libcurl wants; inside its functions, so nothing of it is called here ---

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
    static_cast<Impl*>(self)->watch(socket, what);
    return 0;
  }
  static int on_timer(CURLM*, long milliseconds, void* self) {
    static_cast<Impl*>(self)->set_timer(milliseconds);
    return 0;
  }

  // libcurl takes its wish back before it closes a socket.
  void watch(curl_socket_t socket, int what) {
    if (what == CURL_POLL_REMOVE) {
      watches_.erase(socket);
      return;
    }
    auto& watch = watches_[socket];
    if (!watch) {
      watch = std::make_shared<Watch>(loop_.context());
      boost::system::error_code error;
      watch->descriptor.assign(socket, error);
      if (error) return;  // the transfer ends by its deadline
    }
    watch->wanted = what;
    arm(socket, watch);
  }

  void set_timer(long milliseconds) {
    timer_.cancel();
    if (milliseconds < 0) return;
    timer_ = loop_.call_after(std::chrono::milliseconds(milliseconds),
                              [this] { act(CURL_SOCKET_TIMEOUT, 0); });
  }

  // --- what the loop sees ---

  void arm(curl_socket_t socket, const std::shared_ptr<Watch>& watch) {
    if ((watch->wanted & CURL_POLL_IN) != 0 && !std::exchange(watch->awaits_read, true)) {
      wait(socket, watch, Descriptor::wait_read, &Watch::awaits_read, CURL_CSELECT_IN);
    }
    if ((watch->wanted & CURL_POLL_OUT) != 0 && !std::exchange(watch->awaits_write, true)) {
      wait(socket, watch, Descriptor::wait_write, &Watch::awaits_write, CURL_CSELECT_OUT);
    }
  }

  void wait(curl_socket_t socket, const std::shared_ptr<Watch>& watch, Descriptor::wait_type type,
            bool Watch::*awaits, int event) {
    watch->descriptor.async_wait(type, [impl = weak_from_this(), watch = std::weak_ptr(watch),
                                        socket, awaits, event](boost::system::error_code error) {
      const auto self = impl.lock();
      const auto seen = watch.lock();
      if (error || !self || !seen) return;
      (*seen).*awaits = false;
      // It may be wanted for the other direction only, by now.
      const int wanted = event == CURL_CSELECT_IN ? CURL_POLL_IN : CURL_POLL_OUT;
      if ((seen->wanted & wanted) == 0) return;
      self->act(socket, event);
      // Where it is wanted still, libcurl does not say so again.
      const auto found = self->watches_.find(socket);
      if (found != self->watches_.end() && found->second == seen) self->arm(socket, seen);
    });
  }

  void act(curl_socket_t socket, int events) {
    if (multi_ == nullptr) return;
    const auto self = shared_from_this();  // whoever is told of an end may let go of this
    int running = 0;
    ::curl_multi_socket_action(multi_, socket, events, &running);
    std::vector<std::pair<OnDone, CURLcode>> done;
    int left = 0;
    while (const auto* message = ::curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      auto* const transfer = message->easy_handle;
      const auto code = message->data.result;
      ::curl_multi_remove_handle(multi_, transfer);  // the message goes with it
      done.emplace_back(std::move(transfers_.extract(transfer).mapped()), code);
    }
    rest();
    for (auto& [on_done, code] : done) on_done(code);
  }

  AsioLoop& loop_;
  const CurlMultiLimits limits_;
  CURLM* multi_ = nullptr;  // while there is something to do
  std::map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  std::map<CURL*, OnDone> transfers_;
  Timer timer_;
  Timer idle_;
};

CurlMulti::CurlMulti(AsioLoop& loop, CurlMultiLimits limits)
    : impl_(std::make_shared<Impl>(loop, limits)) {}

CurlMulti::~CurlMulti() {
  impl_->close();
}

void CurlMulti::add(CURL* transfer, OnDone on_done) {
  impl_->add(transfer, std::move(on_done));
}

void CurlMulti::remove(CURL* transfer) {
  impl_->remove(transfer);
}

}  // namespace collet::http
