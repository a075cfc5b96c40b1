#include "kernels/gemm/gemm_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <vector>

#include "kernels/contract/float16.hpp"
#include "kernels/contract/share.hpp"
#include "kernels/gemm/gemm_data.hpp"

namespace muster {

namespace {

constexpr std::size_t sampled_rows = 8;
constexpr std::uint64_t strip =
    1024;  // columns of B at a time: the partial sums of all sampled rows stay in the L2

// Elements first..first+count of an operand, as doubles.
void make_operand(GemmType type, std::uint64_t key, std::uint64_t first, std::uint64_t count, double* out) {
  auto const fill = [&](auto element) {
    for (std::uint64_t i = 0; i < count; ++i) out[i] = static_cast<double>(element(first + i));
  };
  switch (type) {
    case GemmType::fp64:
      return fill([&](std::uint64_t i) { return gemm_fp64(key, i); });
    case GemmType::fp32:
      return fill([&](std::uint64_t i) { return gemm_fp32(key, i); });
    case GemmType::tf32:
      return fill([&](std::uint64_t i) { return gemm_tf32(key, i); });
    case GemmType::fp16:
      return fill([&](std::uint64_t i) { return from_fp16(gemm_fp16(key, i)); });
    case GemmType::bf16:
      return fill([&](std::uint64_t i) { return from_bf16(gemm_bf16(key, i)); });
  }
}

template <class Stored>
Stored load(std::byte const* from, std::uint64_t index) {
  Stored value;
  std::memcpy(&value, from + index * sizeof value, sizeof value);
  return value;
}

// Elements first..first+count of D, as doubles.
void read_result(GemmType type, void const* d, std::uint64_t first, std::uint64_t count, double* out) {
  auto const* bytes = static_cast<std::byte const*>(d) + first * element_bytes(type);
  auto const fill = [&](auto element) {
    for (std::uint64_t i = 0; i < count; ++i) out[i] = static_cast<double>(element(i));
  };
  switch (type) {
    case GemmType::fp64:
      return fill([&](std::uint64_t i) { return load<double>(bytes, i); });
    case GemmType::fp32:
    case GemmType::tf32:
      return fill([&](std::uint64_t i) { return load<float>(bytes, i); });
    case GemmType::fp16:
      return fill([&](std::uint64_t i) { return from_fp16(load<std::uint16_t>(bytes, i)); });
    case GemmType::bf16:
      return fill([&](std::uint64_t i) { return from_bf16(load<std::uint16_t>(bytes, i)); });
  }
}

// Four partial sums: adds do not wait for each other, and rounding errors grow less.
double dot(double const* x, double const* y, std::uint64_t count) {
  double sum[4] = {};
  std::uint64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    for (std::uint64_t lane = 0; lane < 4; ++lane) sum[lane] += x[i + lane] * y[i + lane];
  }
  for (; i < count; ++i) sum[0] += x[i] * y[i];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

double unit_roundoff(GemmType type) {
  switch (type) {
    case GemmType::fp64:
      return 0x1p-53;
    case GemmType::fp32:
    case GemmType::tf32:
      return 0x1p-24;
    case GemmType::fp16:
      return 0x1p-11;
    case GemmType::bf16:
      return 0x1p-8;
  }
  return 0;
}

// The limits of gemm_check.hpp, per unit of the row's norm.
struct Limits {
  double out, sums, subnormal, freivalds;

  explicit Limits(GemmProblem const& problem) {
    bool const plain = problem.type == GemmType::fp64 || problem.type == GemmType::fp32;
    double const u_acc = problem.type == GemmType::fp64 ? 0x1p-53 : 0x1p-24;
    auto const n = static_cast<double>(problem.n);
    out = unit_roundoff(problem.output);
    sums = (plain ? 4 : 32) * (std::sqrt(static_cast<double>(problem.k)) + 4) * u_acc;
    subnormal = problem.output == GemmType::fp16 ? 0x1p-25 : 0;
    freivalds = (std::sqrt(n) + 4) * (4 * out + sums) + (plain ? 8 : 64) * n * 0x1p-53;
  }
};

// The largest error in units of its limit, and where it was.
struct Worst {
  double ratio = 0;
  std::string detail;

  template <class Describe>
  void see(double error, double limit, Describe const& describe) {
    double seen = std::abs(error) / limit;
    if (std::isnan(seen)) seen = std::numeric_limits<double>::infinity();
    if (seen <= ratio) return;
    ratio = seen;
    if (ratio > 1) detail = describe();
  }

  void merge(Worst&& other) {
    if (other.ratio > ratio) *this = std::move(other);
  }
};

class GemmCheck {
 public:
  GemmCheck(GemmProblem const& problem, void const* d, Team& team)
      : problem_(problem),
        limits_(problem),
        d_(d),
        team_(team),
        n_(static_cast<std::uint64_t>(problem.n)),
        k_(static_cast<std::uint64_t>(problem.k)),
        key_a_(gemm_key(problem.seed, GemmMatrix::a)),
        key_b_(gemm_key(problem.seed, GemmMatrix::b)),
        signs_(n_),
        b_times_signs_(k_) {
    choose_rows();
    choose_signs();
  }

