#include "harness/group/tcp/door.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>
#include <thread>

#include "harness/core/error.hpp"

namespace muster::tcp {
namespace {

constexpr auto patience = std::chrono::seconds(10);  // with a caller that does not say who it is
constexpr auto answer_patience = std::chrono::seconds(30);
constexpr auto one_try = std::chrono::seconds(3);  // at one address
constexpr auto slice = std::chrono::milliseconds(50);

/// The only thing that a stranger can make us read. All ranks are of one build, so it travels as it lies in
/// memory.
struct Greeting {
  std::array<char, 8> mark{'m', 'u', 's', 't', 'e', 'r', '-', '1'};
  std::array<std::byte, 16> proof{};
  std::uint64_t group = 0;
  std::uint64_t rank = 0;
};
static_assert(sizeof(Greeting) == 40);

/// In a time that does not tell where they differ.
bool same(std::array<std::byte, 16> const& a, std::array<std::byte, 16> const& b) {
  std::byte difference{};
  for (std::size_t i = 0; i < a.size(); ++i) difference |= a[i] ^ b[i];
  return difference == std::byte{};
}

bool proves(Greeting const& greeting, Token const& token) {
  return same(greeting.proof, token.call) && greeting.mark == Greeting{}.mark;
}

/// One try at one address: a connection whose other end has proved itself, or why not.
Called greeted(Endpoint const& endpoint, Token const& token, Purpose const& purpose,
               Clock::time_point until) {
  auto called = call(endpoint, std::min(until, Clock::now() + one_try));
  if (!called.socket) return called;
  Greeting greeting{
      .proof = token.call, .group = purpose.group, .rank = static_cast<std::uint64_t>(purpose.rank)};
  std::array<std::byte, 16> answer{};
  // A listener that waits for a call of its own answers after that.
  bool const answered = write_all(*called.socket, std::as_bytes(std::span(&greeting, 1)), until) &&
                        read_all(*called.socket, answer, std::min(until, Clock::now() + answer_patience));
  if (answered && same(answer, token.answer)) return called;
  return {{}, false, answered ? "somebody else listens there" : "no answer to the greeting"};
}

}  // namespace

Token new_token() {
  Token token;
  if (getrandom(&token, sizeof token, 0) != sizeof token)
    throw Error(ExitCode::infrastructure, fmt::format("no random numbers ({})", std::strerror(errno)));
  return token;
}

std::string to_text(Token const& token) {
  std::string text;
  for (auto const& half : {token.call, token.answer}) {
    for (auto const byte : half) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  }
  return text;
}

std::optional<Token> token_from(std::string_view text) {
  Token token;
  if (text.size() != 2 * sizeof token) return std::nullopt;
  auto* const bytes = reinterpret_cast<unsigned char*>(&token);
  for (std::size_t i = 0; i < sizeof token; ++i) {
    auto const* const at = text.data() + 2 * i;
    auto const read = std::from_chars(at, at + 2, bytes[i], 16);
    if (read.ec != std::errc() || read.ptr != at + 2) return std::nullopt;
  }
  return token;
}

Door::Door(std::vector<std::string> const& addresses, Token const& token, int most_callers)
    : token_(token), most_callers_(static_cast<std::size_t>(most_callers)) {
  for (auto const& address : addresses) {
    auto one = listen_on(address);
    listening_.push_back(std::move(one.socket));
    endpoints_.push_back(std::move(one.endpoint));
  }
}

std::optional<Socket> Door::await(Purpose const& purpose, Clock::time_point until, Look const& look) {
  for (;;) {
    if (auto const last = waiting_.upper_bound(purpose);
        last != waiting_.begin() && std::prev(last)->first == purpose) {
      auto socket = std::move(std::prev(last)->second);
      waiting_.erase(purpose);
      return socket;
    }
    if (Clock::now() > until) return std::nullopt;
    serve(std::min(milliseconds_until(until), static_cast<int>(slice.count())));
    look();
  }
}

std::optional<std::pair<Purpose, Socket>> Door::await_any(std::uint64_t group, Clock::time_point until) {
  for (;;) {
    auto const first = waiting_.lower_bound({group, 0});
    if (first != waiting_.end() && first->first.group == group) {
      auto found = waiting_.extract(first);
      return std::pair(found.key(), std::move(found.mapped()));
    }
    if (Clock::now() > until) return std::nullopt;
    serve(milliseconds_until(until));
  }
}

/// Waits for something to happen, and deals with it.
void Door::serve(int milliseconds) {
  std::vector<pollfd> files;
  for (auto const& socket : listening_) files.push_back({socket.file(), POLLIN, 0});
  for (auto const& caller : callers_) files.push_back({caller.socket.file(), POLLIN, 0});
  if (!callers_.empty()) milliseconds = std::min(milliseconds, 1000);  // some may have to go
  bool const any = poll(files.data(), files.size(), milliseconds) > 0;
  auto file = files.begin() + static_cast<std::ptrdiff_t>(listening_.size());
  callers_.remove_if([&](Caller& caller) {
    bool const late = Clock::now() - caller.since > patience;
    return ((file++)->revents != 0 && hear(caller)) || turn_away_if(late);
  });
  if (any) admit();
}

void Door::admit() {
  for (auto const& listening : listening_) {
    while (auto socket = accept_from(listening)) {
      callers_.push_back({std::move(*socket), Clock::now()});
      if (callers_.size() <= most_callers_) continue;
      callers_.pop_front();  // the one that has kept us waiting longest
      turn_away_if(true);
    }
  }
}

/// True when the caller is no longer to be heard: known by now, or turned away.
bool Door::hear(Caller& caller) {
  std::array<std::byte, sizeof(Greeting)> room;
  auto const step = read_some(caller.socket, std::span(room).first(sizeof(Greeting) - caller.said.size()));
  caller.said.insert(caller.said.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(step.bytes));
  bool const whole = caller.said.size() == sizeof(Greeting);
  if (whole && welcome(caller)) return true;
  return turn_away_if(whole || !step.alive);
}

bool Door::turn_away_if(bool really) {
  turned_away_ += really ? 1 : 0;
  return really;
}

bool Door::welcome(Caller& caller) {
  Greeting greeting;
  std::memcpy(&greeting, caller.said.data(), sizeof greeting);
  if (!proves(greeting, token_) || greeting.rank > most_callers_) return false;
  if (!write_all(caller.socket, token_.answer, Clock::now())) return false;
  Purpose const purpose{greeting.group, static_cast<int>(greeting.rank)};
  waiting_.emplace(purpose, std::move(caller.socket));
  return true;
}

Socket call_door(std::vector<Endpoint> const& endpoints, Token const& token, Purpose const& purpose,
                 Clock::time_point until, std::string const& who, Look const& look) {
  std::string reasons;
  int refusals = 0;
  do {
    reasons.clear();
    bool all_refused = true;
    for (auto const& endpoint : endpoints) {
      auto called = greeted(endpoint, token, purpose, until);
      if (called.socket) return std::move(*called.socket);
      all_refused = all_refused && called.refused;
      reasons += fmt::format("{}{} port {}: {}", reasons.empty() ? "" : "; ", endpoint.address, endpoint.port,
                             called.fault);
    }
    refusals = all_refused ? refusals + 1 : 0;
    look();
    std::this_thread::sleep_for(slice);
  } while (Clock::now() < until && refusals < 3);
  throw Error(ExitCode::infrastructure,
              fmt::format("{} cannot be reached ({}) look whether it has ended, and whether nodes reach each "
                          "other there (MUSTER_SOCKET_IFNAME names the interface)",
                          who, reasons));
}

}  // namespace muster::tcp
