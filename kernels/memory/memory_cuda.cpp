// The memory workload on a GPU: own kernels with 16-byte accesses, checked by a further kernel.
#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/memory/memory_kernels_cuda.hpp"

namespace muster::cuda {
namespace {

class MemoryInstance final : public Instance {
 public:
  MemoryInstance(MemoryProblem const& problem, Device& device)
      : problem_(problem),
        device_(device),
        stream_(static_cast<cudaStream_t>(device.queue())),
        kernels_(problem, device.info().units, stream_),
        a_(problem.bytes, "array a"),
        b_(problem.bytes, "array b"),
        c_(problem.op == MemoryOp::triad ? problem.bytes : 0, "array c") {
    kernels_.fill(b_.as(), MemoryArray::b);
    if (problem.op == MemoryOp::triad) kernels_.fill(c_.as(), MemoryArray::c);
    spoil();
    device.wait();
  }

  void launch() override {
    kernels_.run(a_.as(), b_.as(), c_.as());
    launched_ = true;
  }

  Work work() const override { return problem_.work(); }

  Verdict verify() override {
    if (!launched_) launch();
    auto const verdict = memory_verdict(problem_, kernels_.compare(a_.as()));
    spoil();
    return verdict;
  }

  std::optional<Bound> bound() override { return device_.memory_bandwidth(); }

 private:
  /// What was checked once must not be found again by a later check: all NaN.
  void spoil() {
    check(cudaMemsetAsync(a_.as(), 0xFF, a_.bytes(), stream_), "cudaMemsetAsync");
    launched_ = false;
  }

  MemoryProblem problem_;
  Device& device_;
  cudaStream_t stream_;
  MemoryKernels kernels_;
  DeviceBuffer a_, b_, c_;
  bool launched_ = false;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const problem = memory_problem(params, context.seed);
  require_memory(problem, context.device.free_memory());
  return std::make_unique<MemoryInstance>(problem, context.device);
}

MakerRegistration const registration{"memory", &make};

}  // namespace
}  // namespace muster::cuda
