// The link search among GPUs: exchanges by NCCL, over the communicator of all ranks.
#include <cuda_runtime_api.h>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "kernels/collective/collective_buffers.hpp"
#include "kernels/collective/collective_instance.hpp"
#include "kernels/collective/collective_kernels_cuda.hpp"
#include "kernels/collective/links_instance.hpp"
#include "kernels/collective/nccl_memory.hpp"
#include "kernels/collective/nccl_team.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"

namespace muster::cuda {
namespace {

class NcclLinkSide final : public LinkSide {
 public:
  NcclLinkSide(CollectiveProblem const& problem, std::shared_ptr<NcclTeam> team, Device& device)
      : problem_(problem),
        team_(std::move(team)),
        device_(device),
        stream_(static_cast<cudaStream_t>(device.queue())),
        source_(static_cast<std::size_t>(problem.size()), "what a rank sends"),
        target_(static_cast<std::size_t>(problem.size()), "what a rank receives"),
        call_{.operation = problem.operation,
              .type = problem.type,
              .send = source_.as(),
              .recv = target_.as(),
              .count = problem.count()} {
    device_.while_waiting(
        [this](double seconds) { communicator().look(std::chrono::duration<double>(seconds)); });
    fill_source(problem, source_.as(), device.info().units, stream_);
    device_.wait();
  }
  // What is stuck in the stream would hold up the memory's return.
  ~NcclLinkSide() override {
    device_.while_waiting({});
    communicator().abort_if_broken();
  }
  NcclLinkSide(NcclLinkSide const&) = delete;
  NcclLinkSide& operator=(NcclLinkSide const&) = delete;

  void meet(int partner) override {
    problem_.with = call_.partner = partner;
    check_.reset();
    if (partner >= 0) check_.emplace(problem_, device_.info().units, stream_);
    spoil();
    device_.wait();
  }

  void start() override { communicator().run(call_, stream_); }

  void spoil() override {
    cuda::check(cudaMemsetAsync(target_.as(), 0xFF, target_.bytes(), stream_), "cudaMemsetAsync");
  }

  std::vector<SegmentFault> check() override {
    if (!check_) return {};
    auto faults = check_->faults(target_.as());
    communicator().require_healthy();
    return faults;
  }

  /// None where several ranks share a GPU.
  std::optional<Bound> expected(Topology topology) override {
    if (team_->shares_gpus) return std::nullopt;
    topology.link = device_.link_bandwidth();
    return expected_bus_bandwidth(Operation::pairwise, topology);
  }

 private:
  NcclCommunicator& communicator() const { return *team_->communicator; }

  CollectiveProblem problem_;
  std::shared_ptr<NcclTeam> team_;
  Device& device_;
  cudaStream_t stream_;
  DeviceBuffer source_, target_;
  CollectiveCall call_;
  std::optional<ResultCheck> check_{};  ///< of what this partner sends
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const team = nccl_team(MemberChoice{}, context);
  return make_links(params, context, [&](CollectiveProblem const& problem) {
    require_memory(problem, 0, left_by_nccl(context.device.free_memory()));
    return std::make_unique<NcclLinkSide>(problem, team, context.device);
  });
}

MakerRegistration const registration{"collective/links", &make};

}  // namespace
}  // namespace muster::cuda
