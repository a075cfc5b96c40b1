// GEMM on a GPU by cuBLASLt.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

#include "kernels/contract/backend.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/cuda/versions.hpp"
#include "kernels/gemm/gemm_bound.hpp"
#include "kernels/gemm/gemm_check_cuda.hpp"
#include "kernels/gemm/gemm_note.hpp"
#include "kernels/gemm/gemm_operands_cuda.hpp"
#include "kernels/gemm/gemm_sets.hpp"
#include "kernels/gemm/gemm_support_cuda.hpp"
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
        bits_(sets_.results(), problem.d_bytes(), sets_.result_stride(), sets_.count(), device_.info().units,
              stream_) {
    matmul_.enqueue(sets_.at(0));  // loads the kernel: the first call of an algorithm costs milliseconds
    bits_.spoil();
    device_.wait();
  }

  // Every sample's results are held against the first one's, bit for bit, and then made unrecognisable.
  void reset() override {
    bits_.count(written_);
    bits_.spoil();
    written_ = 0;
    ++resets_;
  }

  void launch() override {
    matmul_.enqueue(sets_.at(turn_));
    if (recording()) {
      recorded_ = true;  // whoever repeats the recording does not tell
    } else {
      written_ |= std::uint64_t{1} << turn_;
    }
    turn_ = (turn_ + 1) % sets_.count();
  }

  Work work() const override { return problem_.work(); }
  Regime regime() const override { return regime_; }
  bool recordable() const override { return true; }
  std::uint64_t period() const override { return sets_.count(); }

  Verdict verify() override {
    auto seen = look();
    if (written_sets(seen) == 0) {
      launch();
      seen = look();
    }
    Verdict verdict = check(next_set(seen));
    if (auto const fault = complaint_of(seen)) {
      verdict.status = Verdict::Status::fail;
      verdict.detail = *fault + (verdict.detail.empty() ? "" : "; " + verdict.detail);
    }
    compared_ += seen.samples.compared;
    verified_ = verdict.ok();
    if (verified_) reference_ = seen.samples.reference;
    start_anew();
    return verdict;
  }

  std::optional<Fingerprint> fingerprint() override {
    if (!verified_) return std::nullopt;
    return Fingerprint{reference_,
                       fmt::format("{} with {} multiprocessors, cuBLASLt {}, {}", device_.info().name,
                                   device_.info().units, version_text(lt().version()), matmul_.identity())};
  }

  std::optional<Bound> bound() override {
    return gemm_bound(problem_.type, work(), regime_, sets_.count() * problem_.total_bytes(), device_);
  }

  std::vector<Figure> figures() override {
    auto figures = choice_.figures();
    figures.push_back({"workspace", static_cast<double>(matmul_.workspace_used()), "B"});
    figures.push_back({"operand_sets", static_cast<double>(sets_.count()), ""});
    figures.push_back({"results_compared", static_cast<double>(compared_), ""});
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
    return first ? keep_first(matmul_) : pin_fastest(matmul_, sets_, context);
  }

  bool recording() const {
    auto status = cudaStreamCaptureStatusNone;
    cuda::check(cudaStreamIsCapturing(stream_, &status), "cudaStreamIsCapturing");
    return status != cudaStreamCaptureStatusNone;
  }

  GemmResultBits::Seen look() {
    bits_.count(written_);
    return bits_.seen();
  }

  static std::ptrdiff_t written_sets(GemmResultBits::Seen const& seen) {
    return std::ranges::count_if(seen.sums, [&](std::uint64_t sum) { return sum != seen.blank; });
  }

  /// Another one than last time, if another one has been written.
  unsigned next_set(GemmResultBits::Seen const& seen) {
    for (unsigned i = 1; i <= sets_.count(); ++i) {
      unsigned const set = (checked_ + i) % sets_.count();
      if (seen.sums[set] != seen.blank) return checked_ = set;
    }
    return checked_;
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

  std::optional<std::string> complaint_of(GemmResultBits::Seen const& seen) const {
    if (auto const fault = complaint(seen.samples)) return fault;
    bool const several = resets_ > 2;
    if (recorded_ && several && seen.samples.compared <= 1)
      return "the recorded launches have written no result";
    return std::nullopt;
  }

  // The reference stays once it has been verified; one that has not must not judge what comes after.
  void start_anew() {
    bits_.start_anew(reference_);
    bits_.spoil();
    written_ = 0;
    resets_ = 0;
  }

  GemmProblem problem_;
  Regime regime_;
  Device& device_;
  cudaStream_t stream_;
  OperandSets sets_;
  LtMatmul matmul_;
  LtChoice choice_;
  FineProduct fine_;
  GemmResultBits bits_;
  unsigned turn_ = 0, checked_ = 0;
  std::uint64_t written_ = 0;  ///< a bit for each set that was launched since its result was spoiled
  std::uint64_t resets_ = 0, compared_ = 0;
  std::uint64_t reference_ = 0;  ///< checksum of results that were verified; 0: none yet
  bool recorded_ = false, verified_ = false;
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
