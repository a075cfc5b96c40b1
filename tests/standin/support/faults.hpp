// Errors on demand. MUSTER_STANDIN_FAIL holds rules "function[@rank]:calls:action", separated by commas:
//   calls    3 (the third call), 3+ (the third and all later ones), * (every call)
//   action   a number     the function does nothing and returns that status
//            hang         it, or the work it enqueues, never ends
//            wrong        it succeeds, with a wrong answer
//            delay=MS     it takes that much longer
//            async=CODE   the work it enqueues never ends, and the communicator reports CODE (NCCL)
//   function may be one of our kernels by its plain name (memory_copy_fp64); `wrong` then means that it
//   writes nothing. rank     of the communicator, or as mpirun's environment gives it
// Each library counts the calls of its own functions. Setting the variable anew starts counting anew.
#pragma once
#include <optional>
#include <string_view>

namespace muster::standin {

struct Fault {
  enum class Kind { status, hang, wrong, delay, async };
  Kind kind = Kind::status;
  int value = 0;
};

/// Counts a call of `function` and says what is to go wrong with it. `rank` -1: that of the environment.
std::optional<Fault> fault(std::string_view function, int rank = -1);

/// The same for functions that only return a status: delays and hangs here, and gives the status to return,
/// if any.
std::optional<int> injected(std::string_view function, int rank = -1);

/// Never returns.
[[noreturn]] void hang();

void delay(int milliseconds);

}  // namespace muster::standin
