#include "kernels/train_step/step_loops_host.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "kernels/host/instruction_sets.hpp"
#include "kernels/train_step/step_data.hpp"

namespace muster::train {
namespace {

/// Elements that several passes go over while they are in the first cache.
constexpr std::uint64_t block = 2048;

MUSTER_LOOP void phi_loop(float* to, float const* from, float scale, std::uint64_t count) {
#pragma GCC ivdep
  for (std::uint64_t i = 0; i < count; ++i) to[i] = phi(from[i]) * scale;
}

MUSTER_LOOP void signed_phi_loop(float* to, float const* from, float scale, std::uint64_t first,
                                 std::uint64_t count) {
#pragma GCC ivdep
  for (std::uint64_t i = 0; i < count; ++i) to[i] = (phi(from[i]) + operand_sign(first + i)) * scale;
}

MUSTER_LOOP void add_loop(float* to, float const* from, float scale, std::uint64_t count) {
#pragma GCC ivdep
  for (std::uint64_t i = 0; i < count; ++i) to[i] += scale * from[i];
}

MUSTER_LOOP void slope_loop(float* to, float const* outputs, float const* sum, std::uint64_t count) {
#pragma GCC ivdep
  for (std::uint64_t i = 0; i < count; ++i) to[i] = phi_slope(outputs[i]) * sum[i];
}

MUSTER_LOOP void bytes_loop(float* to, std::uint8_t const* from, std::uint64_t count) {
#pragma GCC ivdep
  for (std::uint64_t i = 0; i < count; ++i) to[i] = (static_cast<float>(from[i]) - 127.5F) / 127.5F;
}

MUSTER_LOOP void loss_loop(Loss const& job, Share part) {
  auto const [gradient, outputs, key, count] = job;
  auto const divisor = static_cast<float>(count);
#pragma GCC ivdep
  for (std::uint64_t j = part.begin; j < part.end; ++j) gradient[j] = (outputs[j] - target(key, j)) / divisor;
}

MUSTER_LOOP void update_loop(Update const& job, Share part) {
  auto const [weight, first, second, gradient, parts, step] = job;
#pragma GCC ivdep
  for (std::uint64_t i = part.begin; i < part.end; ++i) {
    auto const next =
        training::adamw_update({weight[i], first[i], second[i]}, mean_gradient(gradient[i], parts), step);
    weight[i] = next.weight;
    first[i] = next.m;
    second[i] = next.v;
  }
}

#define MUSTER_PARAMETERS float *to, float const *from, float scale, std::uint64_t count
#define MUSTER_ARGUMENTS to, from, scale, count
MUSTER_FOR_EVERY_CPU(phi_of, phi_loop, MUSTER_PARAMETERS, MUSTER_ARGUMENTS)
MUSTER_FOR_EVERY_CPU(add_to, add_loop, MUSTER_PARAMETERS, MUSTER_ARGUMENTS)
#undef MUSTER_PARAMETERS
#undef MUSTER_ARGUMENTS
#define MUSTER_PARAMETERS float *to, float const *from, float scale, std::uint64_t first, std::uint64_t count
#define MUSTER_ARGUMENTS to, from, scale, first, count
MUSTER_FOR_EVERY_CPU(signed_phi_of, signed_phi_loop, MUSTER_PARAMETERS, MUSTER_ARGUMENTS)
#undef MUSTER_PARAMETERS
#undef MUSTER_ARGUMENTS
#define MUSTER_PARAMETERS float *to, float const *outputs, float const *sum, std::uint64_t count
#define MUSTER_ARGUMENTS to, outputs, sum, count
MUSTER_FOR_EVERY_CPU(times_slope, slope_loop, MUSTER_PARAMETERS, MUSTER_ARGUMENTS)
#undef MUSTER_PARAMETERS
#undef MUSTER_ARGUMENTS
#define MUSTER_PARAMETERS float *to, std::uint8_t const *from, std::uint64_t count
#define MUSTER_ARGUMENTS to, from, count
MUSTER_FOR_EVERY_CPU(numbers_of, bytes_loop, MUSTER_PARAMETERS, MUSTER_ARGUMENTS)
#undef MUSTER_PARAMETERS
#undef MUSTER_ARGUMENTS
#define MUSTER_PARAMETERS Loss const &job, Share part
#define MUSTER_ARGUMENTS job, part
MUSTER_FOR_EVERY_CPU(loss_part, loss_loop, MUSTER_PARAMETERS, MUSTER_ARGUMENTS)
#undef MUSTER_PARAMETERS
#undef MUSTER_ARGUMENTS
#define MUSTER_PARAMETERS Update const &job, Share part
#define MUSTER_ARGUMENTS job, part
MUSTER_FOR_EVERY_CPU(update_part, update_loop, MUSTER_PARAMETERS, MUSTER_ARGUMENTS)
#undef MUSTER_PARAMETERS
#undef MUSTER_ARGUMENTS

/// run(at, from, count): elements [at, at + count) of `part`, whose places (k + shift) mod period are [from,
/// from + count).
template <class Run>
void each_run(Share part, std::uint64_t period, std::uint64_t shift, Run const& run) {
  for (std::uint64_t at = part.begin; at < part.end;) {
    std::uint64_t const from = (at + shift) % period;
    std::uint64_t const count = std::min(part.end - at, period - from);
    run(at, from, count);
    at += count;
  }
}

template <class Use>
void each_block(Share part, Use const& use) {
  for (std::uint64_t at = part.begin; at < part.end; at += block)
    use(Share{at, std::min(part.end, at + block)});
}

/// Adds to sums[k - places.begin] all of `spread` that counts for k, turn after turn of the period.
void add_spread(float* sums, Share places, std::uint64_t period, Spread const& spread) {
  std::uint64_t const past = spread.shift + spread.count;
  for (std::uint64_t turn = spread.shift / period * period; places.begin + turn < past; turn += period) {
    std::uint64_t const begin = std::max(places.begin + turn, spread.shift);
    std::uint64_t const end = std::min(places.end + turn, past);
    if (begin >= end) continue;
    add_to(sums + (begin - turn - places.begin), spread.from + (begin - spread.shift), spread.scale,
           end - begin);
  }
}

void copy_batch(float* to, BatchView const& batch, std::uint64_t from, std::uint64_t count) {
  if (batch.kind == BatchView::Kind::float32) {
    std::memcpy(to, static_cast<float const*>(batch.data) + from, count * sizeof(float));
  } else if (batch.kind == BatchView::Kind::bytes) {
    numbers_of(to, static_cast<std::uint8_t const*>(batch.data) + from, count);
  } else {
    throw std::logic_error("a batch of 16-bit numbers on the host");
  }
}

}  // namespace

void gather(Gather const& job, Share part) {
  each_run(part, job.period, job.shift, [&](std::uint64_t at, std::uint64_t from, std::uint64_t count) {
    if (job.signs) {
      signed_phi_of(job.to + at, job.from + from, job.scale, at, count);
    } else {
      phi_of(job.to + at, job.from + from, job.scale, count);
    }
  });
}

void adjoint(Adjoint const& job, Share part) {
  float sums[block];
  each_block(part, [&](Share places) {
    std::uint64_t const count = places.end - places.begin;
    if (job.add) {
      std::memcpy(sums, job.to + places.begin, count * sizeof(float));
    } else {
      std::memset(sums, 0, count * sizeof(float));
    }
    add_spread(sums, places, job.period, job.inputs);
    add_spread(sums, places, job.period, job.operand);
    if (job.outputs != nullptr) {
      times_slope(job.to + places.begin, job.outputs + places.begin, sums, count);
    } else {
      std::memcpy(job.to + places.begin, sums, count * sizeof(float));
    }
  });
}

void embed(Embedding const& job, Share part) {
  each_block(part, [&](Share places) {
    each_run(places, job.batch.count, 0, [&](std::uint64_t at, std::uint64_t from, std::uint64_t count) {
      copy_batch(job.to + at, job.batch, from, count);
    });
    if (job.embedding_count == 0) return;
    each_run(places, job.embedding_count, 0, [&](std::uint64_t at, std::uint64_t from, std::uint64_t count) {
      add_to(job.to + at, job.embedding + from, 1, count);
    });
  });
}

void loss(Loss const& job, Share part) { loss_part(job, part); }

void update(Update const& job, Share part) { update_part(job, part); }

}  // namespace muster::train
