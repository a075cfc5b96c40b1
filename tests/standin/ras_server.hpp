// A RAS service that says one thing, for tests.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace muster::standin {

class RasServer {
 public:
  /// Answers every question with `answer`; with `silent` it says that and then neither more nor goodbye.
  explicit RasServer(std::string answer, bool silent = false)
      : answer_(std::move(answer)), silent_(silent), file_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    auto* const address = reinterpret_cast<sockaddr*>(&here);
    if (bind(file_, address, size) != 0 || listen(file_, 4) != 0 || getsockname(file_, address, &size) != 0)
      throw std::runtime_error("no port to listen on");
    port_ = ntohs(here.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  RasServer(RasServer const&) = delete;
  RasServer& operator=(RasServer const&) = delete;
  ~RasServer() {
    ended_ = true;
    thread_.join();
    close(file_);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// What was asked.
  std::string question() const {
    std::lock_guard const lock(mutex_);
    return question_;
  }

 private:
  void serve() {
    while (!ended_) {
      pollfd entry{file_, POLLIN, 0};
      if (poll(&entry, 1, 10) <= 0) continue;
      int const peer = accept(file_, nullptr, nullptr);
      if (peer < 0) continue;
      answer(peer);
      while (silent_ && !ended_) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      close(peer);
    }
  }
  void answer(int peer) {
    std::string asked;
    char buffer[256];
    while (asked.find("STATUS\n") == std::string::npos) {
      auto const got = recv(peer, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      asked.append(buffer, static_cast<std::size_t>(got));
    }
    {
      std::lock_guard const lock(mutex_);
      question_ = asked;
    }
    (void)send(peer, answer_.data(), answer_.size(), MSG_NOSIGNAL);
  }

  std::string const answer_;
  bool const silent_;
  int const file_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::string question_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace muster::standin
