#include "tests/fleet/fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <random>

#include "harness/core/statistics.hpp"
#include "harness/record/device_lines.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/save.hpp"

namespace muster::fleet {
namespace {

constexpr double whiskers =
    5.396;  // standard deviations between the whiskers of a box plot of a normal distribution
constexpr std::size_t entries_in_document = 20'000;

enum class Kind { gemm, memory, collective };

struct CasePlan {
  Kind kind;
  std::string name, workload;
  Metric metric;
  double nominal;
  Params params;
  Work work;
};

Params params_of(std::vector<std::pair<std::string, Value>> const& values) {
  Params params;
  for (auto const& [name, value] : values) params.set(name, value);
  return params;
}

CasePlan product(std::int64_t m, std::int64_t k, double nominal) {
  auto const size = static_cast<std::uint64_t>(m), depth = static_cast<std::uint64_t>(k);
  return {Kind::gemm,
          fmt::format("gemm/bf16/m:{0}/n:{0}/k:{1}", m, k),
          "gemm",
          {"flop_rate", "FLOP/s", Quantity::flops, Better::higher},
          nominal,
          params_of({{"type", "bf16"},
                     {"m", m},
                     {"n", m},
                     {"k", k},
                     {"layout", "nt"},
                     {"batch", std::int64_t{1}},
                     {"dist", "normal"},
                     {"algorithm", "tuned"},
                     {"regime", "sustained"}}),
          {.bytes = 2 * (size * size + 2 * size * depth), .flops = 2 * size * size * depth}};
}

CasePlan triad(std::int64_t bytes) {
  auto const size = static_cast<std::uint64_t>(bytes);
  return {Kind::memory,
          fmt::format("memory/triad/fp64/bytes:{}", bytes),
          "memory",
          {"bandwidth", "B/s", Quantity::bytes, Better::higher},
          1.75e12,
          params_of({{"op", "triad"}, {"type", "fp64"}, {"bytes", bytes}, {"regime", "sustained"}}),
          {.bytes = 3 * size, .flops = size / 4}};
}

/// `nominal`: bus bandwidth of large messages.
CasePlan all_reduce(std::int64_t bytes, double nominal) {
  return {Kind::collective,
          fmt::format("collective/all_reduce/float32/bytes:{}", bytes),
          "collective/all_reduce",
          {"bus_bandwidth", "B/s", Quantity::wire_bytes, Better::higher},
          nominal / (1 + 1e6 / static_cast<double>(bytes)),
          params_of({{"type", "float32"},
                     {"reduction", "sum"},
                     {"placement", "out_of_place"},
                     {"timing", "pipelined"},
                     {"graph", "no_graph"},
                     {"registration", "none"},
                     {"group", "world"},
                     {"nodes", std::int64_t{0}},
                     {"bytes", bytes}}),
          {.wire_bytes = 2 * static_cast<std::uint64_t>(bytes)}};
}

std::vector<CasePlan> plan_of(Fleet const& fleet) {
  std::vector<CasePlan> plan;
  for (int i = 0; i < fleet.gemm_cases; ++i)
    plan.push_back(product(8192 + 256 * i, 8192, 2.6e14 * (1 - 0.01 * i)));
  for (int i = 0; i < fleet.memory_cases; ++i) plan.push_back(triad(std::int64_t{1} << (28 + i)));
  for (int i = 0; i < fleet.collective_cases; ++i)
    plan.push_back(all_reduce(std::int64_t{8} << (3 * i), fleet.nodes == 1 ? 2.32e11 : 1.92e11));
  return plan;
}

struct Gpu {
  int node = 0, index = 0;
  double clock = 1, efficiency = 1, memory = 1;  ///< over that of the part in the middle
  GpuFault fault{};
};

class Maker {
 public:
  explicit Maker(Fleet const& fleet) : fleet_(fleet), random_(fleet.seed), plan_(plan_of(fleet)) {
    for (int node = 0; node < fleet.nodes; ++node) {
      for (int index = 0; index < fleet.gpus; ++index) gpus_.push_back(gpu(node, index));
    }
  }

