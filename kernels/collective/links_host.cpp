// The link search on the host: the group's own exchanges (MPI's), on buffers in this rank's memory.
#include <algorithm>
#include <cstring>

#include "kernels/collective/collective_buffers.hpp"
#include "kernels/collective/links_instance.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/host/buffer.hpp"
#include "kernels/host/copy_rate.hpp"

namespace muster {

namespace {

class HostLinkSide final : public LinkSide {
 public:
  HostLinkSide(CollectiveProblem const& problem, Group& world, Device& device)
      : problem_(problem),
        world_(world),
        device_(device),
        source_(problem.size()),
        target_(problem.size()),
        known_(problem.size()),
        call_{.operation = problem.operation,
              .type = problem.type,
              .send = source_.data(),
              .recv = target_.data(),
              .count = problem.count()} {
    fill_source(problem, source_.data(), device.team());
  }

  void meet(int partner) override {
    problem_.with = call_.partner = partner;
    is_known_ = false;
    spoil();
  }

  void start() override { world_.run(call_); }
  void spoil() override { std::memset(target_.data(), 0xFF, size()); }

  // Holding it against what was right before takes a small part of the time that making it anew would.
  std::vector<SegmentFault> check() override {
    if (is_known_ && std::memcmp(known_.data(), target_.data(), size()) == 0) return {SegmentFault{}};
    auto faults = check_result(problem_, target_.data(), device_.team());
    bool const right = std::ranges::all_of(faults, [](auto const& fault) { return fault.wrong == 0; });
    if (right && !is_known_) std::memcpy(known_.data(), target_.data(), size());
    is_known_ = is_known_ || right;
    return faults;
  }

  std::optional<Bound> expected(Topology topology) override {
    return expected_host_bandwidth(Operation::pairwise, topology, host::copy_bound(size()));
  }

 private:
  std::size_t size() const { return static_cast<std::size_t>(target_.bytes()); }

  CollectiveProblem problem_;
  Group& world_;
  Device& device_;
  host::Buffer source_, target_, known_;  ///< known_: what this partner sends, once it was seen to be right
  CollectiveCall call_;
  bool is_known_ = false;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return make_links(params, context, [&](CollectiveProblem const& problem) {
    require_memory(problem, 1, context.device.free_memory());
    return std::make_unique<HostLinkSide>(problem, context.group, context.device);
  });
}

MakerRegistration const registration{"collective/links", &make};

}  // namespace

}  // namespace muster
