#include "kernels/train_step/step_samples.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/contract/random.hpp"

namespace muster::train {
namespace {

constexpr std::uint64_t most_samples = 6;
constexpr std::uint64_t most_numbers = 1 << 17;

std::uint64_t size_of(std::int64_t count) { return static_cast<std::uint64_t>(count); }

/// Element (i, j) of matrix `matrix` in a batch of them.
struct Place {
  std::uint64_t matrix, i, j;
};

Place place_of(std::uint64_t index, std::int64_t lines, std::int64_t columns) {
  auto const each = size_of(lines * columns);
  return {index / each, index % each / size_of(columns), index % size_of(columns)};
}

Line line_of(Place at, std::int64_t lines, std::int64_t columns) {
  return {(at.matrix * size_of(lines) + at.i) * size_of(columns), 1, size_of(columns)};
}

Line column_of(Place at, std::int64_t lines, std::int64_t columns) {
  return {at.matrix * size_of(lines * columns) + at.j, size_of(columns), size_of(lines)};
}

}  // namespace

ProductElement output_element(PlannedLayer const& layer, std::uint64_t index) {
  auto const at = place_of(index, layer.rows, layer.outputs);
  return {index, line_of({at.matrix, at.i, 0}, layer.rows, layer.inputs),
          line_of({at.matrix, at.j, 0}, layer.outputs, layer.inputs)};
}

ProductElement operand_gradient_element(PlannedLayer const& layer, std::uint64_t index) {
  auto const at = place_of(index, layer.outputs, layer.inputs);
  return {index, column_of({at.matrix, 0, at.i}, layer.rows, layer.outputs),
          column_of({at.matrix, 0, at.j}, layer.rows, layer.inputs)};
}

ProductElement input_gradient_element(PlannedLayer const& layer, std::uint64_t index) {
  auto const at = place_of(index, layer.rows, layer.inputs);
  return {index, line_of({at.matrix, at.i, 0}, layer.rows, layer.outputs),
          column_of({at.matrix, 0, at.j}, layer.outputs, layer.inputs)};
}

std::vector<std::uint64_t> sampled_indices(std::uint64_t key, std::uint64_t count, std::uint64_t wanted) {
  std::vector<std::uint64_t> indices;
  if (count == 0) return indices;
  for (std::uint64_t i = 0; i < std::min(count, wanted); ++i) {
    bool const random = count > wanted && i > 1;
    indices.push_back(random ? random_word(key, i) % count : i);
  }
  if (count > wanted && wanted > 1) indices[1] = count - 1;
  if (count > wanted && wanted == 1) indices[0] = random_word(key, 0) % count;
  std::ranges::sort(indices);
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  return indices;
}

std::uint64_t sample_count(std::uint64_t numbers) {
  return std::clamp<std::uint64_t>(most_numbers / std::max<std::uint64_t>(1, numbers), 1, most_samples);
}

std::vector<std::uint64_t> sampled_parameters(StepPlan const& plan, std::uint64_t key) {
  std::vector<std::uint64_t> all;
  auto const take = [&](std::uint64_t first, std::uint64_t count, std::uint64_t number) {
    for (auto const index : sampled_indices(stream_key(key, number), count, most_samples))
      all.push_back(first + index);
  };
  for (std::size_t layer = 0; layer < plan.layers.size(); ++layer)
    take(plan.layers[layer].first, plan.layers[layer].parameter_count(), layer);
  take(plan.embedding_first, plan.embedding_count, plan.layers.size());
  for (auto const& bucket : plan.buckets) all.insert(all.end(), {bucket.begin, bucket.end - 1});
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<std::vector<double>> read_lines(StepMachine& machine, Array array, int layer,
                                            std::vector<Line> const& lines) {
  std::vector<std::uint64_t> indices;
  for (auto const& line : lines) {
    for (std::uint64_t k = 0; k < line.count; ++k) indices.push_back(line.first + k * line.step);
  }
  auto const all = machine.read(array, layer, indices);
  std::vector<std::vector<double>> read;
  auto from = all.begin();
  for (auto const& line : lines) {
    auto const to = from + static_cast<std::ptrdiff_t>(line.count);
    read.emplace_back(from, to);
    from = to;
  }
  return read;
}

std::string layer_name(StepPlan const& plan, int layer) {
  return fmt::format("{} (layer {})", plan.layers[static_cast<std::size_t>(layer)].name, layer);
}

int layer_of_parameter(StepPlan const& plan, std::uint64_t index) {
  for (std::size_t layer = 0; layer < plan.layers.size(); ++layer) {
    auto const& of = plan.layers[layer];
    if (index >= of.first && index < of.first + of.parameter_count()) return static_cast<int>(layer);
  }
  return index >= plan.embedding_first && index < plan.embedding_first + plan.embedding_count ? -1 : -2;
}

std::string parameter_name(StepPlan const& plan, std::uint64_t index) {
  int const layer = layer_of_parameter(plan, index);
  if (layer == -2) return fmt::format("parameter {}, which no layer has", index);
  if (layer == -1) return fmt::format("element {} of the embedding", index - plan.embedding_first);
  return fmt::format("weight {} of {}", index - plan.layers[static_cast<std::size_t>(layer)].first,
                     layer_name(plan, layer));
}

}  // namespace muster::train