  Document document() {
    start();
    for (int node = 0; node < fleet_.nodes; ++node) add_node(node);
    for (auto const& planned : plan_) add_case(planned);
    if (fleet_.links) add_links();
    if (samples_) samples_->cases.resize(document_.cases.size());
    for (auto const& [place, fault] : fleet_.faults) {
      if (fault.wrong) add_wrong(place.first, place.second);
    }
    document_.run.planned_cases = document_.run.done_cases = static_cast<int>(document_.cases.size());
    return std::move(document_);
  }

  /// Before document(): entries of ranks become samples instead.
  void keep_samples(RankSamples& samples) {
    samples_ = &samples;
    samples.uuids = {""};
    samples.taints.resize(1);
    for (auto const& gpu : gpus_) samples.uuids.push_back(uuid(gpu));
    for (int node = 0; node < fleet_.nodes; ++node) {
      if (!silent(node)) samples.nodes.push_back(node_name(node));
    }
  }

  std::vector<std::string> side_files() { return std::move(side_files_); }
  std::vector<DeviceLines> const& device_files() const { return device_files_; }

 private:
  double normal(double deviation) { return deviation * normal_(random_); }
  bool large() const {
    return gpus_.size() * static_cast<std::size_t>(fleet_.launches) * plan_.size() > entries_in_document;
  }
  bool silent(int node) const { return fleet_.silent_nodes.contains(node); }
  std::string uuid(Gpu const& gpu) const { return fmt::format("GPU-{:04}-{}", gpu.node, gpu.index); }

  Gpu gpu(int node, int index) {
    Gpu made{node, index, 1 + normal(fleet_.between_parts / whiskers), 1 + normal(fleet_.at_clock),
             1 + normal(fleet_.at_clock)};
    if (auto const found = fleet_.faults.find({node, index}); found != fleet_.faults.end())
      made.fault = found->second;
    return made;
  }

  void start() {
    auto& run = document_.run;
    run.id = fmt::format("01JFLEET{:018}", fleet_.seed);
    run.status = RunStatus::complete;
    run.started = "2026-01-02T03:04:05Z";
    run.ended = "2026-01-02T05:04:05Z";
    run.argv = {"muster", "run", "invented"};
    run.suite = "invented";
    run.config_path = "invented.toml";
    run.config_sha256 = std::string(64, '0');
    run.seed = fleet_.seed;
    run.launcher = "srun";
    run.backend = "cuda";
    run.version = "0.1.0";
    run.commit = "0123456789ab";
    run.launches = fleet_.launches;
    document_.context = {"2026-01-02T03:04:06+00:00",
                         node_name(0),
                         "muster",
                         "1.7.1",
                         "release",
                         256,
                         2250,
                         false,
                         {0.5, 0.25, 0.1}};
    document_.comparability_workload = sha256("invented workload");
    document_.comparability_platform =
        sha256(fmt::format("{} x {} x {}", fleet_.nodes, fleet_.gpus, fleet_.gpu));
    document_.coverage = Coverage{fleet_.nodes,
                                  0,
                                  fleet_.nodes - static_cast<int>(fleet_.silent_nodes.size()),
                                  fleet_.nodes - static_cast<int>(fleet_.silent_nodes.size()),
                                  {}};
    for (int const node : fleet_.silent_nodes)
      document_.coverage->excluded.push_back({node_name(node), "inventory", "did not answer within 60 s"});
    side_files_.resize(static_cast<std::size_t>(fleet_.nodes));
    device_files_.resize(side_files_.size());
  }

