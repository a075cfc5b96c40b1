// The memory workload on a GPU: own kernels with 16-byte accesses, checked by a further kernel.
#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/memory/memory_kernels_cuda.hpp"

namespace muster::cuda {
namespace {

class MemoryInstance final : public Instance {
 public:
  MemoryInstance(MemoryProblem const& problem, Regime regime, Device& device)
      : problem_(problem),
        regime_(regime),
        device_(device),
        stream_(static_cast<cudaStream_t>(device.queue())),
        kernels_(problem, {device.info().units, problem.past_cache(device.cache_bytes()), stream_}),
        a_(problem.bytes_of(MemoryArray::pattern), "array a"),
        b_(problem.bytes_of(MemoryArray::b), "array b"),
        c_(problem.bytes_of(MemoryArray::c), "array c") {
    if (reads_b(problem.op)) kernels_.fill(b_.as(), MemoryArray::b);
    if (reads_c(problem.op)) kernels_.fill(c_.as(), MemoryArray::c);
    if (problem.op == MemoryOp::read) expected_sum_ = expected_sum(problem, device.team());
    spoil();
    device.wait();
  }

  void launch() override {
    kernels_.run(a_.as(), b_.as(), c_.as());
    launched_ = true;
  }

  Work work() const override { return problem_.work(); }
  Regime regime() const override { return regime_; }
  bool recordable() const override { return true; }

  Verdict verify() override {
    if (!launched_) launch();
    auto const verdict = problem_.op == MemoryOp::read ? read_verdict(problem_, kernels_.compare(b_.as()),
                                                                      kernels_.take_sum(), expected_sum_)
                                                       : memory_verdict(problem_, kernels_.compare(a_.as()));
    spoil();
    return verdict;
  }

  std::optional<Bound> bound() override {
    return problem_.beyond_cache(device_.cache_bytes()) ? device_.memory_bandwidth() : std::nullopt;
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    return cache_facts(problem_, device_.cache_bytes());
  }

 private:
  /// What was checked once must not be found again by a later check: all NaN. (A sum is forgotten once
  /// taken.)
  void spoil() {
    if (writes_a(problem_.op)) check(cudaMemsetAsync(a_.as(), 0xFF, a_.bytes(), stream_), "cudaMemsetAsync");
    launched_ = false;
  }

  MemoryProblem problem_;
  Regime regime_;
  Device& device_;
  cudaStream_t stream_;
  MemoryKernels kernels_;
  DeviceBuffer a_, b_, c_;
  std::uint64_t expected_sum_ = 0;
  bool launched_ = false;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const problem = memory_problem(params, context.seed);
  require_memory(problem, free_memory_for(regime_of(params), context.device));
  return std::make_unique<MemoryInstance>(problem, regime_of(params), context.device);
}

MakerRegistration const registration{"memory", &make};

}  // namespace
}  // namespace muster::cuda
