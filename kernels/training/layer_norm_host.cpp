// Layer normalisation on the host: every thread of the team takes rows of its own.
#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/contract/backend.hpp"
#include "kernels/contract/share.hpp"
#include "kernels/host/buffer.hpp"
#include "kernels/host/instruction_sets.hpp"
#include "kernels/training/layer_norm.hpp"
#include "kernels/training/outputs_instance.hpp"

namespace muster::training {

namespace {

struct LayerNormArrays {
  std::uint16_t const *x, *residual;
  float const *gamma, *beta;
  std::uint16_t *sum, *y;
  std::uint64_t columns;
};

/// Sum of what `value` gives for each column; sixteen sums, so that they can be vectors.
template <class Value>
MUSTER_LOOP float sum_of(std::uint64_t columns, Value const& value) {
  float sums[16] = {}, total = 0;
  std::uint64_t const whole = columns / 16 * 16;
  for (std::uint64_t c = 0; c < whole; c += 16) {
    for (std::uint64_t lane = 0; lane < 16; ++lane) sums[lane] += value(c + lane);
  }
  for (float const sum : sums) total += sum;
  for (std::uint64_t c = whole; c < columns; ++c) total += value(c);
  return total;
}

/// `h`: room for one row.
MUSTER_LOOP void layer_norm_row(LayerNormArrays const& a, std::uint64_t row, float* __restrict__ h) {
  std::uint64_t const columns = a.columns;
  auto const *const x = a.x + row * columns, *const residual = a.residual + row * columns;
  auto* const sum = a.sum + row * columns;
  auto* const y = a.y + row * columns;
  auto const *const gamma = a.gamma, *const beta = a.beta;
#pragma GCC ivdep
  for (std::uint64_t c = 0; c < columns; ++c) {
    h[c] = from_bf16(x[c]) + from_bf16(residual[c]);
    sum[c] = to_bf16(h[c]);
  }
  float const mean = sum_of(columns, [h](std::uint64_t c) { return h[c]; }) / static_cast<float>(columns);
  float const squares = sum_of(columns, [h, mean](std::uint64_t c) { return (h[c] - mean) * (h[c] - mean); });
  float const scale = 1.0F / std::sqrt(squares / static_cast<float>(columns) + layer_norm_epsilon);
#pragma GCC ivdep
  for (std::uint64_t c = 0; c < columns; ++c) y[c] = to_bf16((h[c] - mean) * scale * gamma[c] + beta[c]);
}

MUSTER_LOOP void layer_norm_loop(LayerNormArrays const& arrays, Share rows, float* h) {
  for (std::uint64_t row = rows.begin; row < rows.end; ++row) layer_norm_row(arrays, row, h);
}

#define MUSTER_PARAMETERS LayerNormArrays const &arrays, Share rows, float *h
#define MUSTER_ARGUMENTS arrays, rows, h
MUSTER_FOR_EVERY_CPU(layer_norm_rows, layer_norm_loop, MUSTER_PARAMETERS, MUSTER_ARGUMENTS)
#undef MUSTER_PARAMETERS
#undef MUSTER_ARGUMENTS

class LayerNormHost {
 public:
  using Problem = LayerNormProblem;
  static constexpr auto problem_of = &layer_norm_problem;
  static constexpr bool recordable = false;

  LayerNormHost(LayerNormProblem const& problem, Device& device)
      : problem_(problem),
        team_(device.team()),
        x_(2 * problem.count()),
        residual_(2 * problem.count()),
        sum_(2 * problem.count()),
        y_(2 * problem.count()),
        gamma_(problem.columns),
        beta_(problem.columns),
        right_(layer_norm_reference(problem, team_)) {
    set_up();
    LayerNormArrays const arrays{
        x_.as<std::uint16_t>(),   residual_.as<std::uint16_t>(), gamma_.data(),  beta_.data(),
        sum_.as<std::uint16_t>(), y_.as<std::uint16_t>(),        problem.columns};
    rows_of_threads_.resize(static_cast<std::size_t>(team_.size()), std::vector<float>(problem.columns));
    job_ = [this, arrays](int index) {
      layer_norm_rows(arrays, rows_of(index), rows_of_threads_[static_cast<std::size_t>(index)].data());
    };
  }

  void launch() const { team_.run(job_); }

  Verdict compare() const {
    auto const *const sum = sum_.as<std::uint16_t>(), *const y = y_.as<std::uint16_t>();
    auto const count = problem_.count();
    return layer_norm_verdict(problem_, right_,
                              training::compare(sum, count, right_.sum, layer_norm_sum_limit, team_),
                              training::compare(y, count, right_.y, layer_norm_y_limit, team_));
  }

  void spoil() {
    team_.run([&](int index) {
      auto const [begin, end] = rows_of(index);
      auto const row = 2 * problem_.columns;
      std::memset(sum_.data() + begin * row, 0xFF, static_cast<std::size_t>((end - begin) * row));
      std::memset(y_.data() + begin * row, 0xFF, static_cast<std::size_t>((end - begin) * row));
    });
  }

 private:
  Share rows_of(int index) const { return share_of(problem_.rows, index, team_.size()); }

  void set_up() {
    auto const keys = layer_norm_keys(problem_.seed);
    for (std::uint64_t c = 0; c < problem_.columns; ++c) {
      gamma_[c] = layer_norm_gamma(keys.gamma, c);
      beta_[c] = layer_norm_beta(keys.beta, c);
    }
    team_.run([&](int index) {
      auto const [begin, end] = rows_of(index);
      for (std::uint64_t i = begin * problem_.columns; i < end * problem_.columns; ++i) {
        x_.as<std::uint16_t>()[i] = layer_norm_input(keys.x, i, problem_.columns);
        residual_.as<std::uint16_t>()[i] = layer_norm_input(keys.residual, i, problem_.columns);
      }
    });
  }

  LayerNormProblem problem_;
  Team& team_;
  host::Buffer x_, residual_, sum_, y_;
  std::vector<float> gamma_, beta_;
  LayerNormReference right_;
  std::vector<std::vector<float>> rows_of_threads_;
  std::function<void(int)> job_;
};

MakerRegistration const registration{"training/layer_norm", &make_outputs<LayerNormHost>};

}  // namespace

}  // namespace muster::training
