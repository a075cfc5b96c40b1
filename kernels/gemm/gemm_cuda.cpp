// GEMM on a GPU by cuBLASLt.
#include <cstdlib>
#include <string_view>

#include "kernels/contract/backend.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/gemm/gemm_check.hpp"
#include "kernels/gemm/gemm_data.hpp"
#include "kernels/gemm/gemm_fill_cuda.hpp"
#include "kernels/gemm/lt_matmul.hpp"

namespace muster::cuda {
namespace {

class GemmInstance final : public Instance {
 public:
  GemmInstance(GemmProblem const& problem, std::size_t workspace_bytes, Device& device)
      : problem_(problem),
        device_(device),
        stream_(static_cast<cudaStream_t>(device.queue())),
        a_(problem.a_bytes(), "operand A"),
        b_(problem.b_bytes(), "operand B"),
        d_(problem.d_bytes(), "result D"),
        matmul_(problem, workspace_bytes, stream_) {
    fill(a_, GemmMatrix::a);
    fill(b_, GemmMatrix::b);
    launch();  // loads the kernel: the first call of an algorithm costs milliseconds
    spoil();
    device.wait();
  }

  void launch() override {
    matmul_.enqueue(a_.as(), b_.as(), d_.as());
    launched_ = true;
  }

  Work work() const override { return problem_.work(); }

  Verdict verify() override {
    if (!launched_) launch();
    auto const host = std::make_unique_for_overwrite<std::byte[]>(d_.bytes());
    copy_to_host(host.get(), d_.as(), d_.bytes(), stream_);
    spoil();
    return check_gemm(problem_, host.get(), device_.team());
  }

  std::optional<Bound> bound() override { return device_.peak_flops(name(problem_.type)); }

  std::vector<Figure> figures() override {
    return {{"workspace", static_cast<double>(matmul_.workspace_used()), "B"}};
  }

 private:
  void fill(DeviceBuffer const& buffer, GemmMatrix matrix) {
    gemm_fill(problem_.type, buffer.as(), buffer.bytes() / element_bytes(problem_.type),
              gemm_key(problem_.seed, matrix), device_.info().units, stream_);
  }
  /// What was checked once must not be found again by a later check: all NaN.
  void spoil() {
    check(cudaMemsetAsync(d_.as(), 0xFF, d_.bytes(), stream_), "cudaMemsetAsync");
    launched_ = false;
  }

  GemmProblem problem_;
  Device& device_;
  cudaStream_t stream_;
  DeviceBuffer a_, b_, d_;
  LtMatmul matmul_;
  bool launched_ = false;
};

void note_override(GemmProblem const& problem, Context& context) {
  char const* value = std::getenv("NVIDIA_TF32_OVERRIDE");
  if (problem.type == GemmType::tf32 && value && std::string_view(value) == "0") {
    context.note(
        "NVIDIA_TF32_OVERRIDE=0 is set: cuBLAS then computes tf32 cases in fp32; unset it to measure TF32");
  }
}

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const problem = gemm_problem(params, context.seed);
  auto const workspace = lt_workspace_bytes(context.device.info().index);
  require_memory(problem, context.device.free_memory(), workspace);
  note_override(problem, context);
  return std::make_unique<GemmInstance>(problem, workspace, context.device);
}

MakerRegistration const registration{"gemm", &make};

}  // namespace
}  // namespace muster::cuda
