#include "kernels/gemm/gemm_operands_cuda.hpp"

#include "kernels/contract/error.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/gemm/gemm_data.hpp"
#include "kernels/gemm/gemm_fill_cuda.hpp"

namespace muster::cuda {
namespace {

std::uint64_t aligned(std::uint64_t bytes) { return (bytes + 511) / 512 * 512; }

}  // namespace

OperandSets::OperandSets(GemmProblem const& problem, unsigned sets, Device& device) : problem_(problem) {
  try {
    place(sets);
  } catch (OutOfMemory const&) {  // free memory may be there in pieces
    if (sets == 1) throw;
    place(1);
  }
  fill(device);
}

void OperandSets::place(unsigned sets) {
  auto const a = aligned(problem_.a_bytes()), b = aligned(problem_.b_bytes());
  result_stride_ = aligned(problem_.d_bytes());
  memory_ = DeviceBuffer(sets * (a + b + result_stride_), "the operands");
  sets_.clear();
  for (unsigned set = 0; set < sets; ++set) {
    auto* const from = memory_.as<char>() + set * (a + b);
    sets_.push_back({from, from + a, memory_.as<char>() + sets * (a + b) + set * result_stride_});
  }
}

void OperandSets::fill(Device& device) {
  auto* const stream = static_cast<cudaStream_t>(device.queue());
  auto const make = [&](GemmMatrix matrix, GemmType type, std::uint64_t count,
                        void const* GemmOperands::*where) {
    auto* const first = const_cast<void*>(sets_.front().*where);
    gemm_fill(type, first, count, gemm_key(problem_.seed, matrix), problem_.dist, device.info().units,
              stream);
    for (unsigned set = 1; set < this->count(); ++set) {
      check(cudaMemcpyAsync(const_cast<void*>(sets_[set].*where), first, count * element_bytes(type),
                            cudaMemcpyDeviceToDevice, stream),
            "cudaMemcpyAsync");
    }
  };
  make(GemmMatrix::a, problem_.type, problem_.a_count(), &GemmOperands::a);
  make(GemmMatrix::b, problem_.b_type(), problem_.b_count(), &GemmOperands::b);
}

}  // namespace muster::cuda
