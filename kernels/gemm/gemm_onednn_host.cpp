#include <fmt/format.h>
#include <omp.h>
#include <sched.h>
#include <dnnl.hpp>

#include <optional>
#include <unordered_map>
#include <utility>

#include "kernels/contract/error.hpp"
#include "kernels/gemm/gemm_library.hpp"
#include "kernels/host/versions.hpp"

namespace muster::host {

namespace {

std::string version() {
  auto const* v = dnnl::version();
  return fmt::format("{}.{}.{}", v->major, v->minor, v->patch);
}

std::optional<dnnl::memory::data_type> data_type(GemmType type) {
  switch (type) {
    case GemmType::fp32:
      return dnnl::memory::data_type::f32;
    case GemmType::bf16:
      return dnnl::memory::data_type::bf16;
    case GemmType::fp16:
      return dnnl::memory::data_type::f16;
    case GemmType::int8:
      return dnnl::memory::data_type::s8;
    case GemmType::int32:
      return dnnl::memory::data_type::s32;
    case GemmType::fp64:
    case GemmType::tf32:
    case GemmType::fp8_e4m3:
    case GemmType::fp8_e5m2:
      return std::nullopt;
  }
  return std::nullopt;
}

// oneDNN works on OpenMP's threads; the pool keeps them, so each can be pinned once. The calling thread is
// left alone.
void use_threads(std::vector<int> const& cpus) {
  omp_set_dynamic(0);
  omp_set_num_threads(static_cast<int>(cpus.size()));
#pragma omp parallel
  {
    auto const index = static_cast<std::size_t>(omp_get_thread_num());
    if (index > 0 && index < cpus.size()) {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(static_cast<std::size_t>(cpus[index]), &set);
      sched_setaffinity(0, sizeof set,
                        &set);  // refused: the thread stays on the rank's CPUs, which it inherited
    }
  }
}

class OneDnn final : public GemmLibrary {
 public:
  OneDnn(GemmProblem const& problem, GemmOperands const& operands, std::vector<int> const& cpus)
      : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    use_threads(cpus);
    auto const a = matrix(problem.type, problem.m, problem.k, operands.a_stride, operands.a_batch,
                          a_transposed(problem.layout), problem.batch);
    auto const b = matrix(problem.b_type(), problem.k, problem.n, operands.b_stride, operands.b_batch,
                          b_transposed(problem.layout), problem.batch);
    auto const d = matrix(problem.output, problem.m, problem.n, operands.d_stride, operands.d_batch, false,
                          problem.batch);
    dnnl::primitive_attr attributes;
    if (operands.add) attributes.set_post_ops(sum_with_target());
#if DNNL_VERSION_MAJOR >= 3  // descriptors of operations went away with version 3
    dnnl::matmul::primitive_desc const description(engine_, a, b, d, attributes);
#else
    dnnl::matmul::primitive_desc const description(dnnl::matmul::desc(a, b, d), attributes, engine_);
#endif
    name_ = fmt::format("oneDNN {} ({})", version(), description.impl_info_str());
    product_ = dnnl::matmul(description);
    // oneDNN has no const memory; sources are only read.
    arguments_ = {{DNNL_ARG_SRC, dnnl::memory(a, engine_, const_cast<void*>(operands.a))},
                  {DNNL_ARG_WEIGHTS, dnnl::memory(b, engine_, const_cast<void*>(operands.b))},
                  {DNNL_ARG_DST, dnnl::memory(d, engine_, operands.d)}};
  }

  std::string name() const override { return name_; }

  void multiply() override try {
    product_.execute(stream_, arguments_);
    stream_.wait();
  } catch (dnnl::error const& error) {
    throw DeviceError(
        fmt::format("oneDNN's matmul failed ({}) report this with `muster doctor`", error.what()));
  }

 private:
  static dnnl::post_ops sum_with_target() {
    dnnl::post_ops sum;
    sum.append_sum(1);
    return sum;
  }

  /// rows x columns as the product reads it; where it is stored transposed, its columns are what is `stride`
  /// apart. One product is two-dimensional: oneDNN has more algorithms for it than for a batch of one.
  static dnnl::memory::desc matrix(GemmType type, std::int64_t rows, std::int64_t columns,
                                   std::int64_t stride, std::int64_t apart, bool transposed,
                                   std::int64_t batch) {
    dnnl::memory::dims const row_step{transposed ? 1 : stride, transposed ? stride : 1};
    if (batch == 1) return {{rows, columns}, data_type(type).value(), row_step};
    return {{batch, rows, columns}, data_type(type).value(), {apart, row_step[0], row_step[1]}};
  }

  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::matmul product_;
  std::unordered_map<int, dnnl::memory> arguments_{};
  std::string name_;
};

VersionRegistration const registration{"oneDNN", &version};

}  // namespace

std::unique_ptr<GemmLibrary> onednn_gemm(GemmProblem const& problem, GemmOperands const& operands,
                                         std::vector<int> const& cpus) {
  if (!data_type(problem.type)) return nullptr;
  try {
    return std::make_unique<OneDnn>(problem, operands, cpus);
  } catch (dnnl::error const& error) {
    if (error.status == dnnl_unimplemented) return nullptr;
    throw DeviceError(
        fmt::format("oneDNN's matmul cannot be set up ({}) use another size or type", error.what()));
  }
}

}  // namespace muster::host
