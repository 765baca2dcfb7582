// The command line's side of the REST API: finds the daemon, shows the token, understands errors.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "app/failure.hpp"
#include "app/surroundings.hpp"
#include "json/document.hpp"

namespace collet::app {

/// The flags of every command that talks to the daemon.
struct ClientOptions {
  std::optional<std::string> url;
  std::optional<std::string> token;
  std::optional<std::string> data_dir;
};

/// Where the data folder is: the flag, COLLET_DATA_DIR, `data_dir` of the default configuration
/// file, the XDG default.
[[nodiscard]] Outcome<std::filesystem::path> find_data_dir(const std::optional<std::string>& flag,
                                                           const Environment& environment);

/// One request.
struct ApiRequest {
  std::string method = "GET";
  std::string path;  ///< from "/api" on, with its query
  std::string body{};
  std::optional<std::chrono::milliseconds> answer_timeout =
      std::chrono::minutes(2);  ///< nothing: as long as it takes
};

class Client {
 public:
  /// Finds the daemon (--url, COLLET_URL, the run file) and the token (--token, COLLET_TOKEN, the
  /// token file). The token file is shown to nobody but the daemon of its data folder and addresses
  /// on loopback. Fails with `ExitCode::unreachable` where no daemon is known.
  [[nodiscard]] static Outcome<Client> find(const ClientOptions& options,
                                            const Surroundings& surroundings);

  [[nodiscard]] const std::string& url() const { return url_; }
  /// Sends a request and parses the answer. Refusals of the daemon become its error; exit codes
  /// come from `k_error_codes`.
  [[nodiscard]] Outcome<json::Document> send(const ApiRequest& request) const;
  /// The same for an answer that streams `progress` events before its `result` or `error`.
  [[nodiscard]] Outcome<json::Document> send_streamed(
      const ApiRequest& request, const std::function<void(std::string_view line)>& progress) const;

 private:
  Client(std::string url, std::optional<std::string> token, std::string token_source,
         const Fetch& fetch)
      : url_(std::move(url)),
        token_(std::move(token)),
        token_source_(std::move(token_source)),
        fetch_(&fetch) {}

  [[nodiscard]] http::ClientRequest prepared(const ApiRequest& request) const;
  [[nodiscard]] Failure unreachable(const Error& error) const;
  [[nodiscard]] Failure refusal(int status, const std::string& body) const;
  [[nodiscard]] Outcome<json::Document> parsed(std::string body) const;

  std::string url_;
  std::optional<std::string> token_;
  std::string token_source_;  ///< for messages
  const Fetch* fetch_;
};

/// `text` as one segment of a path or one value of a query (RFC 3986, section 2).
[[nodiscard]] std::string url_encoded(std::string_view text);

}  // namespace collet::app