  void add_node(int number) {
    if (silent(number)) return;
    Node node;
    node.name = node_name(number);
    node.memory_bytes = std::uint64_t{2} << 40;
    node.cpu = {"AMD EPYC 7742 64-Core Processor",
                "x86_64",
                "performance",
                2,
                128,
                256,
                256,
                8,
                {{"L3", 16777216}},
                {"avx2", "fma"}};
    for (int i = 0; i < fleet_.gpus; ++i) {
      node.gpus.push_back({"cuda",
                           i,
                           fleet_.gpu,
                           fmt::format("GPU-{:04}-{}", number, i),
                           fmt::format("0000:{:02x}:00.0", i),
                           std::uint64_t{80} << 30,
                           108,
                           {{"compute_capability", "8.0"},
                            {"driver", "550.54"},
                            {"ecc", "on"},
                            {"mig", "off"},
                            {"power_limit_watts", "400"}}});
      node.placement.push_back({.rank = i, .backend = "cuda", .device = i, .cpus = {}, .numa_nodes = {}});
      node.nics.push_back(
          {fmt::format("mlx5_{}", i), "mlx5_core", "active", "infiniband", 2e11, i, "20.31.1014"});
    }
    node.software = {{"kernel", "Linux 5.15"}, {"CUDA", "12.4"}, {"NCCL", "2.21.5"}};
    document_.nodes.push_back(std::move(node));
  }

  double value(CasePlan const& planned, Gpu const& gpu) {
    double const base = planned.nominal * (1 + fleet_.change) * (1 + normal(fleet_.between_launches));
    double const own = base * (1 - gpu.fault.slower);
    if (planned.kind == Kind::gemm) return own * gpu.clock * (1 - gpu.fault.clock_lower) * gpu.efficiency;
    return planned.kind == Kind::memory ? own * gpu.memory : base;
  }

  static double clock_of(Gpu const& gpu) { return 1.3e9 * gpu.clock * (1 - gpu.fault.clock_lower); }
  static double percent_of_bound(CasePlan const& planned, double value) {
    return 100 * value / (planned.nominal * 1.2);
  }
  static double percent_at_clock(CasePlan const& planned, double value, double clock) {
    return percent_of_bound(planned, value) * 1.41e9 / clock;
  }

  RankFigures rank(CasePlan const& planned, Gpu const& gpu, int launch, double value) const {
    RankFigures figures;
    figures.launch = launch;
    figures.rank = planned.kind == Kind::collective ? gpu.node * fleet_.gpus + gpu.index : gpu.index;
    figures.node = node_name(gpu.node);
    figures.device = gpu.index;
    figures.device_uuid = uuid(gpu);
    figures.metric = {value, value * 0.998, value * 1.002, value * 0.996, value * 1.004, value, 40, 0.001};
    double const clock = clock_of(gpu);
    figures.percent_of_bound = percent_of_bound(planned, value);
    if (planned.kind == Kind::gemm) figures.percent_at_clock = percent_at_clock(planned, value, clock);
    Telemetry telemetry{.readings = 20, .readings_hz = 10};
    telemetry.clock_hz = Range{clock, clock, clock};
    telemetry.power_watts = Range{380, 395, 400};
    telemetry.temperature_c = Range{50, 55.0 + gpu.index, 60};
    telemetry.throttled_samples = gpu.fault.throttled ? 40 : 0;
    if (gpu.fault.throttled) telemetry.throttled_seconds = {{"thermal", 1.5}};
    telemetry.corrected_errors = gpu.fault.corrected_errors;
    telemetry.uncorrected_errors = gpu.fault.uncorrected_errors;
    figures.telemetry = telemetry;
    figures.before.remap_pending = figures.after.remap_pending = gpu.fault.remap_pending;
    figures.before.temperature_c = figures.after.temperature_c = 40;
    figures.after.pcie_width = gpu.fault.pcie_width;
    figures.after.pcie_max_width = 16;
    figures.after.nvlinks_active = gpu.fault.nvlinks;
    figures.after.nvlinks_present = 12;
    figures.sampling.window_seconds = 2;
    return figures;
  }

