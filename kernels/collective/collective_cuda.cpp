// Collectives among GPUs by NCCL.
#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "kernels/collective/collective_buffers.hpp"
#include "kernels/collective/collective_instance.hpp"
#include "kernels/collective/collective_kernels_cuda.hpp"
#include "kernels/collective/collective_makers.hpp"
#include "kernels/collective/nccl_memory.hpp"
#include "kernels/collective/nccl_team.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/cuda/stream.hpp"

namespace muster::cuda {
namespace {

class NcclSide final : public CollectiveSide {
 public:
  NcclSide(CollectiveProblem const& problem, Registration registration, bool captured,
           std::shared_ptr<NcclTeam> team, Device& device)
      : problem_(problem),
        layout_(collective_layout(problem)),
        registration_(registration),
        team_(std::move(team)),
        device_(device),
        stream_(static_cast<cudaStream_t>(device.queue())),
        source_(memory(layout_.source, "the collective's source")),
        target_(layout_.in_place ? NcclMemory() : memory(layout_.target, "the collective's target")),
        sent_(problem.sent()),
        received_(problem.received()),
        call_(collective_call(problem, source_.data() + layout_.send_at, result(), sent_, received_)),
        check_(problem, device.info().units, stream_),
        captured_(captured) {
    device_.while_waiting(
        [this](double seconds) { communicator().look(std::chrono::duration<double>(seconds)); });
  }
  // What is stuck in the stream would hold up the memory's return.
  ~NcclSide() override {
    device_.while_waiting({});
    communicator().abort_if_broken();
  }
  NcclSide(NcclSide const&) = delete;
  NcclSide& operator=(NcclSide const&) = delete;

  /// Makes its memory known to NCCL; untimed, on all ranks at once when each has it, as are the next two.
  void attach() {
    source_.attach();
    target_.attach();
    refill();
  }
  /// What NCCL expects the call to take: a column, so that it cannot be had costs no case.
  void ask_estimate(std::function<void(std::string)> const& note) {
    try {
      estimate_ = communicator().estimate(call_);
    } catch (CaseError const& error) {
      note(fmt::format("no estimate of NCCL's ({})", error.what()));
    }
  }
  void ask_choice() { choice_ = communicator().chosen(call_, stream_); }

  void start() override { communicator().run(call_, stream_); }

  void refill() override {
    blank(source_);
    blank(target_);
    fill_source(problem_, source_.data() + layout_.send_at, device_.info().units, stream_);
  }

  void spoil() override { blank(target_); }
  void compare() override { check_.count_sample(result()); }
  std::uint64_t wrong_samples() override { return check_.wrong_samples(); }

  std::vector<SegmentFault> check_all() override {
    auto faults = check_.faults(result());
    communicator().require_healthy();
    return faults;
  }

  bool recording() const override { return captured_ && is_capturing(stream_); }

  /// None where several ranks share a GPU, nor where the network or the switches may do what no ring could.
  std::optional<Bound> expected(Topology topology) override {
    if (team_->shares_gpus || !rings(topology)) return std::nullopt;
    topology.link = device_.link_bandwidth();
    return expected_bus_bandwidth(problem_.operation, topology);
  }

  std::vector<Figure> figures() override {
    std::vector<Figure> all{{"communicator_setup", communicator().joining_seconds(), "s"},
                            {"unique_ids", static_cast<double>(communicator().ids()), ""}};
    if (estimate_) all.push_back({"nccl_estimate", *estimate_, "s"});
    auto const& group = *team_->members.group;
    auto const link = choice_ ? wire_bytes(problem_.operation, choice_->algorithm,
                                           static_cast<double>(problem_.size()), group.size(), group.nodes())
                              : std::nullopt;
    if (link) all.push_back({"link_bytes", *link, "B"});
    return all;
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    std::vector<std::pair<std::string, std::string>> all;
    if (choice_) {
      all.emplace_back("algorithm", choice_->algorithm);
      if (!choice_->protocol.empty()) all.emplace_back("protocol", choice_->protocol);
      if (choice_->channels > 0) all.emplace_back("channels", std::to_string(choice_->channels));
    }
    return all;
  }

 private:
  NcclCommunicator& communicator() const { return *team_->communicator; }
  std::byte* result() { return layout_.in_place ? source_.data() + layout_.recv_at : target_.data(); }

  /// Registered memory is the same size everywhere; plain memory is as much as this rank needs.
  NcclMemory memory(std::size_t bytes, char const* what) {
    bool const registered = registration_ != Registration::none;
    if (!registered && bytes == 0) return {};
    return {communicator(), registered ? static_cast<std::size_t>(problem_.size()) : bytes, registration_,
            what};
  }

  void blank(NcclMemory const& memory) const {  // as floats: NaN
    if (memory.bytes() > 0)
      check(cudaMemsetAsync(memory.data(), 0xFF, memory.bytes(), stream_), "cudaMemsetAsync");
  }

  bool rings(Topology const& topology) const {
    bool const may_be_a_tree = problem_.operation == Operation::all_reduce && topology.nodes == 2;
    if (!choice_) return !may_be_a_tree;
    if (choice_->algorithm == "TREE") return topology.nodes != 2;
    return choice_->algorithm == "RING";
  }

  CollectiveProblem problem_;
  CollectiveLayout layout_;
  Registration registration_;
  std::shared_ptr<NcclTeam> team_;  ///< before the memory: outlives it
  Device& device_;
  cudaStream_t stream_;
  NcclMemory source_, target_;
  Exchange sent_, received_;
  CollectiveCall call_;
  ResultCheck check_;
  bool captured_;
  std::optional<double> estimate_{};
  std::optional<NcclChoice> choice_{};
};

/// NCCL itself reduces 8-bit floats on 9.0 and later only (2.28: src/enqueue.cc).
void require_type(CollectiveProblem const& problem, DeviceInfo const& device) {
  bool const eight_bits =
      problem.type == ElementType::float8_e4m3 || problem.type == ElementType::float8_e5m2;
  if (!eight_bits || !reduces(problem.operation)) return;
  for (auto const& [name, text] : device.facts) {
    if (name == "compute_capability" && std::stod(text) < 9.0) {
      throw Unsupported(
          fmt::format("NCCL does not reduce {} on this GPU (compute capability {}; it takes 9.0) use "
                      "bfloat16 or float16",
                      muster::name(problem.type), text));
    }
  }
}

template <Operation operation>
std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const team = nccl_team(member_choice(params, context.seed), context);
  auto const timing = collective_timing(params);
  CollectiveProblem problem;
  std::unique_ptr<NcclSide> side;
  on_all_ranks(context.group, [&] {
    if (!team->communicator) return;
    Group& group = *team->members.group;
    problem = collective_problem(operation, params, context.seed, group.rank(), group.size());
    require_work(problem);
    require_type(problem, context.device.info());
    require_memory(problem, 0, left_by_nccl(context.device.free_memory()));
  });
  on_all_ranks(context.group, [&] {
    if (team->communicator)
      side =
          std::make_unique<NcclSide>(problem, registration_of(params), timing.graphs, team, context.device);
  });
  on_all_ranks(context.group, [&] {
    if (side) side->attach();
  });
  if (side) side->ask_estimate(context.note);
  on_all_ranks(context.group, [&] {
    if (side) side->ask_choice();
  });
  return std::make_unique<CollectiveInstance>(problem, team->members, timing, context, std::move(side));
}

CollectiveMakers const makers{[]<Operation operation>() -> Maker { return &make<operation>; }};

}  // namespace
}  // namespace muster::cuda
