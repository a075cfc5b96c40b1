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

MUSTER_LOOP void add_phi_loop(float* to, float const* from, float scale, std::uint64_t count) {
#pragma GCC ivdep
  for (std::uint64_t i = 0; i < count; ++i) to[i] += phi(from[i]) * scale;
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
MUSTER_FOR_EVERY_CPU(add_phi_of, add_phi_loop, MUSTER_PARAMETERS, MUSTER_ARGUMENTS)
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

/// run(at, from, count): elements [at, at + count) of `part` have terms at [from, from + count). All first
/// terms, then all second ones, ...
template <class Run>
void each_run(Terms const& terms, Share part, Run const& run) {
  for (std::uint64_t turn = 0; part.begin + turn < terms.end; turn += terms.count) {
    std::uint64_t const end = std::min(part.end + turn, terms.end);
    for (std::uint64_t k = std::max(part.begin + turn, terms.begin); k < end;) {
      std::uint64_t const from = terms.at(k), count = std::min(end - k, terms.wrap.size - from);
      run(k - turn, from, count);
      k += count;
    }
  }
}

template <class Use>
void each_block(Share part, Use const& use) {
  for (std::uint64_t at = part.begin; at < part.end; at += block)
    use(Share{at, std::min(part.end, at + block)});
}

/// Adds to sums[i - places.begin] the sum of i.
void add_sums(float* sums, Share places, Summed const& summed) {
  each_run(summed.terms, places, [&](std::uint64_t at, std::uint64_t from, std::uint64_t count) {
    add_to(sums + (at - places.begin), summed.from + from, summed.scale, count);
  });
}

/// Single terms: an array is read in turn.
Terms in_turn(std::uint64_t count, std::uint64_t size) { return terms_of(count, 0, count, 0, size); }

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
  each_block(part, [&](Share places) {
    std::uint64_t done = places.begin;  // of the first terms
    each_run(job.terms, places, [&](std::uint64_t at, std::uint64_t from, std::uint64_t count) {
      if (job.signs) return signed_phi_of(job.to + at, job.from + from, job.scale, at, count);
      bool const first = at == done;
      (first ? phi_of : add_phi_of)(job.to + at, job.from + from, job.scale, count);
      if (first) done += count;
    });
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
    add_sums(sums, places, job.inputs);
    add_sums(sums, places, job.operand);
    if (job.outputs != nullptr) {
      times_slope(job.to + places.begin, job.outputs + places.begin, sums, count);
    } else {
      std::memcpy(job.to + places.begin, sums, count * sizeof(float));
    }
  });
}

void embed(Embedding const& job, Share part) {
  each_block(part, [&](Share places) {
    each_run(in_turn(job.count, job.batch.count), places,
             [&](std::uint64_t at, std::uint64_t from, std::uint64_t count) {
               copy_batch(job.to + at, job.batch, from, count);
             });
    if (job.embedding_count == 0) return;
    each_run(in_turn(job.count, job.embedding_count), places,
             [&](std::uint64_t at, std::uint64_t from, std::uint64_t count) {
               add_to(job.to + at, job.embedding + from, 1, count);
             });
  });
}

void loss(Loss const& job, Share part) { loss_part(job, part); }

void update(Update const& job, Share part) { update_part(job, part); }

}  // namespace muster::train