  bool wrong_node(int node) const {
    for (auto const& [place, fault] : fleet_.faults) {
      if (place.first == node && fault.wrong) return true;
    }
    return false;
  }
  /// Of a case that every node runs alone, a node with a wrong answer has no figures.
  bool has_figures(CasePlan const& planned, int node) const {
    return !silent(node) && (planned.kind == Kind::collective || !wrong_node(node));
  }

  void add_case(CasePlan const& planned) {
    CaseResult result;
    result.name = planned.name;
    result.workload = planned.workload;
    result.backend = "cuda";
    result.phase = planned.kind == Kind::collective ? "whole" : "nodes";
    result.planned_launches = fleet_.launches;
    result.ranks = planned.kind == Kind::collective ? static_cast<int>(gpus_.size()) : fleet_.gpus;
    result.metric = planned.metric;
    result.params = planned.params;
    result.work = planned.work;
    result.bound =
        Bound{"spec", planned.nominal * 1.2, planned.metric.unit, planned.kind == Kind::gemm ? 1.41e9 : 0};
    result.verification = Verdict::judge("every element", 0, 0);
    result.status = CaseStatus::ok;
    std::vector<RankFigures> all;
    if (samples_) samples_->cases.emplace_back();
    for (int launch = 0; launch < fleet_.launches; ++launch) add_launch(planned, launch, result, all);
    finish(planned, result, std::move(all));
    document_.cases.push_back(std::move(result));
  }

  void add_sample(CasePlan const& planned, Gpu const& gpu, int launch, double value) {
    if (planned.kind == Kind::collective) return;
    auto const silent_before =
        std::distance(fleet_.silent_nodes.begin(), fleet_.silent_nodes.lower_bound(gpu.node));
    double const clock = clock_of(gpu);
    RankSample sample{static_cast<std::uint32_t>(gpu.node - silent_before),
                      static_cast<std::uint32_t>(gpu.node * fleet_.gpus + gpu.index + 1),
                      gpu.index,
                      gpu.index,
                      launch,
                      value};
    if (planned.kind == Kind::gemm) sample.percent_at_clock = percent_at_clock(planned, value, clock);
    sample.clock_hz = clock;
    sample.tainted = gpu.fault.throttled || gpu.fault.uncorrected_errors > 0 ||
                     gpu.fault.corrected_errors > 0 || gpu.fault.remap_pending;
    samples_->cases.back().push_back(sample);
  }

  void add_launch(CasePlan const& planned, int launch, CaseResult& result, std::vector<RankFigures>& all) {
    double const shared = 1 + normal(fleet_.between_launches);
    std::vector<double> values;
    for (auto const& gpu : gpus_) {
      if (!has_figures(planned, gpu.node)) continue;
      values.push_back(value(planned, gpu) * shared);
      if (samples_) {
        add_sample(planned, gpu, launch, values.back());
      } else {
        all.push_back(rank(planned, gpu, launch, values.back()));
      }
    }
    if (values.empty()) return;
    OrderStatistics const ordered(values);
    double const middle = ordered.quantile(0.5);
    result.launches.push_back({launch,
                               {middle, ordered.quantile(0.05), ordered.quantile(0.95), ordered.lowest(),
                                ordered.highest(), mean(values), values.size() * 40, 0.001},
                               1e12 / middle,
                               std::nullopt,
                               1,
                               40});
  }

