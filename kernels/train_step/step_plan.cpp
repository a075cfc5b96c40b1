#include "kernels/train_step/step_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "kernels/contract/error.hpp"

namespace muster::train {
namespace {

constexpr std::int64_t least_side = 8;  // pixels, of what dataload makes of a picture

std::int64_t divided(std::int64_t value, std::int64_t by) { return (value + by - 1) / by; }

std::uint64_t aligned(std::uint64_t count) {
  return (count + parameter_alignment - 1) / parameter_alignment * parameter_alignment;
}

std::int64_t samples_of(Network const& network, StepOptions const& options) {
  return options.samples > 0 ? options.samples : network.samples;
}

/// Would its numbers overflow? (A backward pass has twice the operations of a forward one, each two of them.)
bool overflows(Network const& network, StepOptions const& options) {
  auto const samples = static_cast<double>(samples_of(network, options));
  double const micros =
      6 * std::max(1.0, samples / static_cast<double>(network.samples)) * options.accumulate;
  double operations = 0, scaled = 0;
  for (auto const& layer : layers_of(network, options.blocks)) {
    double const rows = static_cast<double>(layer.rows), batch = static_cast<double>(layer.batch);
    operations +=
        micros * rows * batch * static_cast<double>(layer.outputs) * static_cast<double>(layer.inputs);
    scaled = std::max(scaled, std::max(rows, batch) * samples);
  }
  return operations > 0x1p62 || scaled > 0x1p62;
}

/// Rows of one layer follow the samples; where products do, rows stay.
PlannedLayer planned(NetworkLayer const& layer, Network const& network, StepOptions const& options) {
  std::int64_t const samples = samples_of(network, options), shrink = options.shrink;
  PlannedLayer p{.name = layer.name,
                 .rows = layer.rows,
                 .outputs = divided(layer.outputs, shrink),
                 .inputs = divided(layer.inputs, shrink),
                 .batch = layer.batch,
                 .weights = layer.weights,
                 .sum_outputs = layer.sum_outputs,
                 .sum_gradients = layer.sum_gradients};
  auto& scaled = layer.more_products ? p.batch : p.rows;
  scaled = scaled * samples / network.samples;
  p.rows = divided(p.rows, shrink);
  return p;
}

/// From the last layer to the first, the embedding last.
void place_parameters(StepPlan& plan) {
  std::uint64_t at = 0;
  for (auto layer = plan.layers.rbegin(); layer != plan.layers.rend(); ++layer) {
    if (!layer->weights) continue;
    layer->first = at;
    at = aligned(at + layer->parameter_count());
  }
  plan.embedding_first = at;
  plan.parameters = aligned(at + plan.embedding_count);
}

template <class Flops>
std::uint64_t summed(std::vector<PlannedLayer> const& layers, Flops&& flops) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) sum += flops(i);
  return sum;
}

double gib(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 30); }

StepPlan plan_unchecked(Network const& network, StepOptions const& options) {
  StepPlan plan{.model = network.name,
                .item = network.item,
                .options = options,
                .samples = samples_of(network, options),
                .tokens = network.tokens,
                .tensor_parallel = network.tensor_parallel,
                .input = network.input,
                .sample_bytes = network.sample_bytes,
                .pictures = network.pictures,
                .size = std::max(least_side, divided(network.size, options.shrink))};
  for (auto const& layer : layers_of(network, options.blocks))
    plan.layers.push_back(planned(layer, network, options));
  plan.embedding_count =
      static_cast<std::uint64_t>(divided(network.other_parameters, options.shrink * options.shrink));
  place_parameters(plan);
  if (!options.inference) plan.buckets = make_buckets(plan);
  return plan;
}

/// What the input of a rank takes on the host, without the batch that is verified with. Pictures as they are
/// encoded count where the model says how large they are.
std::uint64_t input_bytes(StepPlan const& plan, std::int64_t prefetch) {
  constexpr std::uint64_t value = 4, made = 3;  // batches: with the consumer, ready, in work
  if (!plan.options.input || plan.input == Network::Input::none) return fixed_batch_bytes(plan);
  auto const bytes = static_cast<std::uint64_t>(plan.samples * plan.sample_bytes);
  auto const ahead = static_cast<std::uint64_t>(prefetch) * bytes;
  if (plan.input == Network::Input::tokens)
    return ahead + 2 * bytes;  // of the reader's one more, and the batch
  auto const pictures =
      static_cast<std::uint64_t>(plan.samples * (plan.input == Network::Input::camera ? plan.pictures : 1));
  auto const side = static_cast<std::uint64_t>(plan.size);
  return ahead + made * pictures * 3 * side * side * value;
}

StepMemory memory_with(StepPlan const& plan, HostRoom const* host) {
  auto memory = memory_of(plan);
  if (host == nullptr) return memory;
  memory.input = fixed_batch_bytes(plan) + input_bytes(plan, host->prefetch);
  if (plan.options.checkpoint > 0) {
    auto const writers = static_cast<std::uint64_t>(std::max(host->writers, 1));
    memory.checkpoint = (state_bytes(plan) + writers - 1) / writers;
  }
  return memory;
}

