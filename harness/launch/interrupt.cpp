#include "harness/launch/interrupt.hpp"

#include <signal.h>
#include <unistd.h>

#include <ctime>

namespace muster {
namespace {

volatile sig_atomic_t received = 0;

constexpr char words[] =
    "muster: stopped at once; every finished case is in the journals: muster collect, or muster run "
    "--resume\n";

/// Launchers may hand one signal on twice; a person who presses a key again takes longer.
constexpr long echo_milliseconds = 250;
struct timespec first {};

long milliseconds_since_first() {
  struct timespec now {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 1000 * (now.tv_sec - first.tv_sec) + (now.tv_nsec - first.tv_nsec) / 1'000'000;
}

extern "C" void remember_signal(int signal) {
  if (received == 0) {
    clock_gettime(CLOCK_MONOTONIC, &first);
    received = signal == SIGUSR2 ? SIGTERM : signal;
    return;
  }
  if (milliseconds_since_first() < echo_milliseconds) return;
  // Nobody waits for whether people could be told.
  [[maybe_unused]] auto const told = write(STDERR_FILENO, words, sizeof words - 1);
  _exit(signal == SIGINT ? 130 : 143);
}

constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR2};
constexpr int count = 4;
struct sigaction previous[count];

}  // namespace

InterruptGuard::InterruptGuard() {
  received = 0;
  struct sigaction action {};
  action.sa_handler = &remember_signal;
  for (int i = 0; i < count; ++i) sigaction(signals[i], &action, &previous[i]);
}

InterruptGuard::~InterruptGuard() {
  for (int i = 0; i < count; ++i) sigaction(signals[i], &previous[i], nullptr);
}

int interrupt_signal() { return received; }

}  // namespace muster
