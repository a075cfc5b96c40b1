// gemm/grouped on a GPU by cuBLAS.
#include <cuda_runtime_api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "kernels/contract/backend.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/cuda/versions.hpp"
#include "kernels/gemm/cublas_api.hpp"
#include "kernels/gemm/gemm_bound.hpp"
#include "kernels/gemm/gemm_check_cuda.hpp"
#include "kernels/gemm/gemm_data.hpp"
#include "kernels/gemm/gemm_fill_cuda.hpp"
#include "kernels/gemm/gemm_sets.hpp"
#include "kernels/gemm/gemm_turns_cuda.hpp"
#include "kernels/gemm/grouped_problem.hpp"
#include "kernels/gemm/lt_matmul.hpp"

namespace muster::cuda {
namespace {

struct Types {
  cudaDataType_t stored;
  cublasComputeType_t compute;
};

Types types_of(GemmType type) {
  switch (type) {
    case GemmType::fp64:
      return {CUDA_R_64F, CUBLAS_COMPUTE_64F};
    case GemmType::fp32:
      return {CUDA_R_32F, CUBLAS_COMPUTE_32F};
    case GemmType::fp16:
      return {CUDA_R_16F, CUBLAS_COMPUTE_32F};
    case GemmType::bf16:
      return {CUDA_R_16BF, CUBLAS_COMPUTE_32F};
    default:
      throw Unsupported(fmt::format("cuBLAS has no grouped products of {} use bf16", name(type)));
  }
}

std::uint64_t aligned(std::uint64_t bytes) { return (bytes + 511) / 512 * 512; }

/// Device memory besides the matrices: the checks' (one group at a time), the pointers' to one set, and the
/// gaps that alignment leaves.
std::uint64_t extra_bytes(GroupedProblem const& problem) {
  std::uint64_t checks = 0;
  for (std::size_t g = 0; g < problem.groups(); ++g)
    checks = std::max(checks, gemm_check_bytes(problem.group(g)));
  return checks + 3 * problem.groups() * sizeof(void*) + aligned(1) * (problem.groups() + 2);
}

/// Memory of several sets: all A, B of each group, then all D. One set's A of all groups lie one after the
/// other, as its D do; B of each group begins at a multiple of 512 bytes.
class GroupedOperands {
 public:
  /// As many as `sets` says, or one where that many cannot be had. Throws OutOfMemory, DeviceError.
  GroupedOperands(GroupedProblem const& problem, unsigned sets, Device& device)
      : problem_(problem),
        a_stride_(aligned(problem.a_bytes())),
        b_each_(aligned(problem.group(0).b_bytes())),
        d_stride_(aligned(problem.d_bytes())) {
    try {
      place(sets);
    } catch (OutOfMemory const&) {  // free memory may be there in pieces
      if (sets == 1) throw;
      place(1);
    }
    fill(device);
  }

  void* a(unsigned set, std::size_t group) const {
    return at(set * a_stride_ + before(group, &GemmProblem::a_bytes));
  }
  void* b(unsigned set, std::size_t group) const {
    return at(sets_ * a_stride_ + (set * problem_.groups() + group) * b_each_);
  }
  void* d(unsigned set, std::size_t group) const {
    return at(sets_ * (a_stride_ + b_each_ * problem_.groups()) + set * d_stride_ +
              before(group, &GemmProblem::d_bytes));
  }
  std::uint64_t d_stride() const { return d_stride_; }
  unsigned count() const { return sets_; }

  /// Device memory: pointers to one set's matrices, B's (0), A's (1) or D's (2), group by group.
  void** pointers(unsigned set, unsigned which) const {
    return pointers_.as<void*>() + (set * 3 + which) * problem_.groups();
  }

 private:
  void* at(std::uint64_t offset) const { return memory_.as<char>() + offset; }
  std::uint64_t before(std::size_t group, std::uint64_t (GemmProblem::*bytes)() const) const {
    std::uint64_t sum = 0;
    for (std::size_t g = 0; g < group; ++g) sum += (problem_.group(g).*bytes)();
    return sum;
  }
  void place(unsigned sets) {
    sets_ = sets;
    memory_ = DeviceBuffer(sets * (a_stride_ + b_each_ * problem_.groups() + d_stride_), "the operands");
    pointers_ = DeviceBuffer(sets * 3 * problem_.groups() * sizeof(void*), "pointers to the operands");
  }