/// With batches that are multiples of it every layer's rows (or products) divide.
std::int64_t batch_step(Network const& network, StepOptions const& options) {
  std::int64_t step = 1;
  for (auto const& layer : layers_of(network, options.blocks)) {
    auto const rows = layer.more_products ? layer.batch : layer.rows;
    step = std::lcm(step, network.samples / std::gcd(rows, network.samples));
  }
  return step;
}

/// Looks for values that fit: what a step takes never shrinks as they grow.
struct Fitting {
  Network const& network;
  HostRoom const* host;
  std::uint64_t free_bytes;

  /// The largest multiple of `step` below `most` with which `set` makes a step that fits; 0: none.
  template <class Set>
  std::int64_t largest(StepOptions options, std::int64_t most, std::int64_t step, Set const& set) const {
    std::int64_t fits = 0, too_much = (most + step - 1) / step;
    while (fits + 1 < too_much) {
      auto const middle = fits + (too_much - fits) / 2;
      set(options, middle * step);
      bool const fit = memory_with(plan_unchecked(network, options), host).sum() <= free_bytes;
      (fit ? fits : too_much) = middle;
    }
    return fits * step;
  }
};

std::int64_t most_repeats(Network const& network, StepOptions const& options) {
  auto const most = std::ranges::max_element(network.blocks, {}, &NetworkBlock::repeat)->repeat;
  return options.blocks > 0 ? std::min(options.blocks, most) : most;
}

std::string what_fits(StepPlan const& plan, Fitting const& fitting) {
  auto const samples = fitting.largest(plan.options, plan.samples, batch_step(fitting.network, plan.options),
                                       [](StepOptions& o, std::int64_t value) { o.samples = value; });
  auto const blocks = fitting.largest(plan.options, most_repeats(fitting.network, plan.options), 1,
                                      [](StepOptions& o, std::int64_t value) { o.blocks = value; });
  std::string text;
  if (samples > 0) text += fmt::format("use batch = {}", samples);
  if (blocks > 0) text += fmt::format("{}blocks = {}", text.empty() ? "use " : ", or ", blocks);
  return text.empty() ? "use a smaller model, or more of shrink" : text;
}

}  // namespace

std::uint64_t StepPlan::forward_flops() const {
  return summed(layers, [&](std::size_t i) { return layers[i].flops(); });
}

std::uint64_t StepPlan::backward_flops() const {
  return summed(layers,
                [&](std::size_t i) { return layers[i].flops() * (i > 0 || first_data_gradient() ? 2 : 1); });
}

std::vector<std::string> faults_of_step(Network const& network, StepOptions const& options) {
  if (overflows(network, options)) {
    return {
        fmt::format("a step of {} with batch = {} is too large (its operations come to more than 2^62) use a "
                    "smaller batch or more of shrink",
                    network.name, samples_of(network, options))};
  }
  std::vector<std::string> faults;
  auto const samples = samples_of(network, options);
  auto const layers = layers_of(network, options.blocks);
  for (auto const& layer : layers) {
    auto const all = (layer.more_products ? layer.batch : layer.rows) * samples;
    if (all % network.samples == 0) continue;
    faults.push_back(
        fmt::format("batch = {} does not divide: layer {} has {} {} of {} {} use a batch with which {} x "
                    "batch is a multiple of {}",
                    samples, layer.name, layer.more_products ? layer.batch : layer.rows,
                    layer.more_products ? "products" : "rows", network.samples, network.item,
                    layer.more_products ? layer.batch : layer.rows, network.samples));
    break;
  }
  if (!layers.empty() && !layers.front().weights)
    faults.push_back(
        fmt::format("the first layer, {}, has no weights (it would have nothing to multiply its input "
                    "with) put another one first",
                    layers.front().name));
  if (options.graph && options.checkpoint > 0)
    faults.push_back(
        "checkpoint together with graph (what is recorded once cannot write to storage now and then) leave "
        "one of them out");
  if (options.inference && options.graph && options.input && network.input != Network::Input::none)
    faults.push_back(
        "input = \"input\" together with graph (a recorded pass takes no new batches) leave one of them out");
  return faults;
}

std::vector<std::string> faults_of_params(Params const& params) {
  if (params.text("network").empty()) return {};
  try {
    auto faults = faults_of_step(network_of(params), step_options(params));
    for (auto const* side : {"width", "height"}) {
      constexpr std::int64_t least = 16;
      if (params.has(side) && params.integer(side) > 0 && params.integer(side) < least)
        faults.push_back(
            fmt::format("{} = {} is too small for a picture (JPEG codes blocks of {} pixels) give {} or "
                        "more, or leave it away",
                        side, params.integer(side), least, least));
    }
    return faults;
  } catch (BadInput const& error) {
    return {error.what()};
  }
}

