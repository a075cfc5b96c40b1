// What the library says: its last error, and the lines of the TUNING subsystem.
#pragma once
#include <cstddef>
#include <string>

#include "tests/standin/nccl/call.hpp"

namespace muster::standin {

/// On standard error, and as what ncclGetLastError gives from now on.
void warn(std::string const& text);
/// The latter alone: another rank has said it already.
void remember(std::string const& text);
/// Good until the calling thread asks again.
char const* last_error();

/// What the stand-in claims to have chosen: up to 64 KiB TREE (all-reduce; else RING) with LL, up to 1 MiB
/// RING with LL128, above RING with SIMPLE.
struct Choice {
  char const *algorithm, *protocol;
};
Choice choice(Function function, std::size_t bytes);

/// 5 us for each rank, and the count's bytes at 10 GB/s.
float estimated_microseconds(std::size_t bytes, int ranks);

/// Writes the line of NCCL 2.28.9 (src/enqueue.cc, scheduleCollTasksToPlan) behind the prefix of its
/// src/debug.cc, where the environment asks for it: NCCL_DEBUG=INFO, TUNING in NCCL_DEBUG_SUBSYS;
/// NCCL_DEBUG_FILE with %h and %p, else standard output. The environment is read at the first line, and
/// again after reset_log().
void log_tuning(Call const& call, int device, int channels);
void reset_log();

}  // namespace muster::standin
