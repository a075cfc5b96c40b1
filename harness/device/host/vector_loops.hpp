// Loops of multiply-adds that touch no memory: what one core can do at most.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster {

struct VectorLoop {
  /// Does `steps` steps; the result keeps a compiler from dropping them.
  double (*run)(std::uint64_t steps) = nullptr;
  double operations_per_step = 0;  ///< a multiply-add counts as two
};

/// The widest that this CPU has: AMX tiles (bf16, int8), AVX-512, AVX2 with FMA (fp64, fp32), AVX-VNNI (int8)
/// or plain C++ (fp64, fp32). Absent for types that the CPU has no instructions for, and for fp16 with
/// AMX-FP16, whose tiles do more than this file's loop.
std::optional<VectorLoop> vector_loop(std::string_view type);

/// AMX's part of it; absent without AMX, or where the kernel does not let this process use it.
std::optional<VectorLoop> amx_loop(std::string_view type);

/// Bits of the widest vectors in use; 0 where only plain C++ is.
int vector_bits();
/// "avx512f, avx512_bf16, avx512_vnni": what the loops can use here; "" where only plain C++ is.
std::string vector_instructions();

}  // namespace muster
