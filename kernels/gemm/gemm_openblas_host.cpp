#include <cblas.h>
#include <sched.h>

#include <cstddef>
#include <string_view>

#include "kernels/gemm/gemm_library.hpp"
#include "kernels/host/versions.hpp"

namespace muster::host {

namespace {

// "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..." -> "0.3.21 NO_LAPACKE DYNAMIC_ARCH ..."
std::string configuration() {
  std::string_view text = openblas_get_config();
  if (text.starts_with("OpenBLAS ")) text.remove_prefix(9);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return std::string(text);
}

std::string version() {
  std::string const text = configuration();
  return text.substr(0, text.find(' '));
}

// Its pool is as large as the CPUs it saw when it was loaded; more threads than that it does not start.
void use_threads(std::vector<int> const& cpus) {
  openblas_set_num_threads(static_cast<int>(cpus.size()));
  for (std::size_t i = 1; i < cpus.size(); ++i) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(cpus[i]), &set);
    openblas_setaffinity(static_cast<int>(i) - 1, sizeof set, &set);
  }
}

class OpenBlas final : public GemmLibrary {
 public:
  OpenBlas(GemmProblem const& problem, GemmOperands const& operands, std::vector<int> const& cpus)
      : problem_(problem), operands_(operands) {
    use_threads(cpus);
  }

  std::string name() const override { return "OpenBLAS " + version(); }

  void multiply() override {
    for (std::int64_t product = 0; product < problem_.batch; ++product) {
      if (problem_.type == GemmType::fp64) {
        multiply<double>(product, cblas_dgemm);
      } else {
        multiply<float>(product, cblas_sgemm);
      }
    }
  }

 private:
  template <class T, class Gemm>
  void multiply(std::int64_t product, Gemm gemm) {
    auto const size = [](std::int64_t value) { return static_cast<blasint>(value); };
    gemm(CblasRowMajor, a_transposed(problem_.layout) ? CblasTrans : CblasNoTrans,
         b_transposed(problem_.layout) ? CblasTrans : CblasNoTrans, size(problem_.m), size(problem_.n),
         size(problem_.k), T(1), static_cast<T const*>(operands_.a) + product * operands_.a_batch,
         size(operands_.a_stride), static_cast<T const*>(operands_.b) + product * operands_.b_batch,
         size(operands_.b_stride), T(operands_.add ? 1 : 0), static_cast<T*>(operands_.d) + product * operands_.d_batch,
         size(operands_.d_stride));
  }

  GemmProblem problem_;
  GemmOperands operands_;
};

VersionRegistration const registration{"OpenBLAS", &configuration};

}  // namespace

std::unique_ptr<GemmLibrary> openblas_gemm(GemmProblem const& problem, GemmOperands const& operands,
                                           std::vector<int> const& cpus) {
  if (problem.type != GemmType::fp64 && problem.type != GemmType::fp32) return nullptr;
  return std::make_unique<OpenBlas>(problem, operands, cpus);
}

}  // namespace muster::host
