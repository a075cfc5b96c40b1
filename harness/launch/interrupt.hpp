// SIGINT, SIGTERM and SIGHUP as a flag: handlers only set it, loops ask for it.
#pragma once

namespace muster {

/// While one lives, those signals set the flag in place of ending the program.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(InterruptGuard const&) = delete;
  InterruptGuard& operator=(InterruptGuard const&) = delete;
};

int interrupt_signal();  ///< the first signal that came, or 0

}  // namespace muster