StepPlan plan_step(Network const& network, StepOptions const& options) {
  if (auto const faults = faults_of_step(network, options); !faults.empty()) throw BadInput(faults.front());
  return plan_unchecked(network, options);
}

std::vector<Bucket> make_buckets(StepPlan const& plan) {
  std::vector<Bucket> buckets;
  std::uint64_t const most =
      std::max<std::uint64_t>(1, plan.options.bucket_bytes / bytes_of(plan.options.type));
  std::uint64_t begin = 0;
  auto const close = [&](std::uint64_t end, int after) {
    if (end > begin) buckets.push_back({begin, end, after});
    begin = end;
  };
  int last = -1;  // layer whose parameters end the open bucket
  for (int i = static_cast<int>(plan.layers.size()) - 1; i >= 0; --i) {
    auto const& layer = plan.layers[static_cast<std::size_t>(i)];
    if (!layer.weights) continue;
    if (layer.first > begin && layer.first + layer.parameter_count() - begin > most) close(layer.first, last);
    last = i;
  }
  if (plan.embedding_count > 0) {
    if (plan.parameters - begin > most) close(plan.embedding_first, last);
    if (plan.first_data_gradient()) last = -1;
  }
  close(plan.parameters, last);
  return buckets;
}

std::uint64_t fixed_batch_bytes(StepPlan const& plan) {
  return plan.layers.front().input_count() * sizeof(float);
}

LargestLayer largest_layer(StepPlan const& plan) {
  LargestLayer most;
  for (auto const& layer : plan.layers) {
    most.inputs = std::max(most.inputs, layer.input_count());
    most.outputs = std::max(most.outputs, layer.output_count());
    if (!layer.weights) most.operand = std::max(most.operand, layer.operand_count());
  }
  return most;
}

StepMemory memory_of(StepPlan const& plan) {
  std::uint64_t const each = bytes_of(plan.options.type);
  bool const inference = plan.options.inference;
  std::uint64_t const copies = inference ? 1 : 2;
  StepMemory memory{.parameters = (inference ? each : 16) * plan.parameters};
  auto const [inputs, operand, outputs] = largest_layer(plan);
  for (auto const& layer : plan.layers) memory.activations += each * layer.output_count();
  if (inference) memory.activations = 2 * each * outputs;
  // x and dx, w and dw of attention, dy of this layer and of the one before.
  memory.scratch = each * copies * (inputs + operand) + (inference ? 0 : 2 * each * outputs);
  return memory;
}

void require_step_memory(Network const& network, StepPlan const& plan, std::uint64_t free_bytes,
                         HostRoom const* host) {
  int const ranks = host ? std::max(host->node_ranks, 1) : 1;
  auto const free = free_bytes / static_cast<std::uint64_t>(ranks);
  auto const need = memory_with(plan, host);
  if (need.sum() <= free) return;
  std::string more;
  if (need.checkpoint > 0) more += fmt::format(", {:.2f} of a checkpoint", gib(need.checkpoint));
  if (need.input > 0) more += fmt::format(", {:.2f} of input", gib(need.input));
  throw OutOfMemory(fmt::format(
      "a step of {} needs {:.2f} GiB ({:.2f} of {} parameters at {} bytes, {:.2f} of activations, {:.2f} of "
      "scratch{}; only {:.2f} GiB are free{}) {}",
      plan.model, gib(need.sum()), gib(need.parameters), plan.parameters,
      need.parameters / std::max<std::uint64_t>(plan.parameters, 1), gib(need.activations), gib(need.scratch),
      more, gib(free), ranks > 1 ? fmt::format(" for each of the node's {} ranks", ranks) : "",
      what_fits(plan, {network, host, free})));
}

Network network_of(Params const& params) {
  try {
    return network_from_text(params.text("network"));
  } catch (std::invalid_argument const& error) {
    throw BadInput(
        fmt::format("the parameter network cannot be used ({}) name a model with model = \"...\" in the "
                    "suite, which sets it",
                    error.what()));
  }
}

StepOptions step_options(Params const& params) {
  StepOptions options{.type = params.text("type") == "fp32" ? Type::fp32 : Type::bf16,
                      .samples = params.integer("batch"),
                      .shrink = params.integer("shrink"),
                      .blocks = params.integer("blocks")};
  if (params.has("input")) options.input = params.text("input") == "input";
  if (params.has("graph")) options.graph = params.text("graph") == "graph";
  options.inference = !params.has("bucket");
  if (options.inference) return options;
  options.accumulate = static_cast<int>(params.integer("accumulate"));
  options.bucket_bytes = static_cast<std::uint64_t>(params.integer("bucket"));
  options.overlap = params.text("overlap") == "overlap";
  options.channels = static_cast<int>(params.integer("channels"));
  options.checkpoint = static_cast<int>(params.integer("checkpoint"));
  options.background = params.text("checkpoint_mode") == "background";
  options.endurance = params.text("endurance") == "endurance";
  return options;
}

}  // namespace muster::train
