#include "harness/project/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "harness/core/quantities.hpp"
#include "harness/core/statistics.hpp"
#include "harness/project/a100.hpp"
#include "harness/project/failure_model.hpp"
#include "harness/project/hpl_model.hpp"
#include "harness/project/model_error.hpp"
#include "harness/project/power_model.hpp"
#include "harness/project/start_up_model.hpp"

namespace muster::project {
namespace {

constexpr double large_sum = 1 << 30;  ///< B

class Figures {
 public:
  explicit Figures(FigureBasis const& of)
      : of_(of),
        scenario_(of.scenario),
        nodes_(of.scenario.nodes),
        gpus_(of.scenario.nodes * of.scenario.gpus) {}

  std::vector<ProjectedFigure> all() {
    add_peaks();
    add_measured("gemm_rate", "FLOP/s");
    add_measured("memory_rate", "B/s");
    add_network();
    add_storage();
    add_linpack();
    add_start_up();
    add_failures();
    if (auto const watts = full_watts(scenario_, nodes_))
      said("full_power", "W", *watts, "data sheets; without switches and cooling");
    return std::move(figures_);
  }

 private:
  void add(std::string name, std::string unit, Band const& band, std::string note) {
    figures_.push_back({std::move(name), std::move(unit), scenario_.name, nodes_, band, std::move(note)});
  }
  void said(std::string name, std::string unit, double value, std::string note) {
    add(std::move(name), std::move(unit), {value, value, value}, std::move(note));
  }
  void drawn(std::string name, std::string unit, std::function<double(Draw const&)> const& value,
             std::string note) {
    std::vector<double> values;
    for (Draw const& draw : of_.basis.draws) values.push_back(value(draw));
    add(std::move(name), std::move(unit), band_of(values), std::move(note));
  }

  void add_peaks() {
    auto const& gpu = scenario_.gpu;
    said("peak_fp16", "FLOP/s", gpus_ * gpu.fp16_peak.value, gpu.fp16_peak.source);
    if (gpu.fp64_peak) said("peak_fp64", "FLOP/s", gpus_ * gpu.fp64_peak->value, gpu.fp64_peak->source);
    if (gpu.memory_bytes) said("gpu_memory", "B", gpus_ * gpu.memory_bytes->value, gpu.memory_bytes->source);
  }

  /// Of the described GPU over the measured one, by their data sheets.
  double data_sheet_ratio(std::string const& unit) const {
    if (of_.other_gpu == nullptr) return 1;
    if (unit == "FLOP/s") return scenario_.gpu.fp16_peak.value / (of_.other_gpu->bf16_tflops * 1e12);
    auto const& memory = scenario_.gpu.memory_bandwidth;
    return memory ? memory->value / (of_.other_gpu->memory_gb_per_s * 1e9) : 0;
  }

  /// The fastest case of that unit, on all GPUs at once.
  void add_measured(char const* name, std::string const& unit) {
    DevicePremise const* fastest = nullptr;
    for (auto const& device : of_.premises.devices) {
      if (device.unit != unit || device.rates.empty()) continue;
      if (fastest == nullptr || median(device.rates) > median(fastest->rates)) fastest = &device;
    }
    double const ratio = data_sheet_ratio(unit);
    if (fastest == nullptr || ratio <= 0) return;
    double const one = mean(fastest->rates), count = static_cast<double>(fastest->rates.size());
    double const doubt =
        std::hypot(doubt::operators, standard_deviation(fastest->rates) / one / std::sqrt(count));
    auto const note = fmt::format("{}, measured on {} of them{}", fastest->name, fastest->rates.size(),
                                  of_.other_gpu ? ", times the ratio of data sheets" : "");
    drawn(
        name, unit, [&](Draw const& draw) { return gpus_ * one * ratio * std::exp(-doubt * draw.compute); },
        note);
  }

  void add_network() {
    if (nodes_ > 1) {
      double const injection = nodes_ * scenario_.node.nics * scenario_.node.nic_bandwidth.value;
      said(
          "injection_bandwidth", "B/s", injection,
          fmt::format("{} NICs a node ({}), each {} ({})", scenario_.node.nics, scenario_.node.source,
                      human(scenario_.node.nic_bandwidth.value, "B/s"), scenario_.node.nic_bandwidth.source));
    }
    if (gpus_ < 2) return;
    auto const bus = [&](Draw const& draw) {
      double const pull = nodes_ > 1 ? draw.between : draw.inside;
      double const seconds = of_.sums.all_reduce(large_sum, nodes_, scenario_.gpus, pull);
      return 2 * (1 - 1.0 / gpus_) * large_sum / seconds;
    };
    drawn("all_reduce_bus_bandwidth", "B/s", bus, "1 GiB over all GPUs, as NCCL chooses");
  }

  void add_storage() {
    if (!scenario_.storage) return;
    auto const& storage = *scenario_.storage;
    if (storage.capacity) said("storage_capacity", "B", storage.capacity->value, storage.capacity->source);
    auto const gives = [&](Draw const& draw) {
      return storage.bandwidth.value * std::exp(-doubt::storage * draw.storage);
    };
    drawn("storage_bandwidth", "B/s", gives, storage.bandwidth.source);
    if (!storage.data) return;
    drawn(
        "storage_pass", "s", [&](Draw const& draw) { return storage.data->value / gives(draw); },
        "all data read once");
  }

  void add_linpack() {
    if (!scenario_.gpu.fp64_peak || !is_a100(scenario_.gpu)) return;
    auto const rate = [&](Draw const& draw) { return hpl_rate(scenario_, nodes_, draw.hpl); };
    drawn("hpl_rate", "FLOP/s", rate,
          "not measured: as Selene, JUWELS Booster and Perlmutter reached of their fp64 peak");
    for (auto const& [name, list] : {std::pair{"rank_november_2020", Top500::november_2020},
                                     std::pair{"rank_june_2021", Top500::june_2021}}) {
      drawn(
          name, "rank", [&, of = list](Draw const& draw) { return rank_on(of, rate(draw)); },
          "11: below the first ten");
    }
  }

  void add_start_up() {
    if (!is_a100(scenario_.gpu)) return;
    drawn(
        "start_up", "s", [&](Draw const& draw) { return start_up_seconds(nodes_, draw.start_up); },
        "published A100 systems");
  }

  void add_failures() {
    if (!scenario_.failures || scenario_.failures->rate.value <= 0) return;
    auto const apart = [&](Draw const& draw) {
      return availability(scenario_, nodes_, 0, draw.failures).mtbf;
    };
    drawn("mtbf", "s", apart, scenario_.failures->rate.source);
  }

  FigureBasis const& of_;
  Scenario const& scenario_;
  int nodes_, gpus_;
  std::vector<ProjectedFigure> figures_{};
};

}  // namespace

std::vector<ProjectedFigure> cluster_figures(FigureBasis const& of) { return Figures(of).all(); }

}  // namespace muster::project
