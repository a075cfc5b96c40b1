#include "kernels/gemm/lt_tuner.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <chrono>

#include "kernels/cuda/error.hpp"
#include "kernels/gemm/algorithm_cache.hpp"
#include "kernels/gemm/gemm_compare_cuda.hpp"
#include "kernels/gemm/launch_timer_cuda.hpp"
#include "kernels/gemm/race.hpp"

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
  int launches = 1;  ///< of one timing
};

class Tuning {
 public:
  Tuning(LtMatmul& matmul, GemmOperands const& operands, Context& context)
      : matmul_(matmul), operands_(operands), context_(context), begin_(now()) {}

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
    run_once(list.front());
    GemmCompare const compare(matmul_.product().problem(), operands_.d, context_.device.info().units,
                              matmul_.stream());
    for (auto const& algorithm : list) {
      bool const first = &algorithm == &list.front();
      if (!first && (now() - begin_ > limit_seconds / 2 || !is_right(algorithm, compare))) continue;
      Candidate candidate{algorithm};
      candidate.launches = launches_for(sample_seconds, time(candidate));
      fit_.push_back(candidate);
    }
  }

  /// D is spoilt first, so that one that computes nothing is not taken for right.
  void run_once(LtAlgorithm const& algorithm) {
    check(cudaMemsetAsync(operands_.d, 0xFF, matmul_.product().problem().d_bytes(), matmul_.stream()),
          "cudaMemsetAsync");
    matmul_.product().enqueue(algorithm, operands_, matmul_.workspace(), matmul_.stream());
  }

  bool is_right(LtAlgorithm const& algorithm, GemmCompare const& compare) {
    try {
      run_once(algorithm);
    } catch (CaseError const&
                 error) {  // what the heuristics propose need not run; a fault of the device stays one
      context_.note(fmt::format("cuBLASLt proposes an algorithm that it then refuses ({}; {}): left out",
                                algorithm.text(), error.what()));
      return false;
    }
    if (compare.agrees(operands_.d)) return true;
    context_.note(
        fmt::format("an algorithm of cuBLASLt computes something else than the first one ({}): left out",
                    algorithm.text()));
    return false;
  }

  double time(Candidate const& candidate) {
    return timer_.seconds(candidate.launches, [&] {
      matmul_.product().enqueue(candidate.algorithm, operands_, matmul_.workspace(), matmul_.stream());
    });
  }

  LtMatmul& matmul_;
  GemmOperands operands_;
  Context& context_;
  double begin_;
  LaunchTimer timer_{matmul_.stream()};
  std::vector<Candidate> fit_{};
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

LtChoice pin_fastest(LtMatmul& matmul, GemmOperands const& operands, Context& context) {
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
  auto const mine = Tuning(matmul, operands, context).run(list);
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
