// gemm/search on the host: shapes timed by the library that a trial finds faster.
#include <chrono>
#include <cmath>
#include <utility>
#include <vector>

#include "kernels/contract/backend.hpp"
#include "kernels/contract/race.hpp"
#include "kernels/gemm/gemm_choice_host.hpp"
#include "kernels/gemm/gemm_operands_host.hpp"
#include "kernels/gemm/gemm_search.hpp"

namespace muster::host {

namespace {

constexpr double region_seconds = 10e-3;  // of one timing
constexpr std::size_t most_calls = 100;

class LibraryBench final : public ShapeBench {
 public:
  LibraryBench(GemmProblem const& largest, Context& context)
      : problem_(largest),
        cpus_(cpus_of(context.device.team())),
        a_(make_operand(largest, GemmMatrix::a, context.device.team())),
        b_(make_operand(largest, GemmMatrix::b, context.device.team())),
        d_(largest.d_bytes()),
        library_(choose(largest, dense_operands(largest, a_.data(), b_.data(), d_.data()), cpus_)
                     .library->name()) {}

  // The median of calls, after a first one that touches memory and starts threads; a long call needs no
  // other.
  double rate(Shape const& shape) override {
    GemmProblem problem = problem_;
    problem.m = shape.m;
    problem.n = shape.n;
    problem.k = shape.k;
    auto* const make = library_.starts_with("OpenBLAS") ? openblas_gemm : onednn_gemm;
    auto const library = make(problem, dense_operands(problem, a_.data(), b_.data(), d_.data()), cpus_);
    if (!library) return 0;
    std::vector<double> times;
    double total = time(*library);
    if (total > 10 * region_seconds) times.push_back(total);
    for (total = 0; times.empty() || (total < region_seconds && times.size() < most_calls);) {
      times.push_back(time(*library));
      total += times.back();
    }
    return static_cast<double>(problem.work().flops) / median_of(times);
  }

  std::string library() const override { return library_; }

 private:
  static double time(GemmLibrary& library) {
    auto const start = std::chrono::steady_clock::now();
    library.multiply();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  GemmProblem problem_;
  std::vector<int> cpus_;
  Buffer a_, b_, d_;
  std::string library_;
};

std::unique_ptr<ShapeBench> make_bench(GemmProblem const& largest, Context& context) {
  require_native(largest.type);
  require_memory(largest, context.device.free_memory());
  return std::make_unique<LibraryBench>(largest, context);
}

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return make_gemm_search(params, context, &make_bench);
}

MakerRegistration const registration{"gemm/search", &make};

}  // namespace

}  // namespace muster::host
