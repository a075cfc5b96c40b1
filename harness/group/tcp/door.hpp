// How ranks come to be connected: one listens, the other calls, and each proves to the other that it knows
// the start's token before a byte of anything else is believed.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/group/tcp/socket.hpp"

namespace muster::tcp {

/// Random, of one start of workers. The caller shows the first half, the listener answers with the second:
/// whoever takes a call meant for another learns nothing that would let it pass for a listener.
struct Token {
  std::array<std::byte, 16> call{}, answer{};
  bool operator==(Token const&) const = default;
};
Token new_token();                        ///< throws Error(infrastructure)
std::string to_text(Token const& token);  ///< 64 hexadecimal digits
std::optional<Token> token_from(std::string_view text);

/// Whom a call is for, and who calls.
struct Purpose {
  std::uint64_t group = 0;
  int rank = 0;
  auto operator<=>(Purpose const&) const = default;
};

/// What to do now and then while waiting: look whether anything has happened that ends the wait, by an
/// exception.
using Look = std::function<void()>;

/// This process's listening sockets, and the connections that came in before they were asked for.
class Door {
 public:
  /// Listens on each address. Throws Error(infrastructure).
  Door(std::vector<std::string> const& addresses, Token const& token, int most_callers);

  std::vector<Endpoint> const& endpoints() const { return endpoints_; }

  /// The connection of that caller, the last one if it has called again; absent when it has not come by then.
  /// Strangers are turned away.
  std::optional<Socket> await(Purpose const& purpose, Clock::time_point until, Look const& look);
  /// Of anybody who calls for that group, in the order of their ranks and calls.
  std::optional<std::pair<Purpose, Socket>> await_any(std::uint64_t group, Clock::time_point until);

  int turned_away() const { return turned_away_; }

 private:
  struct Caller {
    Socket socket;
    Clock::time_point since;
    std::vector<std::byte> said{};
  };
  void serve(int milliseconds);
  void admit();
  bool hear(Caller& caller);
  bool welcome(Caller& caller);
  bool turn_away_if(bool really);

  Token token_;
  std::size_t most_callers_;
  std::vector<Socket> listening_;
  std::vector<Endpoint> endpoints_;
  std::list<Caller> callers_;               ///< not known yet
  std::multimap<Purpose, Socket> waiting_;  ///< known, not asked for yet
  int turned_away_ = 0;
};

/// Calls the first of the endpoints whose listener proves itself, over and over until then. Throws
/// Error(infrastructure): "`who` cannot be reached (at each address: why) remedy".
Socket call_door(std::vector<Endpoint> const& endpoints, Token const& token, Purpose const& purpose,
                 Clock::time_point until, std::string const& who, Look const& look);

}  // namespace muster::tcp