  void fill(Device& device) const {
    std::vector<void*> all;
    for (unsigned set = 0; set < sets_; ++set) {
      fill(set, device);
      for (auto const at : {&GroupedOperands::b, &GroupedOperands::a, &GroupedOperands::d}) {
        for (std::size_t g = 0; g < problem_.groups(); ++g) all.push_back((this->*at)(set, g));
      }
    }
    copy_to_device(pointers_.as(), all.data(), pointers_.bytes(), static_cast<cudaStream_t>(device.queue()));
  }

  void fill(unsigned set, Device& device) const {
    auto* const stream = static_cast<cudaStream_t>(device.queue());
    for (std::size_t g = 0; g < problem_.groups(); ++g) {
      auto const one = problem_.group(g);
      gemm_fill(one.type, a(set, g), one.a_count(), gemm_key(one.seed, GemmMatrix::a), one.dist,
                device.info().units, stream);
      gemm_fill(one.type, b(set, g), one.b_count(), gemm_key(one.seed, GemmMatrix::b), one.dist,
                device.info().units, stream);
    }
  }

  GroupedProblem problem_;
  std::uint64_t a_stride_, b_each_, d_stride_;
  unsigned sets_ = 0;
  DeviceBuffer memory_, pointers_;
};

/// The launch itself. Row-major here, column-major there: D' = B' A', so B comes first, transposed as it is
/// stored.
class GroupedProduct {
 public:
  GroupedProduct(GroupedProblem const& problem, LtWorkspace workspace, cudaStream_t stream)
      : types_(types_of(problem.type)),
        groups_(static_cast<int>(problem.groups())),
        turned_(problem.groups(), CUBLAS_OP_T),
        as_is_(problem.groups(), CUBLAS_OP_N),
        heights_(problem.groups(), static_cast<int>(problem.n)),
        inner_(problem.groups(), static_cast<int>(problem.k)),
        ones_(problem.groups(), 1),
        alpha_(scalars(1)),
        beta_(scalars(0)),
        workspace_(std::move(workspace)) {
    if (cublas().grouped == nullptr) {
      throw Unsupported(
          "this cuBLAS has no cublasGemmGroupedBatchedEx (it came with 12.5) install libcublas of CUDA 12.5 "
          "or later, or "
          "leave the case out");
    }
    for (auto const rows : problem.rows) widths_.push_back(static_cast<int>(rows));
    handle_ = open_cublas(stream, workspace_->as(), workspace_->bytes());
  }

  void enqueue(GroupedOperands const& operands, unsigned set) const {
    check(cublas().grouped(handle_.get(), turned_.data(), as_is_.data(), heights_.data(), widths_.data(),
                           inner_.data(), alpha_.data(), operands.pointers(set, 0), types_.stored,
                           inner_.data(), operands.pointers(set, 1), types_.stored, inner_.data(),
                           beta_.data(), operands.pointers(set, 2), types_.stored, heights_.data(), groups_,
                           ones_.data(), types_.compute),
          "cublasGemmGroupedBatchedEx");
  }

 private:
  /// One for each group, in the type of the sums.
  std::vector<std::byte> scalars(int value) const {
    auto const bytes_of = [&](auto scalar) {
      std::vector<decltype(scalar)> const values(static_cast<std::size_t>(groups_), scalar);
      auto const* const first = reinterpret_cast<std::byte const*>(values.data());
      return std::vector<std::byte>(first, first + values.size() * sizeof scalar);
    };
    return types_.compute == CUBLAS_COMPUTE_64F ? bytes_of(static_cast<double>(value))
                                                : bytes_of(static_cast<float>(value));
  }

