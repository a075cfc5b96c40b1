// All-reduce among GPUs by NCCL.
#include <exception>

#include "kernels/collective/all_reduce_check.hpp"
#include "kernels/collective/nccl_communicator.hpp"
#include "kernels/collective/shared_gpus.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"

namespace muster::cuda {
namespace {

ncclDataType_t nccl_type(ReduceType type) {
  switch (type) {
    case ReduceType::float32:
      return ncclFloat32;
    case ReduceType::float64:
      return ncclFloat64;
    case ReduceType::float16:
      return ncclFloat16;
    case ReduceType::bfloat16:
      return ncclBfloat16;
  }
  throw Unsupported("NCCL has no such type");
}

/// What one rank needs besides the communicator: may fail on one rank alone.
struct Buffers {
  explicit Buffers(std::size_t bytes)
      : in(bytes, "the input"), out(bytes, "the result"), host(new std::byte[bytes]) {}
  DeviceBuffer in, out;
  std::unique_ptr<std::byte[]> host;
};

/// A rank that cannot go on must say so before the others wait for it inside NCCL.
Buffers buffers_on_all_ranks(AllReduceProblem const& problem, Group& group) {
  std::optional<Buffers> buffers;
  std::exception_ptr failure;
  try {
    (void)nccl();
    buffers.emplace(problem.bytes);
  } catch (...) {
    failure = std::current_exception();
  }
  bool const all_well = group.max(failure ? 1.0 : 0.0) == 0;
  if (failure) std::rethrow_exception(failure);
  if (!all_well) throw CaseError("another rank could not set up; see its message");
  return *std::move(buffers);
}

class AllReduceInstance final : public Instance {
 public:
  AllReduceInstance(AllReduceProblem const& problem, Context& context)
      : problem_(problem),
        device_(context.device),
        shared_gpus_(prepare_shared_gpus(context)),
        one_node_(context.group.node_size() == context.group.size()),
        stream_(static_cast<cudaStream_t>(device_.queue())),
        buffers_(buffers_on_all_ranks(problem, context.group)),
        communicator_(context.group) {
    fill_all_reduce(problem_, buffers_.host.get(), device_.team());
    copy_to_device(buffers_.in.as(), buffers_.host.get(), problem_.bytes, stream_);
    spoil();
    device_.wait();
  }

  void launch() override {
    communicator_.all_reduce_sum(buffers_.in.as(), buffers_.out.as(), problem_.count(),
                                 nccl_type(problem_.type), stream_);
    launched_ = true;
  }

  Work work() const override { return problem_.work(); }

  Verdict verify() override {
    if (!launched_) launch();
    copy_to_host(buffers_.host.get(), buffers_.out.as(), problem_.bytes, stream_);
    communicator_.require_healthy();
    spoil();
    return check_all_reduce(problem_, buffers_.host.get(), device_.team());
  }

  /// Between nodes the network limits, which the device does not know.
  std::optional<Bound> bound() override {
    return one_node_ && !shared_gpus_ ? device_.link_bandwidth() : std::nullopt;
  }

  std::vector<Figure> figures() override { return problem_.figures(); }

 private:
  /// What was checked once must not be found again by a later check: all NaN.
  void spoil() {
    check(cudaMemsetAsync(buffers_.out.as(), 0xFF, problem_.bytes, stream_), "cudaMemsetAsync");
    launched_ = false;
  }

  AllReduceProblem problem_;
  Device& device_;
  bool shared_gpus_, one_node_;
  cudaStream_t stream_;
  Buffers buffers_;
  NcclCommunicator communicator_;  // after the buffers: ends before they go
  bool launched_ = false;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const problem = all_reduce_problem(params, context.seed, context.group.rank(), context.group.size());
  return std::make_unique<AllReduceInstance>(problem, context);
}

MakerRegistration const registration{"collective/all_reduce", &make};

}  // namespace
}  // namespace muster::cuda
