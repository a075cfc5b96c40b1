#include "harness/device/host/core_clock.hpp"

#include <chrono>
#include <cstdint>

namespace muster {
namespace {

#if defined(__x86_64__)
#define MUSTER_ADD "add %[one], %[sum]\n\t"
#elif defined(__aarch64__)
#define MUSTER_ADD "add %[sum], %[sum], %[one]\n\t"
#endif

#ifdef MUSTER_ADD
#define MUSTER_TEN_ADDS                                                                              \
  MUSTER_ADD MUSTER_ADD MUSTER_ADD MUSTER_ADD MUSTER_ADD MUSTER_ADD MUSTER_ADD MUSTER_ADD MUSTER_ADD \
      MUSTER_ADD

/// 100 additions a round: the loop's own counting runs beside them.
void add(std::uint64_t rounds) {
  std::uint64_t sum = rounds;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    asm volatile(MUSTER_TEN_ADDS MUSTER_TEN_ADDS MUSTER_TEN_ADDS MUSTER_TEN_ADDS MUSTER_TEN_ADDS
                     MUSTER_TEN_ADDS MUSTER_TEN_ADDS MUSTER_TEN_ADDS MUSTER_TEN_ADDS MUSTER_TEN_ADDS
                 : [sum] "+r"(sum)
                 : [one] "r"(std::uint64_t{1})
                 : "cc");
  }
}
#undef MUSTER_TEN_ADDS
#undef MUSTER_ADD
constexpr bool known = true;
#else
void add(std::uint64_t) {}
constexpr bool known = false;
#endif

}  // namespace

std::optional<double> core_clock_hz() {
  if (!known) return std::nullopt;
  using Clock = std::chrono::steady_clock;
  constexpr std::uint64_t rounds = 2000;
  auto const start = Clock::now();
  add(rounds);
  double const seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return 100.0 * static_cast<double>(rounds) / seconds;
}

}  // namespace muster