  void finish(CasePlan const& planned, CaseResult& result, std::vector<RankFigures> all) {
    std::vector<double> medians;
    for (auto const& launch : result.launches) medians.push_back(launch.metric.median);
    if (!medians.empty()) result.percent_of_bound = 100 * median(medians) / result.bound->value;
    if (planned.kind != Kind::collective) add_worlds(result);
    if (planned.kind == Kind::collective && !medians.empty())
      result.figures = {{"time", static_cast<double>(planned.work.wire_bytes) / median(medians), "s"}};
    for (auto const& gpu : gpus_) {
      if (!has_figures(planned, gpu.node)) continue;
      if (gpu.fault.throttled)
        result.tainted.push_back(
            fmt::format("{}: GPU {}: clock held down (thermal)", node_name(gpu.node), gpu.index));
      if (gpu.fault.uncorrected_errors > 0)
        result.tainted.push_back(fmt::format("{}: GPU {}: {} new uncorrected memory errors",
                                             node_name(gpu.node), gpu.index, gpu.fault.uncorrected_errors));
    }
    result.warnings = result.tainted;
    if (samples_) return;
    if (!large()) return void(result.rank_figures = std::move(all));
    add_side_lines(all);
    result.rank_spread = spread(all);
  }

  void add_worlds(CaseResult& result) {
    Worlds worlds{fleet_.nodes - static_cast<int>(fleet_.silent_nodes.size()), 0, 0};
    for (int node = 0; node < fleet_.nodes; ++node) worlds.wrong += wrong_node(node) ? 1 : 0;
    worlds.ok = worlds.planned - worlds.wrong;
    result.worlds = worlds;
    if (worlds.wrong > 0) {
      result.status = CaseStatus::wrong;
      result.message = fmt::format("{} of {} nodes gave a wrong answer", worlds.wrong, worlds.planned);
    }
  }

  /// `all` is launch by launch, and of each launch the same ranks in the same order.
  RankSpread spread(std::vector<RankFigures> const& all) const {
    std::size_t const ranks = all.size() / static_cast<std::size_t>(fleet_.launches);
    RankSpread result;
    result.ranks = ranks;
    result.entries = all.size();
    std::vector<double> medians, values;
    for (std::size_t i = 0; i < ranks; ++i) {
      values.clear();
      for (std::size_t at = i; at < all.size(); at += ranks) values.push_back(all[at].metric.median);
      medians.push_back(median(values));
      auto const& rank = all[i];
      if (result.nodes.empty() || result.nodes.back().node != rank.node)
        result.nodes.push_back(
            {rank.node, 0, medians.back(), medians.back(), rank.rank, medians.back(), rank.rank});
      auto& node = result.nodes.back();
      ++node.ranks;
      if (medians.back() < node.min) node.min = medians.back(), node.min_rank = rank.rank;
      if (medians.back() > node.max) node.max = medians.back(), node.max_rank = rank.rank;
    }
    OrderStatistics const ordered(medians);
    result.median = ordered.quantile(0.5);
    result.p05 = ordered.quantile(0.05);
    result.p95 = ordered.quantile(0.95);
    result.min = ordered.lowest();
    result.max = ordered.highest();
    return result;
  }

  void add_side_lines(std::vector<RankFigures> const& all) {
    for (auto first = all.begin(); first != all.end();) {
      auto const last = std::find_if(first, all.end(), [&](auto const& r) {
        return r.node != first->node || r.launch != first->launch;
      });
      auto const node = static_cast<std::size_t>(std::stoi(first->node.substr(3)));
      side_files_[node] += side_line({first, last});
      for (auto rank = first; rank != last; ++rank) device_files_[node].add(*rank, "");
      first = last;
    }
  }

