#include "kernels/gemm/gemm_operands_host.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <stdexcept>

#include "kernels/contract/error.hpp"
#include "kernels/contract/share.hpp"
#include "kernels/host/cpu_features.hpp"

namespace muster::host {

namespace {

template <class T, class Element>
void fill(Buffer& buffer, std::uint64_t key, GemmDist dist, Team& team, Element element) {
  T* const values = buffer.as<T>();
  team.run([&](int index) {
    Share const part = share_of(buffer.bytes() / sizeof(T), index, team.size(), 4096 / sizeof(T));
    for (std::uint64_t i = part.begin; i < part.end; ++i) values[i] = element(key, i, dist);
  });
}

bool computes_natively(GemmType type) {
  switch (type) {
    case GemmType::fp64:
    case GemmType::fp32:
      return true;
    case GemmType::tf32:
    case GemmType::fp8_e4m3:
    case GemmType::fp8_e5m2:
    case GemmType::int32:
      return false;
#if defined(__x86_64__)
    case GemmType::bf16:
      return __builtin_cpu_supports("avx512bf16") != 0;
    case GemmType::fp16:
      return has_avx512fp16();
    case GemmType::int8:  // without VNNI products of two are summed in 16 bits, which saturate
      return __builtin_cpu_supports("avx512vnni") != 0 || has_avxvnni();
#else
    case GemmType::bf16:
    case GemmType::fp16:
    case GemmType::int8:
      return true;  // oneDNN says itself when it has none
#endif
  }
  return false;
}

}  // namespace

Buffer make_operand(GemmProblem const& problem, GemmMatrix matrix, Team& team) {
  Buffer buffer(matrix == GemmMatrix::a ? problem.a_bytes() : problem.b_bytes());
  std::uint64_t const key = gemm_key(problem.seed, matrix);
  auto const as = [&]<class T>(T (*element)(std::uint64_t, std::uint64_t, GemmDist)) {
    fill<T>(buffer, key, problem.dist, team, element);
  };
  switch (problem.type) {
    case GemmType::fp64:
      as(gemm_fp64);
      break;
    case GemmType::fp32:
      as(gemm_fp32);
      break;
    case GemmType::fp16:
      as(gemm_fp16);
      break;
    case GemmType::bf16:
      as(gemm_bf16);
      break;
    case GemmType::int8:
      as(gemm_int8);
      break;
    case GemmType::tf32:
    case GemmType::fp8_e4m3:
    case GemmType::fp8_e5m2:
    case GemmType::int32:
      throw std::logic_error("operands of a type that no library of the host has");
  }
  return buffer;
}

void refuse(GemmType type, std::string const& why) {
  throw Unsupported(
      fmt::format("the host backend has no {} GEMM ({}) use type fp32 or fp64", name(type), why));
}

void require_native(GemmType type) {
  if (!computes_natively(type))
    refuse(type, "this CPU does not compute in it, and emulation measures nothing");
}

}  // namespace muster::host
