#include "harness/group/tcp/socket.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>

#include "harness/core/error.hpp"
#include "harness/group/sockets.hpp"

namespace muster::tcp {
namespace {

constexpr int backlog = 4096;

/// A node that is lost closes nothing: its silence is noticed after idle + interval * probes, half a minute.
constexpr int idle_seconds = 10, interval_seconds = 5, probes = 4;

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

struct Place {
  Address address{};
  socklen_t size = 0;
};

/// Absent for what is no numeric address.
std::optional<Place> place_of(Endpoint const& endpoint) {
  Place place;
  if (inet_pton(AF_INET, endpoint.address.c_str(), &place.address.v4.sin_addr) == 1) {
    place.address.v4.sin_family = AF_INET;
    place.address.v4.sin_port = htons(endpoint.port);
    place.size = sizeof place.address.v4;
  } else if (inet_pton(AF_INET6, endpoint.address.c_str(), &place.address.v6.sin6_addr) == 1) {
    place.address.v6.sin6_family = AF_INET6;
    place.address.v6.sin6_port = htons(endpoint.port);
    place.size = sizeof place.address.v6;
  } else {
    return std::nullopt;
  }
  return place;
}

std::string text_of(sockaddr const& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  void const* const bits =
      address.sa_family == AF_INET
          ? static_cast<void const*>(&reinterpret_cast<sockaddr_in const&>(address).sin_addr)
          : static_cast<void const*>(&reinterpret_cast<sockaddr_in6 const&>(address).sin6_addr);
  return inet_ntop(address.sa_family, bits, text.data(), text.size());
}

bool usable(sockaddr const& address) {
  if (address.sa_family == AF_INET) return true;
  return address.sa_family == AF_INET6 &&
         !IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<sockaddr_in6 const&>(address).sin6_addr);
}

/// Where other nodes hardly come by: bridges of containers and virtual machines, then this node's own loop.
int remoteness(std::string_view interface, std::string_view address) {
  if (address == "::1" || address.starts_with("127.")) return 2;
  return interface.starts_with("docker") || interface.starts_with("virbr") ? 1 : 0;
}

void set(int file, int level, int option, int value) {
  // An option that a kernel lacks costs speed or a later notice, not correctness.
  (void)setsockopt(file, level, option, &value, sizeof value);
}

Socket tuned(int file) {
  set(file, IPPROTO_TCP, TCP_NODELAY, 1);
  set(file, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(file, IPPROTO_TCP, TCP_KEEPIDLE, idle_seconds);
  set(file, IPPROTO_TCP, TCP_KEEPINTVL, interval_seconds);
  set(file, IPPROTO_TCP, TCP_KEEPCNT, probes);
  set(file, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000 * (idle_seconds + interval_seconds * probes));
  return Socket(file);
}

bool wait_for(int file, short events, Clock::time_point until) {
  pollfd one{file, events, 0};
  int ready = 0;
  do {
    ready = poll(&one, 1, milliseconds_until(until));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

Moved moved(ssize_t bytes) {
  if (bytes > 0) return {static_cast<std::size_t>(bytes), true, {}};
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  return {0, false, bytes < 0 ? std::strerror(errno) : ""};
}

[[noreturn]] void fail(std::string const& what, std::string const& remedy) {
  throw Error(ExitCode::infrastructure, fmt::format("{} ({}) {}", what, std::strerror(errno), remedy));
}

}  // namespace

void Socket::close() {
  if (file_ >= 0) ::close(std::exchange(file_, -1));
}

std::vector<std::string> own_addresses(std::string_view demand) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) fail("the network interfaces cannot be listed", "run where they can");
  std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> const owner(list, &freeifaddrs);
  auto const meant = nccl_means(demand, interfaces_here());
  std::vector<std::pair<int, std::string>> found;
  for (auto const* entry = list; entry; entry = entry->ifa_next) {
    auto const one = std::ranges::find(meant, entry->ifa_name, &Interface::name);
    if (one == meant.end() || !one->up || !entry->ifa_addr || !usable(*entry->ifa_addr)) continue;
    auto const text = text_of(*entry->ifa_addr);
    found.emplace_back(remoteness(entry->ifa_name, text), text);
  }
  std::ranges::stable_sort(found, {}, [](auto const& one) { return one.first; });
  std::vector<std::string> addresses;
  for (auto& [remote, text] : found) addresses.push_back(std::move(text));
  if (addresses.empty())
    throw Error(
        ExitCode::infrastructure,
        fmt::format("no network interface to meet the other ranks on ({}) name one that is up in "
                    "MUSTER_SOCKET_IFNAME",
                    demand.empty() ? "none is up with an address"
                                   : fmt::format("'{}' leaves none that is up with an address", demand)));
  return addresses;
}

Listening listen_on(std::string const& address) {
  auto const place = place_of({address, 0});
  if (!place) throw Error(ExitCode::infrastructure, fmt::format("'{}' is no numeric address", address));
  Socket socket(::socket(place->address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.file() < 0) fail("no socket could be made", "raise the limit of open files (ulimit -n)");
  if (bind(socket.file(), &place->address.any, place->size) != 0 || listen(socket.file(), backlog) != 0)
    fail("cannot listen on " + address, "name another interface in MUSTER_SOCKET_IFNAME");
  Address bound{};
  socklen_t size = sizeof bound;
  if (getsockname(socket.file(), &bound.any, &size) != 0) fail("the port of " + address + " is unknown", "");
  auto const port = ntohs(bound.any.sa_family == AF_INET ? bound.v4.sin_port : bound.v6.sin6_port);
  return {std::move(socket), {address, port}};
}

std::optional<Socket> accept_from(Socket const& listening) {
  int const file = accept4(listening.file(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (file >= 0) return tuned(file);
  if (errno == EMFILE || errno == ENFILE)
    fail("too many connections for this process", "raise the limit of open files (ulimit -n)");
  return std::nullopt;  // nobody waits, or who waited has gone
}

Called call(Endpoint const& endpoint, Clock::time_point until) {
  auto const place = place_of(endpoint);
  if (!place) return {{}, false, "no numeric address"};
  int const file = ::socket(place->address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (file < 0) return {{}, false, std::strerror(errno)};
  auto socket = tuned(file);
  int error = ::connect(file, &place->address.any, place->size) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    if (!wait_for(file, POLLOUT, until)) return {{}, false, "no answer"};
    socklen_t size = sizeof error;
    (void)getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error != 0) return {{}, error == ECONNREFUSED, std::strerror(error)};
  return {std::move(socket), false, {}};
}

Moved read_some(Socket const& socket, std::span<std::byte> into) {
  return moved(recv(socket.file(), into.data(), into.size(), MSG_DONTWAIT));
}

Moved write_some(Socket const& socket, std::span<std::byte const> head, std::span<std::byte const> rest) {
  std::array<iovec, 2> parts{{{const_cast<std::byte*>(head.data()), head.size()},
                              {const_cast<std::byte*>(rest.data()), rest.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return moved(sendmsg(socket.file(), &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}

bool read_all(Socket const& socket, std::span<std::byte> into, Clock::time_point until) {
  while (!into.empty()) {
    auto const step = read_some(socket, into);
    if (!step.alive) return false;
    into = into.subspan(step.bytes);
    if (step.bytes == 0 && !wait_for(socket.file(), POLLIN, until)) return false;
  }
  return true;
}

bool write_all(Socket const& socket, std::span<std::byte const> data, Clock::time_point until) {
  while (!data.empty()) {
    auto const step = write_some(socket, data, {});
    if (!step.alive) return false;
    data = data.subspan(step.bytes);
    if (step.bytes == 0 && !wait_for(socket.file(), POLLOUT, until)) return false;
  }
  return true;
}

int milliseconds_until(Clock::time_point until) {
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, INT_MAX));
}

}  // namespace muster::tcp
