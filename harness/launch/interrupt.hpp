// SIGINT, SIGTERM and SIGHUP as a flag: handlers only set it, loops ask for it.
#pragma once

namespace muster {

/// While one lives, the first of those signals sets the flag in place of ending the program. The second one
/// ends it at once, with exit code 130 (SIGINT) or 143: what is in the journals is whole lines.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(InterruptGuard const&) = delete;
  InterruptGuard& operator=(InterruptGuard const&) = delete;
};

int interrupt_signal();  ///< the first signal that came, or 0

}  // namespace muster
