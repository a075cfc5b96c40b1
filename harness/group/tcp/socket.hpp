// TCP sockets that never block for longer than they are told to, and numeric addresses of both families.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster::tcp {

using Clock = std::chrono::steady_clock;

class Socket {
 public:
  Socket() = default;
  explicit Socket(int file) : file_(file) {}
  ~Socket() { close(); }
  Socket(Socket&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  int file() const { return file_; }
  void close();

 private:
  int file_ = -1;
};

struct Endpoint {
  std::string address;  ///< numeric, IPv4 or IPv6
  std::uint16_t port = 0;
  bool operator==(Endpoint const&) const = default;
};

/// Addresses of this node's interfaces that are up, those that other nodes may reach first and loopback last.
/// `demand` as in NCCL_SOCKET_IFNAME; "": all interfaces. Link-local IPv6 addresses are left out: they
/// mean nothing on another node. Throws Error(infrastructure) where none is left.
std::vector<std::string> own_addresses(std::string_view demand);

/// Listens on a port that the kernel chooses. Throws Error(infrastructure).
struct Listening {
  Socket socket;
  Endpoint endpoint;
};
Listening listen_on(std::string const& address);

/// The next connection that waits, without waiting for one; absent where none does.
std::optional<Socket> accept_from(Socket const& listening);

/// A connection, or why there is none.
struct Called {
  std::optional<Socket> socket{};
  bool refused = false;  ///< the machine is there, but nobody listens
  std::string fault{};
};
Called call(Endpoint const& endpoint, Clock::time_point until);

/// What one reading or writing step did, without waiting. `bytes` 0 and `alive`: nothing could be done now.
struct Moved {
  std::size_t bytes = 0;
  bool alive = true;    ///< false: the other side has closed, or is gone
  std::string fault{};  ///< why it is gone, where the kernel knows
};
Moved read_some(Socket const& socket, std::span<std::byte> into);
Moved write_some(Socket const& socket, std::span<std::byte const> head, std::span<std::byte const> rest);

/// All of `into`, by then; false where the other side closed or took longer.
bool read_all(Socket const& socket, std::span<std::byte> into, Clock::time_point until);
bool write_all(Socket const& socket, std::span<std::byte const> data, Clock::time_point until);

/// Milliseconds that poll() may wait; at least 0.
int milliseconds_until(Clock::time_point until);

}  // namespace muster::tcp
