#include "http/resolver.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/mutex.hpp"

namespace collet::http {
namespace {

using Addresses = std::vector<IpAddress>;

std::optional<IpAddress> address_of(const addrinfo& entry) {
  IpAddress address{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (entry.ai_family == AF_INET && entry.ai_addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in socket{};
    std::memcpy(&socket, entry.ai_addr, sizeof socket);
    std::memcpy(address.data() + 12, &socket.sin_addr, 4);
    return address;
  }
  if (entry.ai_family == AF_INET6 && entry.ai_addrlen >= sizeof(sockaddr_in6)) {
    sockaddr_in6 socket{};
    std::memcpy(&socket, entry.ai_addr, sizeof socket);
    std::memcpy(address.data(), &socket.sin6_addr, address.size());
    return address;
  }
  return std::nullopt;
}

std::unexpected<Error> failed(std::string why) {
  return fail(ErrorCode::worker_unavailable, std::move(why));
}

Result<Addresses> ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error == EAI_SYSTEM) return failed(std::generic_category().message(errno));
  if (error != 0) return failed(::gai_strerror(error));
  Addresses addresses;
  for (const auto* entry = list; entry != nullptr; entry = entry->ai_next) {
    const auto address = address_of(*entry);
    if (address && std::ranges::find(addresses, *address) == addresses.end()) {
      addresses.push_back(*address);
    }
  }
  ::freeaddrinfo(list);
  if (addresses.empty()) return failed("it has no addresses");
  return addresses;
}

class ThreadedResolver final : public Resolver {
 public:
  ThreadedResolver(Loop& loop, LookUp look_up, ResolverLimits limits)
      : loop_(loop),
        limits_(limits),
        look_up_(std::move(look_up)),
        mailbox_(std::make_shared<Mailbox>(loop, *this)) {}
  ~ThreadedResolver() override { mailbox_->close(); }
  ThreadedResolver(const ThreadedResolver&) = delete;
  ThreadedResolver& operator=(const ThreadedResolver&) = delete;

  void resolve(Lookup lookup, Reply<Addresses> reply) override {
    const auto caller = lookup.caller;
    callers_[caller].waiting.push_back({std::move(lookup), std::move(reply)});
    start_waiting(caller);
  }

 private:
  struct Waiting {
    Lookup lookup;
    Reply<Addresses> reply;
  };
  struct Caller {
    std::size_t running = 0;
    std::deque<Waiting> waiting;
  };
  using Answers = std::vector<std::pair<Reply<Addresses>, std::unexpected<Error>>>;

  /// The way back from a thread that may outlive the resolver, and the loop.
  class Mailbox : public std::enable_shared_from_this<Mailbox> {
   public:
    Mailbox(Loop& loop, ThreadedResolver& owner) : loop_(&loop), owner_(&owner) {}
    void close() {
      const Lock lock(mutex_);
      loop_ = nullptr;
      owner_ = nullptr;
    }
    void send(std::uint64_t number, Result<Addresses> outcome) {
      const Lock lock(mutex_);
      if (loop_ == nullptr) return;
      loop_->post([self = shared_from_this(), number, outcome = std::move(outcome)]() mutable {
        self->deliver(number, std::move(outcome));
      });
    }

   private:
    // On the loop, where the owner ends too.
    void deliver(std::uint64_t number, Result<Addresses> outcome) {
      ThreadedResolver* owner = nullptr;
      {
        const Lock lock(mutex_);
        owner = owner_;
      }
      if (owner != nullptr) owner->finish(number, std::move(outcome));
    }

    Mutex mutex_;
    Loop* loop_ GUARDED_BY(mutex_);
    ThreadedResolver* owner_ GUARDED_BY(mutex_);
  };

  /// Takes out what nobody waits for any more.
  void drop_late(std::deque<Waiting>& waiting, Answers& answers) {
    const auto is_late = [now = loop_.now()](const Waiting& each) {
      return each.lookup.deadline.expired(now);
    };
    for (auto& each : waiting) {
      if (!is_late(each)) continue;
      answers.emplace_back(std::move(each.reply),
                           fail(ErrorCode::timeout, "other lookups took all of the time"));
    }
    std::erase_if(waiting, is_late);
  }

  /// Starts as many of the caller's lookups as may run, and refuses what is beyond those that may
  /// wait: the newest, which came just now.
  void start_waiting(const std::string& caller) {
    const auto found = callers_.find(caller);
    auto& [running, waiting] = found->second;
    Answers answers;
    drop_late(waiting, answers);
    for (; !waiting.empty() && running < limits_.running_max; waiting.pop_front()) {
      auto& [lookup, reply] = waiting.front();
      try {
        const auto number = ++last_number_;
        std::thread([mailbox = mailbox_, look_up = look_up_, number, host = lookup.host] {
          mailbox->send(number, look_up(host));
        }).detach();
        ++running;
        running_.emplace(number, Running{caller, std::move(reply)});
      } catch (const std::system_error& error) {  // there are no more threads
        answers.emplace_back(std::move(reply), failed(error.code().message()));
      }
    }
    for (; waiting.size() > limits_.waiting_max; waiting.pop_back()) {
      answers.emplace_back(
          std::move(waiting.back().reply),
          fail(ErrorCode::overloaded,
               fmt::format("{} other lookups wait, which is the limit", limits_.waiting_max)));
    }
    if (running == 0) callers_.erase(found);
    for (auto& [reply, error] : answers) reply(std::move(error));
  }

  void finish(std::uint64_t number, Result<Addresses> outcome) {
    auto [caller, reply] = std::move(running_.extract(number).mapped());
    --callers_.find(caller)->second.running;
    start_waiting(caller);
    reply(std::move(outcome));
  }

  struct Running {
    std::string caller;
    Reply<Addresses> reply;
  };
  std::map<std::string, Caller, std::less<>> callers_;
  std::map<std::uint64_t, Running> running_;
  std::uint64_t last_number_ = 0;
  Loop& loop_;
  const ResolverLimits limits_;
  const LookUp look_up_;
  const std::shared_ptr<Mailbox> mailbox_;
};

}  // namespace

std::unique_ptr<Resolver> make_resolver(Loop& loop, LookUp look_up, ResolverLimits limits) {
  return std::make_unique<ThreadedResolver>(loop, std::move(look_up), limits);
}

std::unique_ptr<Resolver> make_system_resolver(Loop& loop) {
  return make_resolver(loop, &ask_system);
}

}  // namespace collet::http