  std::string side_line(std::vector<RankFigures> const& ranks) const {
    std::string line =
        fmt::format(R"({{"case_index":{},"launch":{})", document_.cases.size(), ranks.front().launch);
    auto const column = [&](char const* name, auto const& cell) {
      line += fmt::format(",\"{}\":[", name);
      for (auto const& rank : ranks)
        line += fmt::format("{}{}", &rank == &ranks.front() ? "" : ",", cell(rank));
      line += ']';
    };
    column("rank", [](auto const& r) { return r.rank; });
    column("device", [](auto const& r) { return r.device; });
    column("device_uuid", [](auto const& r) { return '"' + r.device_uuid + '"'; });
    column("samples", [](auto const& r) { return r.metric.samples; });
    column("median", [](auto const& r) { return r.metric.median; });
    column("p05", [](auto const& r) { return r.metric.p05; });
    column("p95", [](auto const& r) { return r.metric.p95; });
    column("percent_of_bound", [](auto const& r) { return *r.percent_of_bound; });
    if (ranks.front().percent_at_clock)
      column("percent_at_clock", [](auto const& r) { return *r.percent_at_clock; });
    column("clock_hz", [](auto const& r) { return r.telemetry->clock_hz->median; });
    column("temperature_c", [](auto const& r) { return r.telemetry->temperature_c->median; });
    column("power_watts", [](auto const& r) { return r.telemetry->power_watts->median; });
    column("throttled_samples", [](auto const& r) {
      return r.telemetry->throttled_samples > 0 ? std::to_string(r.telemetry->throttled_samples)
                                                : std::string("null");
    });
    column("tainted", [this](auto const& r) {
      auto const text = taint({std::stoi(r.node.substr(3)), r.device});
      return text.empty() ? std::string("null") : '"' + text + '"';
    });
    return line + "}\n";
  }

  /// In the program's own words.
  std::string taint(std::pair<int, int> place) const {
    auto const found = fleet_.faults.find(place);
    if (found == fleet_.faults.end()) return "";
    std::string text;
    auto const add = [&](bool so, char const* words) {
      if (so) text += (text.empty() ? "" : "; ") + std::string(words);
    };
    add(found->second.throttled, "throttled: hw_thermal_slowdown");
    add(found->second.uncorrected_errors > 0, "uncorrected memory errors rose during the case");
    add(found->second.corrected_errors > 0, "corrected memory errors rose during the case");
    add(found->second.remap_pending, "a row of the device's memory waits to be remapped (reset the device)");
    return text;
  }

  void add_links() {
    CaseResult result;
    result.name = "collective/links/bytes:67108864";
    result.workload = "collective/links";
    result.backend = "cuda";
    result.phase = "links";
    result.planned_launches = 1;
    result.ranks = static_cast<int>(gpus_.size());
    result.status = CaseStatus::ok;
    result.metric = {"bandwidth", "B/s", Quantity::bytes, Better::higher};
    result.verification = Verdict::judge("every element", 0, 0);
    result.matrices = {links()};
    result.launches = {
        {0, {2.4e10, 2.39e10, 2.41e10, 2.38e10, 2.42e10, 2.4e10, 20, 0.001}, 0.0028, std::nullopt, 1, 20}};
    document_.cases.push_back(std::move(result));
  }

  /// All pairs of up to 128 nodes; of more, those of eight matchings and the slow ones.
  Matrix links() {
    Matrix matrix{"bandwidth", "B/s", {}, {}, {}};
    for (int node = 0; node < fleet_.nodes; ++node) matrix.rows.push_back(node_name(node));
    matrix.columns = matrix.rows;
    auto const nodes = static_cast<std::size_t>(fleet_.nodes);
    matrix.values.assign(nodes * nodes, std::numeric_limits<double>::quiet_NaN());
    for (int a = 0; a < fleet_.nodes; ++a) {
      for (int b = a + 1; b < fleet_.nodes; ++b) add_pair(matrix, a, b);
    }
    return matrix;
  }

  void add_pair(Matrix& matrix, int a, int b) {
    auto const slow = fleet_.slow_links.find({a, b});
    bool const met = fleet_.nodes <= 128 || b - a <= 4 || slow != fleet_.slow_links.end();
    if (!met || silent(a) || silent(b)) return;
    double const value = 2.4e10 * (1 + fleet_.change) * (1 + normal(fleet_.between_launches)) *
                         (slow == fleet_.slow_links.end() ? 1 : 1 - slow->second);
    auto const nodes = static_cast<std::size_t>(fleet_.nodes);
    matrix.values[static_cast<std::size_t>(a) * nodes + static_cast<std::size_t>(b)] = value;
    matrix.values[static_cast<std::size_t>(b) * nodes + static_cast<std::size_t>(a)] = value;
  }

