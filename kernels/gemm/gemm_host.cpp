// GEMM on the host: OpenBLAS or oneDNN, whichever a short trial in set-up finds faster.
#include <fmt/format.h>

#include "kernels/contract/backend.hpp"
#include "kernels/gemm/gemm_bound.hpp"
#include "kernels/gemm/gemm_check.hpp"
#include "kernels/gemm/gemm_choice_host.hpp"
#include "kernels/gemm/gemm_note.hpp"
#include "kernels/gemm/gemm_operands_host.hpp"
#include "kernels/gemm/gemm_result_host.hpp"
#include "kernels/host/buffer.hpp"

namespace muster {

namespace {

class GemmHost final : public Instance {
 public:
  GemmHost(GemmProblem const& problem, Regime regime, Context& context)
      : problem_(problem),
        regime_(regime),
        device_(context.device),
        a_(host::make_operand(problem, GemmMatrix::a, device_.team())),
        b_(host::make_operand(problem, GemmMatrix::b, device_.team())),
        d_(problem.d_bytes(), device_),
        choice_(host::choose(problem, host::dense_operands(problem, a_.data(), b_.data(), d_.data()),
                             host::cpus_of(device_.team()))) {
    d_.spoil();  // the trial has written it
  }

  void reset() override { d_.end_sample(); }

  void launch() override {
    choice_.library->multiply();
    d_.launched();
  }

  Work work() const override { return problem_.work(); }
  Regime regime() const override { return regime_; }

  Verdict verify() override {
    return d_.verify([this] { launch(); },
                     [this] {
                       auto verdict = check_gemm(problem_, d_.data(), device_.team());
                       verdict.method += "; bits of every sample";
                       return verdict;
                     });
  }

  std::optional<Fingerprint> fingerprint() override {
    return d_.fingerprint(fmt::format("{}, {}, {} threads", device_.info().name, choice_.library->name(),
                                      device_.team().size()));
  }

  std::optional<Bound> bound() override {
    return gemm_bound(problem_.type, work(), regime_, problem_.total_bytes(), device_);
  }

  std::vector<Figure> figures() override {
    return {{"results_compared", static_cast<double>(d_.compared()), ""}};
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    return {{"library", choice_.library->name()}, {"choice", choice_.reason}};
  }

 private:
  GemmProblem problem_;
  Regime regime_;
  Device& device_;
  host::Buffer a_, b_;
  host::GemmResult d_;
  host::Choice choice_;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  GemmProblem const problem = gemm_problem(params, context.seed);
  host::require_native(problem.type);
  require_memory(problem, free_memory_for(regime_of(params), context.device));
  note_data(problem, context);
  return std::make_unique<GemmHost>(problem, regime_of(params), context);
}

MakerRegistration const registration{"gemm", &make};

}  // namespace

}  // namespace muster
