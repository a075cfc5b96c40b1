// How the ranks of one start find each other: rank 0 leaves an invitation in the run folder, the others call
// it and say who they are, and all learn of all.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "harness/group/tcp/members.hpp"
#include "harness/group/tcp/wire.hpp"

namespace muster::tcp {

struct MeetingSettings {
  std::filesystem::path invitation;  ///< of this start alone, on a filesystem that all nodes see
  int rank = 0;
  Member self{};                         ///< but for its endpoints
  std::vector<std::string> addresses{};  ///< to listen on
  double seconds = 120;                  ///< in which all have to come
};

/// What every rank has when all have come.
class Meeting {
 public:
  /// A call that all ranks make. Throws Error(infrastructure), with all that is wrong: ranks that do not come
  /// or come twice, of another build, or of a world of another size.
  explicit Meeting(MeetingSettings const& settings);

  int rank() const { return rank_; }
  int size() const { return static_cast<int>(members_.size()); }
  Member const& member(int rank) const { return members_[static_cast<std::size_t>(rank)]; }
  Wires& wires() { return wires_; }

  /// The connection to that rank in a group that both are in; the one calls, the other awaits.
  Wire& call(int rank, std::uint64_t group);
  Wire& await(int rank, std::uint64_t group);

 private:
  using Guests = std::map<int, Wire*>;  ///< by rank

  Clock::time_point patience() const;
  void host(MeetingSettings const& settings);
  void receive_guest(Guests& guests, int rank, Socket socket);
  void require_all(Guests const& guests);
  void attend(MeetingSettings const& settings);
  Wire& connected(int rank, Socket socket);
  Look look();

  int rank_;
  double seconds_;
  Token token_{};
  std::vector<Member> members_{};
  Wires wires_;
  std::optional<Door> door_{};
};

}  // namespace muster::tcp
