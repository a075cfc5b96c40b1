// gemm/grouped on the host: group after group by the library that a trial finds faster.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "kernels/contract/backend.hpp"
#include "kernels/gemm/gemm_bound.hpp"
#include "kernels/gemm/gemm_check.hpp"
#include "kernels/gemm/gemm_choice_host.hpp"
#include "kernels/gemm/gemm_operands_host.hpp"
#include "kernels/gemm/gemm_result_host.hpp"
#include "kernels/gemm/grouped_problem.hpp"

namespace muster::host {

namespace {

/// One group's product.
class Group final {
 public:
  Group(GemmProblem const& problem, std::byte* d, Team& team)
      : problem_(problem),
        a_(make_operand(problem, GemmMatrix::a, team)),
        b_(make_operand(problem, GemmMatrix::b, team)),
        d_(d) {}

  GemmOperands operands() { return dense_operands(problem_, a_.data(), b_.data(), d_); }
  GemmProblem const& problem() const { return problem_; }
  void take(std::unique_ptr<GemmLibrary> library) { library_ = std::move(library); }
  void multiply() { library_->multiply(); }
  Verdict check(Team& team) const { return check_gemm(problem_, d_, team); }

 private:
  GemmProblem problem_;
  Buffer a_, b_;
  std::byte* d_;
  std::unique_ptr<GemmLibrary> library_;
};

class GroupedHost final : public Instance {
 public:
  GroupedHost(GroupedProblem const& problem, Regime regime, Context& context)
      : problem_(problem), regime_(regime), device_(context.device), d_(problem.d_bytes(), device_) {
    std::uint64_t offset = 0;
    for (std::size_t g = 0; g < problem.groups(); ++g) {
      groups_.emplace_back(problem.group(g), d_.data() + offset, device_.team());
      offset += groups_.back().problem().d_bytes();
    }
    choose_library();
    d_.spoil();  // the trial has written it
  }

  void reset() override { d_.end_sample(); }

  void launch() override {
    for (auto& group : groups_) group.multiply();
    d_.launched();
  }

  Work work() const override { return problem_.work(); }
  Regime regime() const override { return regime_; }

  Verdict verify() override {
    return d_.verify([this] { launch(); }, [this] { return verdict_of_groups(); });
  }

  std::optional<Fingerprint> fingerprint() override {
    return d_.fingerprint(
        fmt::format("{}, {}, {} threads", device_.info().name, library_, device_.team().size()));
  }

  std::optional<Bound> bound() override {
    return gemm_bound(problem_.type, work(), regime_, work().bytes, device_);
  }

  std::vector<Figure> figures() override {
    return {{"results_compared", static_cast<double>(d_.compared()), ""}};
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    return {{"library", library_}, {"rows_of_groups", fmt::format("{}", fmt::join(problem_.rows, " "))}};
  }

 private:
  /// By a trial on the largest group.
  void choose_library() {
    auto const cpus = cpus_of(device_.team());
    auto const largest = std::ranges::max_element(groups_, {}, [](Group const& g) { return g.problem().m; });
    library_ = choose(largest->problem(), largest->operands(), cpus).library->name();
    auto* const make = library_.starts_with("OpenBLAS") ? openblas_gemm : onednn_gemm;
    for (auto& group : groups_) {
      auto library = make(group.problem(), group.operands(), cpus);
      if (!library) refuse(problem_.type, library_ + " has no product for a group");
      group.take(std::move(library));
    }
  }

  Verdict verdict_of_groups() {
    Verdict worst;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      auto verdict = groups_[g].check(device_.team());
      verdict.method = "each group: " + verdict.method + "; bits of every sample";
      if (!verdict.ok()) {
        verdict.detail = fmt::format("group {}: {}", g, verdict.detail);
        return verdict;
      }
      if (g == 0 || verdict.error > worst.error) worst = std::move(verdict);
    }
    return worst;
  }

  GroupedProblem problem_;
  Regime regime_;
  Device& device_;
  GemmResult d_;
  std::vector<Group> groups_;
  std::string library_;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const problem = grouped_problem(params, context.seed);
  require_native(problem.type);
  require_memory(problem, free_memory_for(regime_of(params), context.device));
  return std::make_unique<GroupedHost>(problem, regime_of(params), context);
}

MakerRegistration const registration{"gemm/grouped", &make};

}  // namespace

}  // namespace muster::host
