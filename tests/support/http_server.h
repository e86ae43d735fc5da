// A web server on loopback, in threads of the test's own process, that can also do what servers should not.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace innate::test {

struct HttpRequest {
  std::string path;
  long long from = -1;  // "Range: bytes=FROM-"; -1: the whole
};

/// One connection, of one request. What is not sent when the handler returns is never sent.
class HttpReply {
 public:
  HttpReply(int socket, const std::atomic<bool>& stopped) : socket_(socket), stopped_(stopped) {}
  /// Both end early where the other side is gone.
  void send(const std::string& text);
  void wait(double seconds);

 private:
  int socket_;
  const std::atomic<bool>& stopped_;
  bool gone_ = false;
};

using HttpHandler = std::function<void(const HttpRequest&, HttpReply&)>;

class HttpServer {
 public:
  HttpServer();
  HttpServer(const HttpServer&) = delete;
  ~HttpServer();

  /// "http://127.0.0.1:PORT" + path.
  std::string url(const std::string& path = "/") const;
  /// What is not named answers 404.
  void on(const std::string& path, HttpHandler handler);
  /// All requests so far, in their order.
  std::vector<HttpRequest> requests() const;

 private:
  void listen_to_all();
  void answer(int socket);

  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopped_{false};
  mutable std::mutex mutex_;
  std::map<std::string, HttpHandler> handlers_;
  std::vector<HttpRequest> requests_;
  std::vector<std::thread> connections_;
  std::thread thread_;
};

// ---- Handlers ----

struct Serving {
  bool ranges = true;  // else the whole comes whatever was asked for
  std::size_t at_most = std::numeric_limits<std::size_t>::max();  // of the body a request; then it breaks off
  double then_wait = 0;                                           // before it breaks off
};
HttpHandler serve(const std::string& body, const Serving& how = {});
HttpHandler status(const std::string& code_and_reason, const std::string& body = "sorry");
HttpHandler redirect(const std::string& location);

}  // namespace innate::test
