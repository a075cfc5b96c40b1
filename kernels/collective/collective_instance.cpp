#include "kernels/collective/collective_instance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>

#include "kernels/collective/link_counters.hpp"

namespace muster {

namespace {

constexpr int counted_operations = 5;

}  // namespace

CollectiveTiming collective_timing(Params const& params) {
  bool const isolated = params.has("timing") && params.text("timing") == "isolated";
  return {isolated ? Regime::isolated : Regime::pipelined,
          params.has("graph") && params.text("graph") == "graph"};
}

void on_all_ranks(Group& world, std::function<void()> const& step) {
  std::exception_ptr failure;
  try {
    step();
  } catch (std::exception const&) {
    failure = std::current_exception();
  }
  bool const all_well = world.max(failure ? 1.0 : 0.0) == 0;
  if (failure) std::rethrow_exception(failure);
  if (!all_well) throw PeerFault("another rank could not set up (see its message)");
}

CollectiveInstance::CollectiveInstance(CollectiveProblem const& problem, Members members,
                                       CollectiveTiming timing, Context& context,
                                       std::unique_ptr<CollectiveSide> side)
    : problem_(problem),
      members_(std::move(members)),
      timing_(timing),
      world_(context.group),
      network_(context.network),
      device_(context.device),
      side_(std::move(side)) {
  if (auto const note = problem_.rounding_note(); !note.empty()) context.note(note);
  if (side_) side_->refill();
  device_.wait();
}

std::uint64_t CollectiveInstance::operations() const {
  std::uint64_t const repeated = !ran_ ? 0 : timing_.regime == Regime::isolated ? 1 : 2;
  return std::min<std::uint64_t>(launches_ + repeated, 2);
}

bool CollectiveInstance::checkable() const {
  return operations() == 1 || (operations() > 1 && problem_.repeatable());
}

void CollectiveInstance::prepare() {
  if (problem_.in_place) {
    side_->refill();
  } else {
    side_->spoil();
  }
  launches_ = 0;
}

void CollectiveInstance::reset() {
  if (!side_) return;
  if (checkable()) {
    side_->compare();
    ++compared_;
  }
  if (operations() > 0) prepare();
  ran_ = recorded_;  // the sample that begins now
}

void CollectiveInstance::launch() {
  if (!side_) return;
  if (timing_.graphs && side_->recording()) {
    recorded_ = true;  // whoever repeats the recording does not tell
  } else {
    ++launches_;
  }
  side_->start();
}

Work CollectiveInstance::work() const { return side_ ? problem_.work() : Work{}; }

Verdict CollectiveInstance::verify() {
  if (!side_) return {Verdict::Status::not_applicable, "sits this case out", 0, 0, {}};
  if (!checkable()) {
    side_->refill();
    side_->start();
  }
  device_.wait();
  auto const result = verdict();
  side_->refill();
  device_.wait();
  launches_ = 0;
  ran_ = false;
  return result;
}

Verdict CollectiveInstance::verdict() {
  auto result = judge_result(problem_, segments_of(problem_), side_->check_all(), members_.ranks);
  auto const wrong = side_->wrong_samples();
  result.method += problem_.repeatable() || timing_.regime == Regime::isolated
                       ? "; after every sample as well"
                       : "; not after samples, whose sums replaced their own input";
  if (wrong > 0) {
    auto const text =
        fmt::format("of {} timed samples {} left a wrong result on rank {}", compared_, wrong, world_.rank());
    result.detail = result.detail.empty() ? text : result.detail + "; " + text;
    result.status = Verdict::Status::fail;
    result.error += static_cast<double>(wrong);
  }
  return result;
}

/// Of what belongs to the node, the part that this rank's group can use while the node's other groups work as
/// well.
double CollectiveInstance::share_of_node() const {
  return static_cast<double>(members_.group->node_size()) / world_.node_size();
}

Topology CollectiveInstance::topology() {
  Group& group = *members_.group;
  Network mine = network_;
  mine.bytes_per_second *= share_of_node();
  mine.ports = static_cast<int>(std::ceil(mine.ports * share_of_node()));
  return {.ranks = group.size(),
          .nodes = group.nodes(),
          .ranks_per_node = static_cast<int>(group.max(group.node_size())),
          .network = mine};
}

std::optional<Bound> CollectiveInstance::bound() {
  return side_ ? side_->expected(topology()) : std::nullopt;
}

// Several operations between two looks at the node's counters, on all nodes at once. The ranks' own barriers
// and what else the node sends are counted too, so small messages are left out.
void CollectiveInstance::measure_wire() {
  constexpr double least = 64 << 10;
  double const largest = world_.max(side_ ? static_cast<double>(problem_.size()) : 0.0);
  if (world_.nodes() < 2 || largest < least) return;
  world_.barrier();
  auto const before = bytes_sent();
  for (int i = 0; i < counted_operations; ++i) {
    launch();
    device_.wait();
  }
  world_.barrier();
  auto const after = bytes_sent();
  if (!side_ || after < before) return;  // a counter that began anew tells nothing
  sent_bytes_ = static_cast<double>(after - before) / counted_operations * share_of_node();
}

std::vector<Figure> CollectiveInstance::figures() {
  measure_wire();
  if (!side_) return {};
  auto all = problem_.figures();
  all.push_back({"results_compared", static_cast<double>(compared_), ""});
  if (sent_bytes_ > 0) all.push_back({"node_sent_bytes", sent_bytes_, "B"});
  for (auto& figure : side_->figures()) all.push_back(std::move(figure));
  return all;
}

std::vector<std::pair<std::string, std::string>> CollectiveInstance::facts() {
  std::vector<std::pair<std::string, std::string>> all{{"group", members_.text},
                                                       {"timing", std::string(name(timing_.regime))}};
  if (!network_.source.empty() && world_.nodes() > 1) all.emplace_back("network", network_.source);
  if (!side_) return all;
  for (auto& fact : side_->facts()) all.push_back(std::move(fact));
  return all;
}

}  // namespace muster
