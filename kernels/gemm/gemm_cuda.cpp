// GEMM on a GPU by cuBLASLt.
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

#include "kernels/contract/backend.hpp"
#include "kernels/cuda/versions.hpp"
#include "kernels/gemm/gemm_bound.hpp"
#include "kernels/gemm/gemm_check_cuda.hpp"
#include "kernels/gemm/gemm_note.hpp"
#include "kernels/gemm/gemm_operands_cuda.hpp"
#include "kernels/gemm/gemm_sets.hpp"
#include "kernels/gemm/gemm_support_cuda.hpp"
#include "kernels/gemm/gemm_turns_cuda.hpp"
#include "kernels/gemm/lt_tuner.hpp"

namespace muster::cuda {
namespace {

/// The same product with fp32 output, for a D of 16 bits: what rounding hides there is seen here.
class FineProduct {
 public:
  FineProduct(GemmProblem const& problem, LtMatmul const& matmul) : problem_(fine(problem)) {
    if (problem.output != GemmType::fp16 && problem.output != GemmType::bf16) return;
    try {
      matmul_.emplace(problem_, matmul.shared_workspace(), matmul.stream());
    } catch (Unsupported const&) {
      obstacle_ = "cuBLASLt has no algorithm with fp32 output for it";
    }
  }

  /// Memory that holds the product of `operands`, or none where there is no such product; see obstacle().
  DeviceBuffer of(GemmOperands const& operands) {
    if (!matmul_) return {};
    try {
      DeviceBuffer d(problem_.d_bytes(), "the product in fp32");
      matmul_->enqueue(operands.a, operands.b, d.as());
      obstacle_.clear();
      return d;
    } catch (OutOfMemory const&) {
      obstacle_ = "no memory for fp32 output";
      return {};
    }
  }
  /// Why there is none although D has 16 bits; empty: no reason.
  std::string const& obstacle() const { return obstacle_; }

 private:
  static GemmProblem fine(GemmProblem problem) {
    problem.output = GemmType::fp32;
    return problem;
  }

  GemmProblem problem_;
  std::optional<LtMatmul> matmul_;
  std::string obstacle_;
};

class GemmInstance final : public Instance {
 public:
  GemmInstance(GemmProblem const& problem, unsigned sets, Params const& params, Context& context)
      : problem_(problem),
        regime_(regime_of(params)),
        device_(context.device),
        stream_(static_cast<cudaStream_t>(device_.queue())),
        sets_(problem, sets, device_),
        matmul_(problem, workspace(context), stream_),
        choice_(choose(params, context)),
        fine_(problem, matmul_),
        turns_(sets_.results(), problem.d_bytes(), sets_.result_stride(), sets_.count(), device_) {
    matmul_.enqueue(sets_.at(0));  // loads the kernel: the first call of an algorithm costs milliseconds
    turns_.spoil();
    device_.wait();
  }

  void reset() override { turns_.end_sample(); }
  void launch() override { matmul_.enqueue(sets_.at(turns_.next())); }
  Work work() const override { return problem_.work(); }
  Regime regime() const override { return regime_; }
  bool recordable() const override { return true; }
  std::uint64_t period() const override { return sets_.count(); }

  Verdict verify() override {
    return turns_.verify([this] { launch(); }, [this](unsigned set) { return check(set); });
  }

  std::optional<Fingerprint> fingerprint() override {
    return turns_.fingerprint(fmt::format("{} with {} multiprocessors, cuBLASLt {}, {}", device_.info().name,
                                          device_.info().units, version_text(lt().version()),
                                          matmul_.identity()));
  }

  std::optional<Bound> bound() override {
    return gemm_bound(problem_.type, work(), regime_, sets_.count() * problem_.total_bytes(), device_);
  }

  std::vector<Figure> figures() override {
    auto figures = choice_.figures();
    figures.push_back({"workspace", static_cast<double>(matmul_.workspace_used()), "B"});
    figures.push_back({"operand_sets", static_cast<double>(sets_.count()), ""});
    figures.push_back({"results_compared", static_cast<double>(turns_.compared()), ""});
    return figures;
  }

  std::vector<std::pair<std::string, std::string>> facts() override { return choice_.facts(); }

 private:
  /// As much as leaves room for the checks.
  LtWorkspace workspace(Context& context) const {
    DeviceBuffer const reserved(gemm_check_bytes(problem_), "checking");
    return lt_workspace(lt_workspace_bytes, context.note);
  }

  LtChoice choose(Params const& params, Context& context) {
    bool const first = params.has("algorithm") && params.text("algorithm") == "heuristic";
    if (first) return keep_first(matmul_);
    auto const several =
        operand_sets(problem_.total_bytes(), device_.cache_bytes(), device_.free_memory(), Regime::sustained);
    if (regime_ != Regime::cold || several == 1) return pin_fastest(matmul_, sets_, context);
    // One set is enough where caches are evicted, but candidates that follow each other would find it there.
    return pin_fastest(matmul_, OperandSets(problem_, several, device_), context);
  }

  Verdict check(unsigned set) {
    void const* const d = sets_.at(set).d;
    auto const fine = fine_.of(sets_.at(set));
    GemmFinding worst = check_sampled_rows(problem_, d, device_);
    worst.merge(check_all_rows(problem_, d, fine.as<float const>(), device_));
    auto method =
        fmt::format("fp64 product of {} rows; Freivalds on all{}; bits of every sample",
                    gemm_sampled_rows(problem_).size(), fine.bytes() > 0 ? ", with fp32 output" : "");
    if (!fine_.obstacle().empty()) method += " (" + fine_.obstacle() + ")";
    return Verdict::judge(method, worst.ratio, 1, worst.detail);
  }

  GemmProblem problem_;
  Regime regime_;
  Device& device_;
  cudaStream_t stream_;
  OperandSets sets_;
  LtMatmul matmul_;
  LtChoice choice_;
  FineProduct fine_;
  GemmTurns turns_;
};

void note_override(GemmProblem const& problem, Context& context) {
  char const* value = std::getenv("NVIDIA_TF32_OVERRIDE");
  if (problem.type == GemmType::tf32 && value && std::string_view(value) == "0") {
    context.note(
        "NVIDIA_TF32_OVERRIDE=0 is set: cuBLAS then computes tf32 cases in fp32; unset it to measure TF32");
  }
}

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const problem = gemm_problem(params, context.seed);
  auto& device = context.device;
  require_type(problem.type, device);
  auto const free = free_memory_for(regime_of(params), device);
  require_memory(problem, free, gemm_check_bytes(problem));
  note_override(problem, context);
  note_data(problem, context);
  auto const sets = operand_sets(problem.total_bytes(), device.cache_bytes(), free, regime_of(params));
  return std::make_unique<GemmInstance>(problem, sets, params, context);
}

MakerRegistration const registration{"gemm", &make};

}  // namespace
}  // namespace muster::cuda