  Verdict verdict() {
    Worst worst;
    for (std::uint64_t first = 0; first < n_; first += strip) worst.merge(check_strip(first));
    worst.merge(check_rows());
    return Verdict::judge(fmt::format("fp64 product of {} rows; Freivalds on all", rows_.size()), worst.ratio,
                          1, worst.detail);
  }

 private:
  void choose_rows() {
    auto const m = static_cast<std::uint64_t>(problem_.m);
    rows_ = {0, m - 1};
    std::uint64_t const key = stream_key(problem_.seed, 0x726F77);
    for (std::uint64_t i = 0; rows_.size() < sampled_rows; ++i) rows_.push_back(random_word(key, i) % m);
    std::ranges::sort(rows_);
    rows_.erase(std::unique(rows_.begin(), rows_.end()), rows_.end());
    for (auto const row : rows_) {
      std::vector<double> a(k_);
      make_operand(problem_.type, key_a_, row * k_, k_, a.data());
      norms_.push_back(std::sqrt(dot(a.data(), a.data(), k_)));
      a_rows_.push_back(std::move(a));
    }
  }

  void choose_signs() {
    std::uint64_t const key = stream_key(problem_.seed, 0x7369676E);
    for (std::uint64_t j = 0; j < n_; ++j) signs_[j] = (random_word(key, j) & 1U) != 0 ? 1.0 : -1.0;
  }

  // One thread's part of the sampled rows' product with a strip of B; on the way, that strip's part of B x.
  std::vector<double> partial_product(Share inner, std::uint64_t first, std::uint64_t width) {
    std::vector<double> sums(rows_.size() * width);
    std::vector<double> b(width);
    for (std::uint64_t p = inner.begin; p < inner.end; ++p) {
      make_operand(problem_.type, key_b_, p * n_ + first, width, b.data());
      b_times_signs_[p] += dot(b.data(), signs_.data() + first, width);
      for (std::size_t r = 0; r < rows_.size(); ++r) {
        double const a = a_rows_[r][p];
        double* const sum = sums.data() + r * width;
        for (std::uint64_t j = 0; j < width; ++j) sum[j] += a * b[j];
      }
    }
    return sums;
  }

  Worst check_strip(std::uint64_t first) {
    std::uint64_t const width = std::min(strip, n_ - first);
    std::vector<double> reference(rows_.size() * width);
    std::mutex adding;
    team_.run([&](int index) {
      auto const part = partial_product(share_of(k_, index, team_.size()), first, width);
      std::lock_guard const lock(adding);
      for (std::size_t i = 0; i < part.size(); ++i) reference[i] += part[i];
    });
    return compare(reference, first, width);
  }

  Worst compare(std::vector<double> const& reference, std::uint64_t first, std::uint64_t width) const {
    Worst worst;
    std::vector<double> got(width);
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      read_result(problem_.output, d_, rows_[r] * n_ + first, width, got.data());
      for (std::uint64_t j = 0; j < width; ++j) {
        double const expected = reference[r * width + j];
        double const limit =
            1.5 * limits_.out * std::abs(expected) + limits_.sums * norms_[r] + limits_.subnormal;
        worst.see(got[j] - expected, limit, [&] {
          return fmt::format("row {}, column {}: got {:.9g}, expected {:.9g} +- {:.2g}", rows_[r], first + j,
                             got[j], expected, limit);
        });
      }
    }
    return worst;
  }

  Worst check_rows() {
    Worst worst;
    std::mutex merging;
    team_.run([&](int index) {
      Worst mine = freivalds(share_of(static_cast<std::uint64_t>(problem_.m), index, team_.size()));
      std::lock_guard const lock(merging);
      worst.merge(std::move(mine));
    });
    return worst;
  }

  Worst freivalds(Share rows) const {
    Worst worst;
    std::vector<double> a(k_), d(n_);
    for (std::uint64_t row = rows.begin; row < rows.end; ++row) {
      make_operand(problem_.type, key_a_, row * k_, k_, a.data());
      read_result(problem_.output, d_, row * n_, n_, d.data());
      double const expected = dot(a.data(), b_times_signs_.data(), k_);
      double const got = dot(d.data(), signs_.data(), n_);
      double const limit = limits_.freivalds * std::sqrt(dot(a.data(), a.data(), k_)) +
                           limits_.subnormal * static_cast<double>(n_);
      worst.see(got - expected, limit, [&] {
        return fmt::format("row {}: its sum with random signs is {:.9g}, expected {:.9g} +- {:.2g}", row, got,
                           expected, limit);
      });
    }
    return worst;
  }

  GemmProblem problem_;
  Limits limits_;
  void const* d_;
  Team& team_;
  std::uint64_t n_, k_, key_a_, key_b_;
  std::vector<std::uint64_t> rows_;
  std::vector<std::vector<double>> a_rows_;
  std::vector<double> norms_, signs_, b_times_signs_;
};

}  // namespace

Verdict check_gemm(GemmProblem const& problem, void const* d, Team& team) {
  return GemmCheck(problem, d, team).verdict();
}

}  // namespace muster
