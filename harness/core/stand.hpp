// Where one rank stood when it had been at one step for too long, or was asked.
#pragma once
#include <cstdint>
#include <string>

namespace muster {

struct Stand {
  int launch = 0;
  int rank = -1;  ///< -1: it had not joined the others yet
  std::string node;
  std::string case_name{};  ///< "" before the first case and after the last
  std::string phase{};      ///< as in Failure::phase; "end": leaving the others
  std::string call{};       ///< the group call it was in; "": in none, at work on its own
  std::string part{};       ///< of which part of the ranks; "": of all of them
  /// Calls of all ranks together that it has begun and ended: odd inside of one. Alike on ranks that are at
  /// the same point.
  std::uint64_t steps = 0;
  std::uint64_t part_steps = 0;  ///< likewise of `part`
  bool expired = false;          ///< it says so because its own deadline passed, not because it was asked
  double seconds = 0;            ///< for which nothing moved
  double busy = 0;               ///< share of them in which its main thread was running, or ready to
};

}  // namespace muster