  Types types_;
  int groups_;
  std::vector<cublasOperation_t> turned_, as_is_;
  std::vector<int> heights_, inner_, ones_, widths_{};
  std::vector<std::byte> alpha_, beta_;
  LtWorkspace workspace_;
  CublasHandle handle_;
};

constexpr std::size_t most_sampled_groups = 8;

class GroupedInstance final : public Instance {
 public:
  GroupedInstance(GroupedProblem const& problem, unsigned sets, Regime regime, Context& context)
      : problem_(problem),
        regime_(regime),
        device_(context.device),
        operands_(problem, sets, device_),
        product_(problem, workspace(context), static_cast<cudaStream_t>(device_.queue())),
        turns_(operands_.d(0, 0), problem.d_bytes(), operands_.d_stride(), operands_.count(), device_) {
    product_.enqueue(operands_, 0);  // loads the kernel
    turns_.spoil();
    device_.wait();
  }

  void reset() override { turns_.end_sample(); }
  void launch() override { product_.enqueue(operands_, turns_.next()); }
  Work work() const override { return problem_.work(); }
  Regime regime() const override { return regime_; }
  std::uint64_t period() const override { return operands_.count(); }

  Verdict verify() override {
    return turns_.verify([this] { launch(); }, [this](unsigned set) { return check_groups(set); });
  }

  std::optional<Fingerprint> fingerprint() override {
    return turns_.fingerprint(
        fmt::format("{} with {} multiprocessors, {}", device_.info().name, device_.info().units, library()));
  }

  std::optional<Bound> bound() override {
    return gemm_bound(problem_.type, work(), regime_, operands_.count() * work().bytes, device_);
  }

  std::vector<Figure> figures() override {
    return {{"operand_sets", static_cast<double>(operands_.count()), ""},
            {"results_compared", static_cast<double>(turns_.compared()), ""}};
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    return {{"library", library()}, {"rows_of_groups", fmt::format("{}", fmt::join(problem_.rows, " "))}};
  }

 private:
  /// As much as leaves room for the checks.
  LtWorkspace workspace(Context& context) const {
    DeviceBuffer const reserved(extra_bytes(problem_), "checking");
    return lt_workspace(lt_workspace_bytes, context.note);
  }

  static std::string library() {
    int number = 0;
    check(cublas().version(nullptr, &number), "cublasGetVersion");
    return "cuBLAS " + version_text(static_cast<std::size_t>(number)) + ", cublasGemmGroupedBatchedEx";
  }

  /// The fp64 product is the host's work, so eight groups at most get one; Freivalds' check is the GPU's.
  Verdict check_groups(unsigned set) {
    GemmFinding worst;
    std::size_t rows = 0;
    auto const every = (problem_.groups() + most_sampled_groups - 1) / most_sampled_groups;
    for (std::size_t g = 0; g < problem_.groups(); ++g) {
      auto const one = problem_.group(g);
      auto finding = check_all_rows(one, operands_.d(set, g), nullptr, device_);
      if (g % every == 0) {
        finding.merge(check_sampled_rows(one, operands_.d(set, g), device_));
        rows += gemm_sampled_rows(one).size();
      }
      if (!finding.detail.empty()) finding.detail = fmt::format("group {}: {}", g, finding.detail);
      worst.merge(std::move(finding));
    }
    return Verdict::judge(
        fmt::format("fp64 product of {} rows; Freivalds on all, group by group; bits of every sample", rows),
        worst.ratio, 1, worst.detail);
  }

  GroupedProblem problem_;
  Regime regime_;
  Device& device_;
  GroupedOperands operands_;
  GroupedProduct product_;
  GemmTurns turns_;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const problem = grouped_problem(params, context.seed);
  auto const regime = regime_of(params);
  auto const free = free_memory_for(regime, context.device);
  require_memory(problem, free, extra_bytes(problem));
  auto const sets = operand_sets(problem.total_bytes(), context.device.cache_bytes(), free, regime);
  return std::make_unique<GroupedInstance>(problem, sets, regime, context);
}

MakerRegistration const registration{"gemm/grouped", &make};

}  // namespace
}  // namespace muster::cuda
