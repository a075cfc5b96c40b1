// Baselines of SuperBench (microsoft/superbenchmark): one flat object of "benchmark/metric" and numbers,
// means over nodes of 8 GPUs. Names and units: its documentation, docs/user-tutorial/benchmarks.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "harness/record/fields.hpp"
#include "harness/record/foreign.hpp"
#include "harness/record/foreign_values.hpp"

namespace muster {
namespace {

constexpr int node_gpus = 8;  // of the baselines that are published

/// Parameters of the models that it trains, as torchvision and Hugging Face's transformers count them.
/// Gradients have the type that is trained in.
struct Model {
  std::string_view theirs, ours;
  double parameters;
};
constexpr std::array<Model, 13> models{{{"resnet50", "resnet-50", 25'557'032},
                                        {"resnet101", "resnet-101", 44'549'160},
                                        {"resnet152", "resnet-152", 60'192'808},
                                        {"densenet169", "densenet-169", 14'149'480},
                                        {"densenet201", "densenet-201", 20'013'928},
                                        {"vgg11", "vgg-11", 132'863'336},
                                        {"vgg13", "vgg-13", 133'047'848},
                                        {"vgg16", "vgg-16", 138'357'544},
                                        {"vgg19", "vgg-19", 143'667'240},
                                        {"bert-base", "bert-base", 109'482'240},
                                        {"bert-large", "bert-large", 335'141'888},
                                        {"gpt2-small", "gpt2-small", 124'439'808},
                                        {"gpt2-large", "gpt2-large", 774'030'080}}};

struct Product {
  std::string_view metric, type;
};
constexpr std::array<Product, 5> products{{{"bf16_tc_flops", "bf16"},
                                           {"fp16_tc_flops", "fp16"},
                                           {"tf32_tc_flops", "tf32"},
                                           {"fp32_flops", "fp32"},
                                           {"fp64_tc_flops", "fp64"}}};

ForeignRow row_of(std::string name, std::string workload, Metric metric, int ranks) {
  ForeignRow row;
  row.about.name = std::move(name);
  row.about.workload = std::move(workload);
  row.about.backend = "cuda";
  row.about.metric = std::move(metric);
  row.about.ranks = ranks;
  row.about.status = CaseStatus::ok;
  row.about.verification = {Verdict::Status::not_applicable, "SuperBench's baseline says nothing of answers",
                            0, 0, ""};
  row.iterations = 1;
  return row;
}

/// The values by name, each a finite number above 0.
class Baseline {
 public:
  Baseline(Json const& json, ForeignResult& result) : json_(json), result_(result) {}

  std::optional<double> at(std::string const& key) const {
    auto const found = json_.find(key);
    if (found == json_.end()) return std::nullopt;
    double const value = foreign_number(*found, Path(root_, key));
    return std::isfinite(value) && value > 0 ? std::optional(value) : std::nullopt;
  }

  void add_products() {
    for (auto const& [metric, type] : products) {
      auto const gigaflops = at(fmt::format("gemm-flops/{}", metric));
      if (!gigaflops) continue;
      auto row = row_of(fmt::format("gemm/{}", type), "gemm",
                        {"flop_rate", "FLOP/s", Quantity::flops, Better::higher}, 1);
      row.about.params.set("type", std::string(type));
      row.value = *gigaflops * 1e9;
      result_.rows.push_back(std::move(row));
    }
  }

  void add_copy() {
    auto const gigabytes = at("mem-bw/d2d_bw");
    if (!gigabytes) return;
    auto row = row_of("memory/copy", "memory/copy", {"bandwidth", "B/s", Quantity::bytes, Better::higher}, 1);
    row.value = *gigabytes * 1e9;
    result_.rows.push_back(std::move(row));
  }

  /// "nccl-bw/allreduce_1048576_time": microseconds.
  void add_sums() {
    constexpr std::string_view begin = "nccl-bw/allreduce_", end = "_time";
    for (auto const& [key, value] : json_.items()) {
      if (!key.starts_with(begin) || !key.ends_with(end)) continue;
      std::int64_t bytes = 0;
      auto const* last = key.data() + key.size() - end.size();
      auto const read = std::from_chars(key.data() + begin.size(), last, bytes);
      auto const microseconds = at(key);
      if (read.ec == std::errc() && read.ptr == last && bytes > 0 && microseconds)
        add_sum(bytes, *microseconds * 1e-6);
    }
  }

  /// "resnet_models/pytorch-resnet50/fp16_train_step_time": milliseconds; throughput: samples a second of a
  /// GPU.
  void add_steps() {
    for (auto const& [key, value] : json_.items()) {
      auto const at_name = key.find("_models/pytorch-");
      auto const end = key.find("/fp16_train_step_time");
      if (at_name == std::string::npos || end == std::string::npos) continue;
      auto const from = at_name + std::string_view("_models/pytorch-").size();
      auto const step = at(key), rate = at(key.substr(0, end) + "/fp16_train_throughput");
      if (step && rate) add_step(key.substr(from, end - from), *step * 1e-3, *rate);
    }
  }

 private:
  void add_sum(std::int64_t bytes, double seconds) {
    auto row = row_of(fmt::format("collective/all_reduce/float32/bytes:{}", bytes), "collective/all_reduce",
                      {"bus_bandwidth", "B/s", Quantity::wire_bytes, Better::higher}, node_gpus);
    row.about.params.set("bytes", bytes);
    row.seconds = seconds;
    row.value = static_cast<double>(bytes) / seconds * 2 * (node_gpus - 1) / node_gpus;
    result_.rows.push_back(std::move(row));
  }

  void add_step(std::string const& theirs, double seconds, double rate) {
    auto const* model = std::ranges::find(models, theirs, &Model::theirs);
    if (model == models.end()) return;
    auto const batch = std::round(rate * seconds);
    auto row = row_of(fmt::format("train_step/{}/fp16/batch:{}", model->ours, batch), "train_step",
                      {"throughput", "samples/s", Quantity::items, Better::higher}, node_gpus);
    row.about.params.set("model", std::string(model->ours));
    row.about.params.set("type", std::string("fp16"));
    row.about.params.set("batch", static_cast<std::int64_t>(batch));
    row.seconds = seconds;
    row.value = rate * node_gpus;
    row.figures = {{"batch", batch, "samples"},
                   {"step_mean", seconds, "s"},
                   {"samples_per_second", rate * node_gpus, "samples/s"},
                   {"parameters", model->parameters, ""},
                   {"gradient_bytes", 2 * model->parameters, "B"}};
    result_.rows.push_back(std::move(row));
  }

  Json const& json_;
  ForeignResult& result_;
  Path root_{};
};

}  // namespace

bool is_superbench(Json const& json) {
  return json.is_object() && std::ranges::any_of(json.items(), [](auto const& item) {
           return item.key().starts_with("nccl-bw/") || item.key().starts_with("gemm-flops/") ||
                  item.key().find("_models/pytorch-") != std::string::npos;
         });
}

ForeignResult superbench_result(Json const& json, std::string const& name) {
  ForeignResult result;
  auto& run = result.about.run;
  run.status = RunStatus::complete;
  run.launcher = "SuperBench";
  run.backend = "cuda";
  run.suite = name;
  Baseline baseline(json, result);
  baseline.add_products();
  baseline.add_copy();
  baseline.add_sums();
  baseline.add_steps();
  result.notes.push_back(
      "SuperBench's baseline: means over nodes, so nothing of their spread, and no answers were checked; its "
      "products are of "
      "integers, which draw less power than data do; of each model the fp16 step of 8 GPUs");
  return result;
}

}  // namespace muster
