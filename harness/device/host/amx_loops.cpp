// AMX: eight tiles of 16 rows of 64 bytes, four of them sums. A tile product takes 16 cycles and its sum is
// there after some 52 (Intel's optimization manual, Sapphire Rapids), so four sums keep the unit busy.
#include "harness/device/host/vector_loops.hpp"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "kernels/host/cpu_features.hpp"
#endif

namespace muster {

#if defined(__x86_64__) && defined(__linux__)

namespace {

/// Palette 1: every tile of full size (Intel's architecture manual, LDTILECFG).
struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfig) == 64);

constexpr int tile_words = 16 * 16;
constexpr double products_bf16 = 16 * 16 * 32, products_int8 = 16 * 16 * 64;
constexpr int sums = 4;

// The sums are those of operands whose products cancel: they stay small however long the loop is. GCC's tile
// loads do not say that they read memory, so it is told that a and b are wanted.
#define MUSTER_TILE_LOOP(name, isa, dot, left, right)                        \
  __attribute__((target(isa))) double name(std::uint64_t steps) {            \
    alignas(64) std::uint32_t a[tile_words], b[tile_words], sum[tile_words]; \
    std::fill_n(a, tile_words, left);                                        \
    std::fill_n(b, tile_words, right);                                       \
    TileConfig const config;                                                 \
    asm volatile("" : : "r"(a), "r"(b) : "memory");                          \
    _tile_loadconfig(&config);                                               \
    _tile_zero(0);                                                           \
    _tile_zero(1);                                                           \
    _tile_zero(2);                                                           \
    _tile_zero(3);                                                           \
    _tile_loadd(4, a, 64);                                                   \
    _tile_loadd(5, a, 64);                                                   \
    _tile_loadd(6, b, 64);                                                   \
    _tile_loadd(7, b, 64);                                                   \
    for (std::uint64_t i = 0; i < steps; ++i) {                              \
      dot(0, 4, 6);                                                          \
      dot(1, 4, 7);                                                          \
      dot(2, 5, 6);                                                          \
      dot(3, 5, 7);                                                          \
    }                                                                        \
    _tile_stored(0, sum, 64);                                                \
    _tile_release();                                                         \
    return static_cast<double>(sum[0]);                                      \
  }

// bf16: (1.5, -1.5) times (1.25, 1.25); int8: (1, -1, 2, -2) times (3, 3, 5, 5).
MUSTER_TILE_LOOP(amx_bf16, "amx-tile,amx-bf16", _tile_dpbf16ps, 0xBFC03FC0U, 0x3FA03FA0U)
MUSTER_TILE_LOOP(amx_int8, "amx-tile,amx-int8", _tile_dpbssd, 0xFE02FF01U, 0x05050303U)
#undef MUSTER_TILE_LOOP

/// The kernel gives a process the tiles' registers when it asks (Documentation/arch/x86/xstate.rst,
/// since 5.16); for all of its threads, and for good.
bool tiles_permitted() {
  constexpr long request = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  static bool const permitted = syscall(SYS_arch_prctl, request, tile_data) == 0;
  return permitted;
}

bool has_tiles() { return host::has_amx_tile() && tiles_permitted(); }

}  // namespace

std::optional<VectorLoop> amx_loop(std::string_view type) {
  if (type == "bf16" && host::has_amx_bf16() && has_tiles())
    return VectorLoop{amx_bf16, sums * 2.0 * products_bf16};
  if (type == "int8" && host::has_amx_int8() && has_tiles())
    return VectorLoop{amx_int8, sums * 2.0 * products_int8};
  return std::nullopt;
}

#else

std::optional<VectorLoop> amx_loop(std::string_view) { return std::nullopt; }

#endif

}  // namespace muster
