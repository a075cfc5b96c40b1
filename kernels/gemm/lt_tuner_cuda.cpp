#include "kernels/gemm/lt_tuner.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "kernels/contract/launch_series.hpp"
#include "kernels/contract/race.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/gemm/algorithm_cache.hpp"
#include "kernels/gemm/gemm_compare_cuda.hpp"
#include "kernels/gemm/launch_timer.hpp"

namespace muster::cuda {
namespace {

constexpr int most_candidates = 32;
constexpr double limit_seconds = 2;
constexpr double sample_seconds = 0.5e-3;  ///< of one timing: events tell 0.5 us, that is 0.1 %

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string key_of(LtMatmul const& matmul, DeviceInfo const& device) {
  auto const& problem = matmul.product().problem();
  std::string capability;
  for (auto const& [name, text] : device.facts) {
    if (name == "compute_capability") capability = text;
  }
  return fmt::format(
      "cuBLASLt {}, {} ({}, {} SMs), workspace {}, {} to {}, layout {}, {} x {} x {}, batch {}",
      lt().version(), device.name, capability, device.units, matmul.workspace().bytes(), name(problem.type),
      name(problem.output), name(problem.layout), problem.m, problem.n, problem.k, problem.batch);
}

struct Candidate {
  LtAlgorithm algorithm;
  LaunchSeries series;
  std::uint64_t launches = 1;  ///< of one timing
};

class Tuning {
 public:
  Tuning(LtMatmul& matmul, OperandSets const& sets, Context& context)
      : matmul_(matmul), sets_(sets), context_(context), begin_(now()), timer_(context.device) {}

  ChosenAlgorithm run(std::vector<LtAlgorithm> const& list) {
    collect(list);
    auto const result = race(
        fit_.size(), [this](std::size_t i) { return time(fit_[i]); },
        {.limit_seconds = limit_seconds - (now() - begin_)}, &now);
    auto const& chosen = fit_[result.winner].algorithm;
    matmul_.pin(chosen);
    return {chosen.saved(), result.seconds.front(), result.seconds[result.winner],
            static_cast<int>(fit_.size()), now() - begin_};
  }

 private:
  /// Warms and checks them; half the time is for that.
  void collect(std::vector<LtAlgorithm> const& list) {
    spoil();
    enqueue(list.front(), 0);
    GemmCompare const compare(matmul_.product().problem(), sets_.at(0).d, context_.device.info().units,
                              matmul_.stream());
    for (auto const& algorithm : list) {
      bool const first = &algorithm == &list.front();
      if (!first && (now() - begin_ > limit_seconds / 2 || !is_right(algorithm, compare))) continue;
      fit_.push_back(candidate(algorithm, compare));
    }
  }

  /// Of the first set, so that one that computes nothing is not taken for right.
  void spoil() const {
    check(cudaMemsetAsync(sets_.at(0).d, 0xFF, matmul_.product().problem().d_bytes(), matmul_.stream()),
          "cudaMemsetAsync");
  }

  void enqueue(LtAlgorithm const& algorithm, unsigned set) const {
    matmul_.product().enqueue(algorithm, sets_.at(set), matmul_.workspace(), matmul_.stream());
  }

  bool is_right(LtAlgorithm const& algorithm, GemmCompare const& compare) {
    try {
      spoil();
      enqueue(algorithm, 0);
    } catch (CaseError const&
                 error) {  // what the heuristics propose need not run; a fault of the device stays one
      context_.note(fmt::format("cuBLASLt proposes an algorithm that it then refuses ({}; {}): left out",
                                algorithm.text(), error.what()));
      return false;
    }
    if (compare.agrees(sets_.at(0).d)) return true;
    context_.note(
        fmt::format("an algorithm of cuBLASLt computes something else than the first one ({}): left out",
                    algorithm.text()));
    return false;
  }

  /// Ready to be timed. The turn goes on from one candidate to the next, so that none finds operands in the
  /// cache that another has left there.
  Candidate candidate(LtAlgorithm const& algorithm, GemmCompare const& compare) {
    auto const launch = [this, algorithm] { enqueue(algorithm, turn_++ % sets_.count()); };
    auto const series = [&](bool recordable) {
      return LaunchSeries(context_.device, launch, sets_.count(), recordable);
    };
    Candidate made{algorithm, series(true)};
    double const seconds = time(made);
    auto const launches = launches_for(sample_seconds, seconds);
    made.launches = made.series.settle(launches, seconds);
    if (made.series.recorded() && !repeats_the_product(made.series, compare)) {
      note_unrecorded("the recording does not compute the product");
      made.series = series(false);
      made.launches = made.series.settle(launches, seconds);
    }
    if (!made.series.obstacle().empty()) note_unrecorded(made.series.obstacle());
    return made;
  }

  bool repeats_the_product(LaunchSeries& series, GemmCompare const& compare) const {
    spoil();
    series.enqueue();
    return compare.agrees(sets_.at(0).d);
  }

  void note_unrecorded(std::string const& why) {
    if (!std::exchange(noted_, true)) {
      context_.note("cuBLASLt's algorithms were timed launch by launch: they could not be recorded (" + why +
                    ")");
    }
  }

  double time(Candidate& candidate) {
    return timer_.seconds(candidate.launches, [&] { candidate.series.enqueue(); });
  }

  LtMatmul& matmul_;
  OperandSets const& sets_;
  Context& context_;
  double begin_;
  LaunchTimer timer_;
  std::vector<Candidate> fit_{};
  unsigned turn_ = 0;
  bool noted_ = false;
};

LtChoice choice_of(LtMatmul const& matmul, ChosenAlgorithm const& chosen, bool cached) {
  auto const tuned =
      fmt::format("tuned among {} candidates in {:.2f} s", chosen.candidates, chosen.tuning_seconds);
  return {.algorithm = matmul.algorithm(),
          .source = cached ? "cache (" + tuned + ")" : tuned,
          .first_seconds = chosen.first_seconds,
          .tuned_seconds = chosen.chosen_seconds,
          .problem = matmul.product().problem()};
}

}  // namespace

LtChoice keep_first(LtMatmul const& matmul) {
  return {.algorithm = matmul.algorithm(), .source = "heuristic", .problem = matmul.product().problem()};
}

LtChoice pin_fastest(LtMatmul& matmul, OperandSets const& sets, Context& context) {
  AlgorithmCache const cache(context.cache, key_of(matmul, context.device.info()));
  auto const usable = [&](std::string const& saved) {
    auto const algorithm = matmul.product().restored(saved, matmul.workspace().bytes());
    if (algorithm) matmul.pin(*algorithm);
    return algorithm.has_value();
  };
  if (auto const known = cache.read(usable, context.note)) return choice_of(matmul, *known, true);
  auto const list = matmul.product().candidates(most_candidates, matmul.workspace().bytes());
  if (list.size() == 1) {
    auto choice = keep_first(matmul);
    choice.source += " (the only candidate)";
    return choice;
  }
  auto const mine = Tuning(matmul, sets, context).run(list);
  auto const in_force = cache.publish(mine, usable, context.note);
  return choice_of(matmul, in_force, !(in_force == mine));
}

std::vector<Figure> LtChoice::figures() const {
  if (first_seconds <= 0) return {};
  auto const flops = static_cast<double>(problem.work().flops);
  return {{"heuristic_first", flops / first_seconds, "FLOP/s"}, {"tuned", flops / tuned_seconds, "FLOP/s"}};
}

std::vector<std::pair<std::string, std::string>> LtChoice::facts() const {
  return {{"algorithm", algorithm}, {"algorithm_source", source}};
}

}  // namespace muster::cuda
