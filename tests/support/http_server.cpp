#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace innate::test {

namespace {

bool readable_within(int socket, int milliseconds) {
  pollfd one{socket, POLLIN, 0};
  return poll(&one, 1, milliseconds) > 0;
}

/// Up to the empty line; "" where none comes.
std::string read_head(int socket, const std::atomic<bool>& stopped) {
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos && !stopped) {
    if (!readable_within(socket, 20)) continue;
    char bytes[4096];
    const ssize_t got = recv(socket, bytes, sizeof bytes, 0);
    if (got <= 0) return "";
    head.append(bytes, static_cast<std::size_t>(got));
  }
  return head;
}

HttpRequest parse(const std::string& head) {
  HttpRequest request;
  const std::size_t begin = head.find(' ') + 1;
  request.path = head.substr(begin, head.find(' ', begin) - begin);
  const std::string range = "Range: bytes=";
  if (const std::size_t at = head.find(range); at != std::string::npos)
    request.from = std::stoll(head.substr(at + range.size()));
  return request;
}

std::string head(const std::string& status, std::size_t length, const std::string& more = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(length) +
         "\r\nConnection: close\r\n" + more + "\r\n";
}

}  // namespace

void HttpReply::send(const std::string& text) {
  std::size_t done = 0;
  while (done < text.size() && !gone_ && !stopped_) {
    pollfd one{socket_, POLLOUT, 0};
    if (poll(&one, 1, 20) <= 0) continue;
    const ssize_t sent = ::send(socket_, text.data() + done, text.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) gone_ = true;
    if (sent > 0) done += static_cast<std::size_t>(sent);
  }
}

void HttpReply::wait(double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end && !gone_ && !stopped_)
    if (readable_within(socket_, 20))
      gone_ = true;  // nothing more is asked on this connection: it was closed
}

HttpServer::HttpServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || bind(listener_, any, size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, any, &size) != 0)
    throw std::runtime_error("no server on loopback");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { listen_to_all(); });
}

HttpServer::~HttpServer() {
  stopped_ = true;
  thread_.join();
  for (std::thread& connection : connections_) connection.join();
  close(listener_);
}

void HttpServer::listen_to_all() {
  while (!stopped_) {
    if (!readable_within(listener_, 20)) continue;
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket >= 0) connections_.emplace_back([this, socket] { answer(socket); });
  }
}

void HttpServer::answer(int socket) {
  if (const std::string text = read_head(socket, stopped_); !text.empty()) {
    const HttpRequest request = parse(text);
    HttpHandler handler = status("404 Not Found");
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      if (const auto found = handlers_.find(request.path); found != handlers_.end()) handler = found->second;
    }
    HttpReply reply(socket, stopped_);
    handler(request, reply);
  }
  shutdown(socket, SHUT_WR);
  close(socket);
}

std::string HttpServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

void HttpServer::on(const std::string& path, HttpHandler handler) {
  const std::lock_guard lock(mutex_);
  handlers_[path] = std::move(handler);
}

std::vector<HttpRequest> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

HttpHandler serve(const std::string& body, const Serving& how) {
  return [body, how](const HttpRequest& request, HttpReply& reply) {
    const bool part = how.ranges && request.from >= 0;
    const auto from = part ? static_cast<std::size_t>(request.from) : 0;
    const std::string all = std::to_string(body.size());
    if (part && from >= body.size()) {
      reply.send(head("416 Range Not Satisfiable", 0, "Content-Range: bytes */" + all + "\r\n"));
      return;
    }
    const std::string range = "Content-Range: bytes " + std::to_string(from) + "-" +
                              std::to_string(body.size() - 1) + "/" + all + "\r\n";
    reply.send(part ? head("206 Partial Content", body.size() - from, range) : head("200 OK", body.size()));
    reply.send(body.substr(from, how.at_most));
    reply.wait(how.then_wait);
  };
}

HttpHandler status(const std::string& code_and_reason, const std::string& body) {
  return [=](const HttpRequest&, HttpReply& reply) {
    reply.send(head(code_and_reason, body.size()));
    reply.send(body);
  };
}

HttpHandler redirect(const std::string& location) {
  return [=](const HttpRequest&, HttpReply& reply) {
    reply.send(head("302 Found", 0, "Location: " + location + "\r\n"));
  };
}

}  // namespace innate::test
