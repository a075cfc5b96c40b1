// GEMM on the host: OpenBLAS or oneDNN, whichever a short trial in set-up finds faster.
#include <fmt/format.h>

#include <cstring>

#include "kernels/contract/backend.hpp"
#include "kernels/gemm/gemm_bound.hpp"
#include "kernels/gemm/gemm_check.hpp"
#include "kernels/gemm/gemm_checksum.hpp"
#include "kernels/gemm/gemm_choice_host.hpp"
#include "kernels/gemm/gemm_note.hpp"
#include "kernels/gemm/gemm_operands_host.hpp"
#include "kernels/gemm/gemm_samples.hpp"
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
        d_(problem.d_bytes()),
        choice_(host::choose(problem, host::dense_operands(problem, a_.data(), b_.data(), d_.data()),
                             host::cpus_of(device_.team()))) {
    forget();
  }

  // Every sample's result is held against the first one's, bit for bit, and then made unrecognisable.
  void reset() override {
    if (!launched_) return;
    count_sample(samples_, checksum(), sample_++);
    forget();
  }

  void launch() override {
    choice_.library->multiply();
    launched_ = true;
  }

  Work work() const override { return problem_.work(); }
  Regime regime() const override { return regime_; }

  Verdict verify() override {
    if (!launched_) launch();
    count_sample(samples_, checksum(), sample_);
    Verdict verdict = check_gemm(problem_, d_.data(), device_.team());
    verdict.method += "; bits of every sample";
    if (auto const fault = complaint(samples_)) {
      verdict.status = Verdict::Status::fail;
      verdict.detail = *fault + (verdict.detail.empty() ? "" : "; " + verdict.detail);
    }
    verified_ = verdict.ok();
    if (verified_) reference_ = samples_.reference;
    start_anew();
    return verdict;
  }

  std::optional<Fingerprint> fingerprint() override {
    if (!verified_) return std::nullopt;
    return Fingerprint{reference_, fmt::format("{}, {}, {} threads", device_.info().name,
                                               choice_.library->name(), device_.team().size())};
  }

  std::optional<Bound> bound() override {
    return gemm_bound(problem_.type, work(), regime_, problem_.total_bytes(), device_);
  }

  std::vector<Figure> figures() override {
    return {{"results_compared", static_cast<double>(compared_), ""}};
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    return {{"library", choice_.library->name()}, {"choice", choice_.reason}};
  }

 private:
  std::uint64_t checksum() { return gemm_checksum(d_.data(), d_.bytes(), device_.team()); }

  // Makes D all NaN, so that the next check sees only what is computed from now on.
  void forget() {
    std::memset(d_.data(), 0xFF, static_cast<std::size_t>(d_.bytes()));
    launched_ = false;
  }

  // The reference stays once it has been verified; one that has not must not judge what comes after.
  void start_anew() {
    compared_ += samples_.compared;
    samples_ = {.reference = reference_};
    sample_ = 0;
    forget();
  }

  GemmProblem problem_;
  Regime regime_;
  Device& device_;
  host::Buffer a_, b_, d_;
  host::Choice choice_;
  GemmSamples samples_;
  std::uint64_t sample_ = 0, compared_ = 0;
  std::uint64_t reference_ = 0;  // checksum of results that were verified; 0: none yet
  bool launched_ = false, verified_ = false;
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
