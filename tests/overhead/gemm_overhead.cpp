// What a GEMM case costs over the library that it uses, called directly in the same process: both take turns
// on the same operands, medians are compared. Prints one line per size and ends with 1 when a ratio is below
// 0.99 (the case may be 1 % slower than the library, no more).
#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <dnnl.hpp>
#include <functional>
#include <unordered_map>
#include <vector>

#include "harness/core/statistics.hpp"
#include "kernels/gemm/gemm_data.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

template <class Action>
double seconds_of(Action const& action) {
  auto const start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <class T>
std::vector<T> operand(std::uint64_t key, std::int64_t side,
                       T (*element)(std::uint64_t, std::uint64_t, GemmDist)) {
  std::vector<T> values(static_cast<std::size_t>(side * side));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = element(key, i, GemmDist::normal);
  return values;
}

struct Matrices {
  std::int64_t side;
  void const* a;
  void const* b;
  void* d;
};

// The libraries by their own calls alone, as their manuals show them.
void openblas(Matrices const& x, float) {
  auto const n = static_cast<blasint>(x.side);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, static_cast<float const*>(x.a), n,
              static_cast<float const*>(x.b), n, 0, static_cast<float*>(x.d), n);
}

void openblas(Matrices const& x, double) {
  auto const n = static_cast<blasint>(x.side);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, static_cast<double const*>(x.a), n,
              static_cast<double const*>(x.b), n, 0, static_cast<double*>(x.d), n);
}

std::function<void()> onednn(Matrices const& x) {
  dnnl::engine const engine(dnnl::engine::kind::cpu, 0);
  dnnl::memory::desc const square({x.side, x.side}, dnnl::memory::data_type::f32,
                                  dnnl::memory::format_tag::ab);
  dnnl::matmul const product(
      dnnl::matmul::primitive_desc(dnnl::matmul::desc(square, square, square), engine));
  std::unordered_map<int, dnnl::memory> const arguments{
      {DNNL_ARG_SRC, dnnl::memory(square, engine, const_cast<void*>(x.a))},
      {DNNL_ARG_WEIGHTS, dnnl::memory(square, engine, const_cast<void*>(x.b))},
      {DNNL_ARG_DST, dnnl::memory(square, engine, x.d)}};
  return [product, arguments, stream = dnnl::stream(engine)]() mutable {
    product.execute(stream, arguments);
    stream.wait();
  };
}

struct Times {
  std::vector<double> ours, theirs;
};

// Each goes first in every other round, so that neither always finds the warmer caches.
Times take_turns(std::function<void()> const& ours, std::function<void()> const& theirs) {
  Times times;
  double total = 0;
  for (int round = -2; round < 41 || (total < 1.0 && round < 20'001); ++round) {
    bool const swapped = round % 2 != 0;
    double const first = seconds_of(swapped ? theirs : ours);
    double const second = seconds_of(swapped ? ours : theirs);
    if (round < 0) continue;  // both have warmed up
    times.ours.push_back(swapped ? second : first);
    times.theirs.push_back(swapped ? first : second);
    total += first + second;
  }
  return times;
}

template <class T>
bool compare(std::string const& type, std::int64_t side,
             T (*element)(std::uint64_t, std::uint64_t, GemmDist)) {
  test::Solo solo;
  auto const params =
      test::params_of("gemm", {{"type", type}, {"m", side}, {"n", side}, {"k", side}, {"layout", "nn"}});
  auto const gemm = test::make_case("gemm", params, solo.context);
  std::string const library = gemm->facts().at(0).second;
  auto const a = operand(gemm_key(42, GemmMatrix::a), side, element);
  auto const b = operand(gemm_key(42, GemmMatrix::b), side, element);
  std::vector<T> d(a.size());
  Matrices const matrices{side, a.data(), b.data(), d.data()};
  bool const blas = library.starts_with("OpenBLAS");
  std::function<void()> const direct =
      blas ? std::function<void()>([matrices] { openblas(matrices, T{}); }) : onednn(matrices);
  auto const [ours, theirs] = take_turns([&] { gemm->launch(); }, direct);
  double const ratio = median(theirs) / median(ours);
  fmt::print("gemm {} {}^3: case {:.3f} ms, {} directly {:.3f} ms, ratio {:.4f} ({} rounds)\n", type, side,
             median(ours) * 1e3, library, median(theirs) * 1e3, ratio, ours.size());
  return ratio >= 0.99;
}

}  // namespace
}  // namespace muster

int main() {
  bool fast = true;
  for (std::int64_t const side : {128, 512, 1024}) {
    fast = muster::compare<float>("fp32", side, muster::gemm_fp32) && fast;
    fast = muster::compare<double>("fp64", side, muster::gemm_fp64) && fast;
  }
  return fast ? 0 : 1;
}
