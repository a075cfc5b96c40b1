// The ranks of a start: who they are, where they listen.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/group/tcp/door.hpp"

namespace muster::tcp {

struct Member {
  std::string node;   ///< for people: its host name
  std::string place;  ///< the same for ranks of one node, for no others
  std::string build;  ///< of its program
  int size = 0;       ///< of the world, as its launcher says
  std::vector<Endpoint> endpoints{};
};

/// Lines of text; absent for what to_text() does not make.
std::string to_text(Member const& member);
std::optional<Member> member_from(std::string_view text);

/// What rank 0 leaves for the others, who know its name: where it listens, and the token. For this user's
/// eyes only, there whole or not at all. Throws Error(infrastructure).
struct Invitation {
  Token token{};
  std::vector<Endpoint> endpoints{};
};
std::string to_text(Invitation const& invitation);
std::optional<Invitation> invitation_from(std::string_view text);

}  // namespace muster::tcp
