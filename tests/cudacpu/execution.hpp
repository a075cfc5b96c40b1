// How a kernel runs on the CPU: blocks one after another, each thread of a block until it waits for others.
//
// A thread that never waits costs a function call; one that does gets a fibre of its own. Where all of a
// block's threads wait and none can go on, the launch ends with DivergentBarrier instead of hanging. Several
// host threads may launch at the same time; each runs its own launch, with its own shared memory.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "tests/cudacpu/vector_types.hpp"

// What every kernel reads. Set by the scheduler whenever it goes from one thread to another.
inline constinit thread_local uint3 threadIdx{0, 0, 0};
inline constinit thread_local uint3 blockIdx{0, 0, 0};
inline constinit thread_local dim3 blockDim{};
inline constinit thread_local dim3 gridDim{};
inline constexpr int warpSize = 32;

namespace cudacpu {

struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A launch that a GPU would refuse: an empty grid, more than 1024 threads a block, too much shared memory.
struct InvalidLaunch : Error {
  using Error::Error;
};

/// Threads wait at different barriers, or for threads that have returned. Says who waits where.
struct DivergentBarrier : Error {
  using Error::Error;
};

/// A warp operation whose mask does not name the thread that calls it, or a width that is no power of two up
/// to 32.
struct InvalidLane : Error {
  using Error::Error;
};

/// The order in which threads (and blocks) get their turn. A kernel that lacks a barrier is right in one
/// order and wrong in another, so tests run each kernel in all of them.
enum class Order { forward, backward, shuffled };
inline constexpr std::array all_orders{Order::forward, Order::backward, Order::shuffled};

struct Shape {
  dim3 grid{};
  dim3 block{};
  std::size_t shared_bytes = 0;  ///< dynamic shared memory
  Order order = Order::forward;
  std::uint64_t seed = 1;  ///< of Order::shuffled
};

/// Calls `thread` once for every thread of the launch. Throws Error, or what `thread` throws.
void run(Shape const& shape, std::function<void()> const& thread);

/// kernel<<<grid, block, shared>>>(arguments...): arguments are copied once, as CUDA does.
template <class... Parameters, class... Arguments>
void launch(Shape const& shape, void (*kernel)(Parameters...), Arguments&&... arguments) {
  std::tuple<Parameters...> const copies(std::forward<Arguments>(arguments)...);
  run(shape, [&] { std::apply(kernel, copies); });
}

// ---- what the built-in functions of intrinsics.hpp are made of ----

/// The place of a call in a kernel's source. (std::source_location is missing in clang 14.)
struct Where {
  char const* file = "";
  int line = 0;
  static constexpr Where current(char const* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
};

/// __syncthreads. All threads of the block must come to the same call.
void block_barrier(Where where);

enum class WarpOperation { sync, shuffle, vote, product };

/// What the lanes of one warp operation brought along.
struct Exchange {
  unsigned lanes = 0;  ///< those that took part
  std::array<std::uint64_t, 32> values{};
};

/// Waits for all lanes of `mask` that have not returned, and hands every one the values of all.
/// The result stays valid until the calling thread's next warp operation.
Exchange const& warp_exchange(WarpOperation operation, unsigned mask, std::uint64_t value, Where where);

/// Waits for all lanes of `mask` likewise. The last one to come calls `all_at_once` with what every lane
/// brought along, on behalf of all, before any goes on: what pointers lead to on their stacks is there.
void warp_together(WarpOperation operation, unsigned mask, std::uint64_t value,
                   void (*all_at_once)(Exchange const&), Where where);

/// Lane of the calling thread in its warp.
unsigned lane();

/// Storage for `extern __shared__ type name[]`; see CUDACPU_DYNAMIC_SHARED. Filled with 0xff at the start of
/// every block, so that what a kernel has not written is no zero.
struct DynamicShared {
  DynamicShared(void* (*storage)(), std::size_t capacity);
};
inline constexpr std::size_t dynamic_shared_capacity = 227 * 1024;  // of sm_90; sm_80 has 163 KiB

}  // namespace cudacpu

/// Gives `extern __shared__ type name[];` its storage. Stands in the namespace of the kernel that declares
/// it, in one source file of the test program.
#define CUDACPU_DYNAMIC_SHARED(type, name)                                                \
  alignas(128) thread_local type name[::cudacpu::dynamic_shared_capacity / sizeof(type)]; \
  static ::cudacpu::DynamicShared const name##_registration{[]() -> void* { return name; }, sizeof(name)};
