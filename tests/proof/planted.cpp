#include "tests/proof/planted.hpp"

#include <algorithm>
#include <cmath>

#include "harness/analyze/check.hpp"
#include "harness/record/load.hpp"
#include "tests/fleet/fleet.hpp"

namespace muster::proof {
namespace {

constexpr int sick_node = 5, sick_gpu = 3;

fleet::Fleet usual() {
  fleet::Fleet fleet{.nodes = 12, .launches = 5, .gemm_cases = 3, .memory_cases = 2};
  fleet.collective_cases = 1;
  return fleet;
}

Subject sick(Subject::Kind kind = Subject::Kind::gpu) {
  Subject subject{kind, fleet::node_name(sick_node)};
  if (kind != Subject::Kind::gpu) return subject;
  subject.device = sick_gpu;
  subject.uuid = "GPU-0005-3";
  return subject;
}

Subject link(int a, int b) { return {Subject::Kind::link, fleet::node_name(a), -1, "", fleet::node_name(b)}; }

Machine of(fleet::Fleet const& fleet) { return {fleet::document(fleet)}; }

Machine with(fleet::GpuFault const& fault) {
  auto fleet = usual();
  fleet.faults[{sick_node, sick_gpu}] = fault;
  return of(fleet);
}

/// Changes the entries of the sick GPU in all cases, or in one; of the sick node where `device` is -1.
template <class F>
Machine changed(F const& change, int device = sick_gpu, std::string const& only = "", int products = 3) {
  auto fleet = usual();
  fleet.gemm_cases = products;
  auto machine = of(fleet);
  for (auto& result : machine.document.cases) {
    if (!only.empty() && result.name != only) continue;
    for (auto& rank : result.rank_figures) {
      if (rank.node == fleet::node_name(sick_node) && (device < 0 || rank.device == device)) change(rank);
    }
  }
  return machine;
}

void slow_down(RankFigures& rank, double share) {
  rank.metric.median *= 1 - share;
  if (rank.percent_at_clock) *rank.percent_at_clock *= 1 - share;
}

template <class F>
Machine state_after(F const& change) {
  return changed([&](RankFigures& rank) { change(rank.after); });
}

template <class F>
Machine told(F const& change) {
  return changed([&](RankFigures& rank) { change(*rank.telemetry); });
}

DeviceInfo& sick_device(Document& document) { return document.nodes[sick_node].gpus[sick_gpu]; }

void set_fact(DeviceInfo& gpu, std::string const& name, std::string const& text) {
  std::erase_if(gpu.facts, [&](auto const& fact) { return fact.first == name; });
  gpu.facts.emplace_back(name, text);
}

/// A fact of every GPU, another one of the sick GPU.
Machine with_fact(std::string const& name, std::string const& usual_text, std::string const& sick_text) {
  auto machine = of(usual());
  for (auto& node : machine.document.nodes) {
    for (auto& gpu : node.gpus) set_fact(gpu, name, usual_text);
  }
  set_fact(sick_device(machine.document), name, sick_text);
  return machine;
}

Machine slow_node() {
  auto fleet = usual();
  for (int gpu = 0; gpu < fleet.gpus; ++gpu) fleet.faults[{sick_node, gpu}].slower = 0.05;
  return of(fleet);
}

Machine slow_link() {
  auto fleet = usual();
  fleet.slow_links[{2, 7}] = 0.3;
  return of(fleet);
}

Machine slow_with_everybody() {
  auto fleet = usual();
  for (int other = 0; other < fleet.nodes; ++other) {
    if (other != sick_node) fleet.slow_links[{std::min(other, sick_node), std::max(other, sick_node)}] = 0.3;
  }
  return of(fleet);
}

CaseResult& links_of(Document& document) {
  return *std::ranges::find(document.cases, "collective/links", &CaseResult::workload);
}

/// Four rails, on the third of which the sick node is slow with everybody.
Machine slow_nic() {
  auto machine = of(usual());
  auto& links = links_of(machine.document);
  auto const whole = links.matrices.front();
  for (int rail = 0; rail < 4; ++rail) {
    auto matrix = whole;
    matrix.name = "bandwidth of rail " + std::to_string(rail);
    auto const n = matrix.rows.size();
    for (std::size_t i = 0; i < n && rail == 2; ++i) {
      matrix.values[i * n + sick_node] *= 0.6;
      matrix.values[sick_node * n + i] *= 0.6;
    }
    links.matrices.push_back(matrix);
  }
  return machine;
}

/// One node, whose GPUs 2 and 6 are slow together.
Machine slow_nvlink() {
  auto fleet = usual();
  fleet.nodes = 1;
  fleet.links = false;
  auto machine = of(fleet);
  CaseResult peers;
  peers.name = peers.workload = "memory/peer";
  peers.backend = "cuda";
  peers.status = CaseStatus::ok;
  peers.metric = {"bandwidth", "B/s", Quantity::bytes, Better::higher};
  Matrix matrix{"bandwidth", "B/s", {}, {}, std::vector<double>(64)};
  for (std::size_t i = 0; i < matrix.values.size(); ++i)
    matrix.values[i] = i / 8 == i % 8 ? std::nan("") : 2.7e11 * (1 + 0.001 * static_cast<double>(i % 5));
  matrix.values[2 * 8 + 6] = 1.3e11;
  for (int i = 0; i < 8; ++i) matrix.rows.push_back(std::to_string(i));
  matrix.columns = matrix.rows;
  peers.matrices = {matrix};
  peers.launches.resize(2);
  machine.document.cases.push_back(peers);
  return machine;
}

Subject slow_nvlink_subject() {
  return {Subject::Kind::link, "gpu0000 GPU 2 (GPU-0000-2)", -1, "", "gpu0000 GPU 6 (GPU-0000-6)"};
}

/// The collective run by every node by itself.
Machine slow_collective_of_node() {
  auto machine = of(usual());
  for (auto& result : machine.document.cases) {
    if (result.workload != "collective/all_reduce") continue;
    result.worlds = Worlds{12, 12, 0};
    for (auto& rank : result.rank_figures) {
      rank.rank %= 8;
      if (rank.node == fleet::node_name(sick_node)) rank.metric.median *= 0.85;
    }
  }
  return machine;
}

ClusterDescription described(double expected, int gpus = 8) {
  ClusterDescription cluster{"described", "", 1, gpus, "A100-SXM4-80GB"};
  Expectation expectation;
  expectation.workload = "gemm";
  expectation.params = {{"m", std::int64_t{8192}, std::int64_t{8192}}};
  expectation.value = expected;
  expectation.margin = 0.1;
  expectation.source = expectation.margin_source = "invented";
  cluster.expectations = {expectation};
  return cluster;
}

Machine evenly_slow() {
  auto fleet = usual();
  fleet.change = -0.2;
  auto machine = of(fleet);
  machine.cluster = described(2.6e14);
  return machine;
}

/// Too few for peers: only the floor can tell.
Machine below_floor_of_few() {
  fleet::Fleet fleet{.nodes = 1, .gpus = 4, .gemm_cases = 1, .memory_cases = 1, .collective_cases = 0};
  fleet.links = false;
  fleet.faults[{0, 2}].slower = 0.3;
  auto machine = of(fleet);
  machine.cluster = described(2.6e14, 4);
  return machine;
}

Machine silent() {
  auto fleet = usual();
  fleet.silent_nodes = {sick_node};
  return of(fleet);
}

Machine hung() {
  auto machine = of(usual());
  machine.document.failures.push_back({machine.document.cases.front().name, 1, fleet::node_name(sick_node),
                                       sick_gpu, "sample", CaseStatus::timed_out,
                                       "the rank gave no sign when all were asked", "2026-01-02T03:30:00Z"});
  return machine;
}

/// Of the host's backend: rank 0 is no GPU.
Machine wrong_on_the_host() {
  auto machine = of(usual());
  CaseResult reading;
  reading.name = reading.workload = "dataload/read";
  reading.backend = "host";
  reading.status = CaseStatus::wrong;
  machine.document.cases.push_back(reading);
  machine.document.failures.push_back({reading.name, 0, fleet::node_name(sick_node), 0, "verify",
                                       CaseStatus::wrong, "record 3 differs", "2026-01-02T03:30:00Z"});
  return machine;
}

Machine slow_nvlink_once() {
  auto machine = slow_nvlink();
  machine.document.cases.back().launches.resize(1);
  return machine;
}

/// The second result has too few peers to judge anybody: the launches of the first do.
Machine not_judged_again() {
  auto machine = with({.slower = 0.06});
  fleet::Fleet fleet{
      .nodes = 1, .gpus = 4, .launches = 2, .gemm_cases = 3, .memory_cases = 2, .collective_cases = 1};
  fleet.seed = 2;
  machine.second = fleet::document(fleet);
  return machine;
}

Machine shared_gpus() {
  auto machine = with({.slower = 0.3});
  machine.document.run.oversubscribed = true;
  for (auto& result : machine.document.cases) {
    for (auto& rank : result.rank_figures) rank.after.other_processes = 1;
  }
  return machine;
}

Machine of_another_description() {
  auto machine = of(usual());
  machine.cluster = described(1e14);
  machine.cluster->gpu = "H100";
  return machine;
}

Machine missing_gpu() {
  auto machine = of(usual());
  machine.document.nodes[sick_node].gpus.pop_back();
  for (auto& result : machine.document.cases)
    std::erase_if(result.rank_figures, [](RankFigures const& rank) {
      return rank.node == fleet::node_name(sick_node) && rank.device == 7;
    });
  return machine;
}

Machine other_model() {
  auto machine = of(usual());
  sick_device(machine.document).name = "NVIDIA A100-PCIE-40GB";
  machine.cluster = described(1e14);
  return machine;
}

/// Of all of them, so that they are no exception among themselves.
Machine fact_below_description() {
  auto machine = with_fact("application_sm_clock_mhz", "1095", "1095");
  machine.cluster = described(1e14);
  machine.cluster->facts = {{"application_sm_clock_mhz", 1155, "invented"}};
  return machine;
}

Machine slower_and_slower() {
  return changed([](RankFigures& rank) { slow_down(rank, rank.launch >= 3 ? 0.06 : 0); });
}

Machine all_slower_and_slower() {
  auto machine = of(usual());
  for (auto& result : machine.document.cases) {
    if (result.workload != "gemm") continue;
    for (auto& launch : result.launches) launch.metric.median *= launch.index >= 3 ? 0.88 : 1;
  }
  return machine;
}

Machine not_so_again() {
  auto machine = with({.slower = 0.06});
  auto fleet = usual();
  fleet.seed = 2;
  machine.second = fleet::document(fleet);
  return machine;
}

Machine so_again() {
  auto machine = with({.slower = 0.06});
  auto fleet = usual();
  fleet.seed = 2;
  fleet.launches = 1;
  fleet.faults[{sick_node, sick_gpu}].slower = 0.06;
  machine.second = fleet::document(fleet);
  return machine;
}

RankSamples samples_of(Document const& document) { return rank_samples({"", "", "", document}); }

/// A large run of an older version, which kept no states: only what tainted its figures.
Machine large_run(Taint taint, std::string const& text) {
  auto fleet = usual();
  auto made = fleet::figures(fleet);
  Machine machine{std::move(made.document)};
  made.samples.taints = {{"", {}}, {text, {taint}}};
  for (auto& entries : made.samples.cases) {
    for (auto& entry : entries) {
      if (entry.node != sick_node || entry.device != sick_gpu) continue;
      entry.tainted = true;
      entry.taint = 1;
    }
  }
  machine.samples = std::move(made.samples);
  return machine;
}

/// The same machine as a large run, which has its ranks' entries and its devices' states beside the document.
Machine as_large_run(Machine machine) {
  machine.samples = samples_of(machine.document);
  for (auto& result : machine.document.cases) result.rank_figures.clear();
  return machine;
}

Expected fails(FindingKind kind, Subject subject = sick()) {
  return {kind, Severity::fail, std::move(subject)};
}
Expected warns(FindingKind kind, Subject subject = sick()) {
  return {kind, Severity::warn, std::move(subject)};
}

std::vector<Planted> against_peers() {
  return {
      {"nothing at all", std::nullopt, [] { return of(usual()); }},
      {"a GPU 4 % below its peers", fails(FindingKind::below_fleet), [] { return with({.slower = 0.04}); }},
      {"a GPU slow in one case of several", fails(FindingKind::below_fleet),
       [] {
         return changed([](auto& rank) { slow_down(rank, 0.12); }, sick_gpu, "gemm/bf16/m:8448/n:8448/k:8192",
                        8);
       }},
      {"a clock 20 % below its peers'", fails(FindingKind::slow_clock),
       [] { return with({.clock_lower = 0.2}); }},
      {"a clock at the low end of what healthy parts have", std::nullopt,
       [] { return with({.clock_lower = 0.03}); }},
      {"a node all of whose GPUs are 5 % slow", fails(FindingKind::below_fleet, sick(Subject::Kind::node)),
       slow_node},
      {"a node whose own collective is slow", fails(FindingKind::below_fleet, sick(Subject::Kind::node)),
       slow_collective_of_node},
      {"a GPU slow in the first result only", warns(FindingKind::below_fleet), not_so_again},
      {"a GPU slow, a second result that cannot tell", fails(FindingKind::below_fleet), not_judged_again},
      {"two GPUs of a node slow together in the only launch",
       warns(FindingKind::slow_link, slow_nvlink_subject()), slow_nvlink_once},
      {"a slow GPU, and others, that ranks shared", std::nullopt, shared_gpus},
      {"a GPU slow in both results", fails(FindingKind::below_fleet), so_again},
      {"a GPU that becomes slower during the run", warns(FindingKind::drift), slower_and_slower},
      {"a fleet that becomes slower during the run", warns(FindingKind::drift, {}), all_slower_and_slower},
      {"a link slow between two nodes only", fails(FindingKind::slow_link, link(2, 7)), slow_link},
      {"a node slow with everybody", fails(FindingKind::below_fleet, sick(Subject::Kind::node)),
       slow_with_everybody},
      {"a NIC slow with everybody",
       fails(FindingKind::slow_nic,
             [] {
               auto subject = sick(Subject::Kind::node);
               subject.rail = "2";
               return subject;
             }()),
       slow_nic},
      {"two GPUs of a node slow together", fails(FindingKind::slow_link, slow_nvlink_subject()), slow_nvlink},
  };
}

std::vector<Planted> against_description() {
  return {
      {"a fleet that is slow all over", fails(FindingKind::below_floor, {}), evenly_slow},
      {"a GPU below the floor, without peers",
       fails(FindingKind::below_floor, {Subject::Kind::gpu, "gpu0000", 2, "GPU-0000-2"}), below_floor_of_few},
      {"a description of another machine", fails(FindingKind::wrong_part, {}), of_another_description},
      {"a GPU of another model", fails(FindingKind::wrong_part), other_model},
      {"a GPU that is not there", fails(FindingKind::wrong_part, sick(Subject::Kind::node)), missing_gpu},
      {"application clocks below the description's, of all", fails(FindingKind::settings, {}),
       fact_below_description},
  };
}

std::vector<Planted> against_itself() {
  return {
      {"a GPU with flipped bits", fails(FindingKind::wrong_answer), [] { return with({.wrong = true}); }},
      {"a wrong answer on the host", fails(FindingKind::wrong_answer, sick(Subject::Kind::node)),
       wrong_on_the_host},
      {"a node that did not answer", fails(FindingKind::no_answer, sick(Subject::Kind::node)), silent},
      {"a case that hung", fails(FindingKind::broke_off), hung},
      {"uncorrected memory errors", fails(FindingKind::memory_errors),
       [] { return with({.uncorrected_errors = 1}); }},
      {"corrected memory errors", warns(FindingKind::memory_errors),
       [] { return with({.corrected_errors = 7}); }},
      {"a row that waits to be remapped", fails(FindingKind::remapped_rows),
       [] { return with({.remap_pending = true}); }},
      {"a row that could not be remapped", fails(FindingKind::remapped_rows),
       [] { return state_after([](auto& state) { state.remap_failed = true; }); }},
      {"600 remapped rows", fails(FindingKind::remapped_rows),
       [] { return state_after([](auto& state) { state.remapped_uncorrected = 600; }); }},
      {"a clock held down by heat", fails(FindingKind::throttled), [] { return with({.throttled = true}); }},
      {"a clock at the power limit", std::nullopt,
       [] { return told([](auto& telemetry) {
              telemetry.throttled_seconds = {{"power", 5}};
            }); }},
      {"PCIe x8 in a slot of x16", fails(FindingKind::pcie),
       [] { return state_after([](auto& state) { state.pcie_width = 8, state.pcie_max_width = 16; }); }},
      {"PCIe replays", warns(FindingKind::pcie), [] { return told([](auto& t) { t.pcie_replays = 3; }); }},
      {"two NVLinks down", fails(FindingKind::nvlink),
       [] {
         return state_after([](auto& state) { state.nvlinks_active = 10, state.nvlinks_present = 12; });
       }},
      {"NVLink errors", warns(FindingKind::nvlink),
       [] { return told([](auto& t) { t.nvlink_errors = 2; }); }},
      {"another process on the GPU", warns(FindingKind::other_processes),
       [] { return state_after([](auto& state) { state.other_processes = 1; }); }},
      {"a lower power limit than the others'", warns(FindingKind::settings),
       [] { return with_fact("power_limit_watts", "400", "300"); }},
      {"a slot of an older PCIe generation", warns(FindingKind::settings),
       [] { return with_fact("pcie_max_generation", "4", "3"); }},
      {"heat, in a large run's side files", fails(FindingKind::throttled),
       [] { return large_run(Taint::throttled, "throttled: hw_thermal_slowdown"); }},
      {"another process, in a large run's side files", warns(FindingKind::other_processes),
       [] { return large_run(Taint::other_processes, "other processes used the device"); }},
      {"a row that waits to be remapped, in a large run", fails(FindingKind::remapped_rows),
       [] { return as_large_run(state_after([](auto& state) { state.remap_pending = true; })); }},
      {"PCIe x8 in a slot of x16, in a large run", fails(FindingKind::pcie),
       [] {
         return as_large_run(
             state_after([](auto& state) { state.pcie_width = 8, state.pcie_max_width = 16; }));
       }},
      {"two NVLinks down, in a large run", fails(FindingKind::nvlink),
       [] {
         return as_large_run(
             state_after([](auto& state) { state.nvlinks_active = 10, state.nvlinks_present = 12; }));
       }},
      {"uncorrected memory errors, in a large run", fails(FindingKind::memory_errors),
       [] { return as_large_run(told([](auto& t) { t.uncorrected_errors = 1; })); }},
  };
}

/// Of the same part: also where more is known of it than was planted.
bool is_of(CheckFinding const& finding, Subject const& subject) {
  return finding.subject.node == subject.node && finding.subject.device == subject.device &&
         finding.subject.other == subject.other && finding.subject.kind == subject.kind;
}

}  // namespace

std::vector<Planted> const& planted_faults() {
  static auto const all = [] {
    auto list = against_peers();
    for (auto const& more : {against_description(), against_itself()})
      list.insert(list.end(), more.begin(), more.end());
    return list;
  }();
  return all;
}

Outcome try_out(Planted const& planted) {
  auto const machine = planted.make();
  auto const samples = machine.samples ? *machine.samples : samples_of(machine.document);
  CheckedResult const result{machine.document, samples};
  auto const second_samples = machine.second ? samples_of(*machine.second) : RankSamples{};
  std::optional<CheckedResult> second;
  if (machine.second) second.emplace(CheckedResult{*machine.second, second_samples});
  auto const findings =
      check(result, second ? &*second : nullptr, machine.cluster ? &*machine.cluster : nullptr);
  Outcome outcome{!planted.expected, {}};
  for (auto const& finding : findings.findings) {
    if (!planted.expected || !is_of(finding, planted.expected->subject)) {
      outcome.others.push_back(finding);
      continue;
    }
    bool const right = finding.kind == planted.expected->kind &&
                       finding.severity == planted.expected->severity &&
                       finding.subject == planted.expected->subject;
    if (right || !outcome.named) outcome.said = finding.evidence;
    outcome.named = outcome.named || right;
  }
  return outcome;
}

}  // namespace muster::proof
