#include "harness/launch/interrupt.hpp"

#include <signal.h>

namespace muster {
namespace {

volatile sig_atomic_t received = 0;

extern "C" void remember_signal(int signal) {
  if (received == 0) received = signal;
}

constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};
struct sigaction previous[3];

}  // namespace

InterruptGuard::InterruptGuard() {
  received = 0;
  struct sigaction action {};
  action.sa_handler = &remember_signal;
  for (int i = 0; i < 3; ++i) sigaction(signals[i], &action, &previous[i]);
}

InterruptGuard::~InterruptGuard() {
  for (int i = 0; i < 3; ++i) sigaction(signals[i], &previous[i], nullptr);
}

int interrupt_signal() { return received; }

}  // namespace muster
