// Which rank of how many this process is, in the words of the launcher that started it.
#pragma once
#include <functional>
#include <string>

namespace muster::tcp {

struct Seat {
  int rank = 0, size = 1;
};

/// A variable's value; null where it is not set.
using Variables = std::function<char const*(char const* name)>;

/// From OMPI_COMM_WORLD_RANK and _SIZE, PMI_RANK and PMI_SIZE, SLURM_PROCID and SLURM_NTASKS. Of several
/// launchers, one inside the other, those that started `wanted` processes count (0: all of them). Throws
/// Error(infrastructure), with all that is wrong, where none is there, where they name different ranks, where
/// a number is none or no rank of its world.
Seat seat_by_launcher(int wanted, Variables const& variables);

}  // namespace muster::tcp