  void add_wrong(int node, int index) {
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      if (plan_[i].kind == Kind::collective) continue;
      document_.failures.push_back({plan_[i].name, 0, node_name(node), index, "verify again",
                                    CaseStatus::wrong, "element 4711: got 1.25, expected 1.5",
                                    "2026-01-02T03:30:00Z"});
    }
    document_.run.status = RunStatus::partial;
    document_.run.exit_code = 5;
  }

  Fleet const& fleet_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_{};
  std::vector<CasePlan> plan_;
  std::vector<Gpu> gpus_;
  Document document_;
  std::vector<std::string> side_files_;
  std::vector<DeviceLines> device_files_;
  RankSamples* samples_ = nullptr;  ///< where entries of ranks go; null: into the document
};

/// Clocks fall as the chip warms up: 40 readings in 4 s.
std::string readings_of(RankFigures const& rank) {
  auto const& telemetry = *rank.telemetry;
  double const clock = telemetry.clock_hz->median, heat = telemetry.temperature_c->median;
  std::string text;
  for (int i = 0; i < 40; ++i) {
    double const seconds = 0.1 * i, warm = 1 - std::exp(-seconds);
    text += fmt::format(
        "{}{{\"seconds\":{:.1f},\"clock_hz\":{:.0f},\"power_watts\":{:.1f},\"temperature_c\":{:.0f},"
        "\"throttle_reasons\":[]}}",
        i == 0 ? "" : ",", seconds, clock * (1.05 - 0.05 * warm), 300 + 95 * warm, heat - 12 + 12 * warm);
  }
  return text;
}

/// As side_lines.hpp writes them; none where the document does not hold the ranks.
std::string sample_lines(Document const& document, std::string const& node) {
  std::string lines;
  for (std::size_t i = 0; i < document.cases.size(); ++i) {
    if (document.cases[i].workload != "gemm") continue;
    for (auto const& rank : document.cases[i].rank_figures) {
      if (rank.node != node) continue;
      lines += fmt::format(
          "{{\"case_index\":{},\"launch\":{},\"ranks\":[{{\"rank\":{},\"ops_per_sample\":1,\"readings\":[{}]}"
          "}]}}\n",
          i, rank.launch, rank.rank, readings_of(rank));
    }
  }
  return lines;
}

/// Beside the document, and named in it.
void add_file(Document& document, std::filesystem::path const& folder, std::string const& path,
              std::string const& text) {
  std::filesystem::create_directories((folder / path).parent_path());
  std::ofstream(folder / path, std::ios::binary) << text;
  document.sidecars.push_back({path, sha256(text), text.size()});
}

}  // namespace

std::string node_name(int node) { return fmt::format("gpu{:04}", node); }

Document document(Fleet const& fleet) { return Maker(fleet).document(); }

Figures figures(Fleet const& fleet) {
  Figures made;
  Maker maker(fleet);
  maker.keep_samples(made.samples);
  made.document = maker.document();
  return made;
}

Document write(Fleet const& fleet, std::filesystem::path const& folder) {
  Maker maker(fleet);
  auto made = maker.document();
  auto const files = maker.side_files();
  for (std::size_t node = 0; node < files.size(); ++node) {
    if (files[node].empty()) continue;
    auto const name = node_name(static_cast<int>(node)) + ".ndjson";
    add_file(made, folder, "ranks/" + name, files[node]);
    add_file(made, folder, "devices/" + name, maker.device_files()[node].text());
  }
  for (auto const& node : made.nodes) {
    auto const lines = fleet.samples ? sample_lines(made, node.name) : "";
    if (!lines.empty()) add_file(made, folder, "samples/" + node.name + ".ndjson", lines);
  }
  save_atomically(folder / "result.json", to_json(made));
  return made;
}

}  // namespace muster::fleet
