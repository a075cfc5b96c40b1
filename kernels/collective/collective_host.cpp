// Collectives on the host: the group's own (MPI's), on buffers in this rank's memory.
#include <algorithm>
#include <cstring>

#include "kernels/collective/collective_buffers.hpp"
#include "kernels/collective/collective_instance.hpp"
#include "kernels/collective/collective_makers.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/host/buffer.hpp"
#include "kernels/host/copy_rate.hpp"

namespace muster {

namespace {

void blank(host::Buffer& buffer) {  // as floats: NaN
  if (buffer.bytes() > 0) std::memset(buffer.data(), 0xFF, static_cast<std::size_t>(buffer.bytes()));
}

host::Buffer memory(std::size_t bytes) { return bytes > 0 ? host::Buffer(bytes) : host::Buffer(); }

class HostSide final : public CollectiveSide {
 public:
  HostSide(CollectiveProblem const& problem, Group& group, Device& device)
      : problem_(problem),
        layout_(collective_layout(problem)),
        device_(device),
        source_(memory(layout_.source)),
        target_(memory(layout_.target)),
        sent_(problem.sent()),
        received_(problem.received()),
        call_(collective_call(problem, source_.data() + layout_.send_at, result(), sent_, received_)),
        ready_(group.ready(call_)) {}

  void start() override { ready_->run(); }

  void refill() override {
    blank(source_);
    blank(target_);
    fill_source(problem_, source_.data() + layout_.send_at, device_.team());
  }

  void spoil() override { blank(target_); }

  // Holding it against a result that was right takes a small part of the time that computing it anew would.
  void compare() override {
    if (layout_.recv == 0) return;
    bool const known = reference_.bytes() > 0;
    if (known && std::memcmp(reference_.data(), result(), layout_.recv) == 0) return;
    bool const right = std::ranges::all_of(check_all(), [](auto const& fault) { return fault.wrong == 0; });
    if (!right) {
      ++wrong_samples_;
    } else if (!known) {
      reference_ = host::Buffer(layout_.recv);
      std::memcpy(reference_.data(), result(), layout_.recv);
    }
  }

  std::uint64_t wrong_samples() override { return wrong_samples_; }

  std::vector<SegmentFault> check_all() override { return check_result(problem_, result(), device_.team()); }

  /// Each rank has to read from its peers what it counts as sent, and to write it, which is what a copy does
  /// once.
  std::optional<Bound> expected(Topology topology) override {
    return expected_host_bandwidth(problem_.operation, topology, host::copy_bound(problem_.size()));
  }

 private:
  std::byte* result() { return layout_.in_place ? source_.data() + layout_.recv_at : target_.data(); }

  CollectiveProblem problem_;
  CollectiveLayout layout_;
  Device& device_;
  host::Buffer source_, target_, reference_{};
  Exchange sent_, received_;
  CollectiveCall call_;
  std::unique_ptr<ReadyCall> ready_;
  std::uint64_t wrong_samples_ = 0;
};

void refuse_gpu_params(Params const& params) {
  if (params.text("graph") != "no_graph")
    throw Unsupported("CUDA graphs are a GPU's (this is the host backend) leave graph away");
  if (params.text("registration") != "none")
    throw Unsupported("registered buffers are NCCL's (this is the host backend) leave registration away");
}

template <Operation operation>
std::unique_ptr<Instance> make(Params const& params, Context& context) {
  refuse_gpu_params(params);
  auto members = choose_members(member_choice(params, context.seed), context.group);
  CollectiveProblem problem;
  std::unique_ptr<CollectiveSide> side;
  on_all_ranks(context.group, [&] {
    if (!members.group) return;
    Group& group = *members.group;
    problem = collective_problem(operation, params, context.seed, group.rank(), group.size());
    require_work(problem);
    require_memory(problem, 1, context.device.free_memory());
    side = std::make_unique<HostSide>(problem, group, context.device);
  });
  return std::make_unique<CollectiveInstance>(problem, std::move(members), collective_timing(params), context,
                                              std::move(side));
}

CollectiveMakers const makers{[]<Operation operation>() -> Maker { return &make<operation>; }};

}  // namespace

}  // namespace muster
