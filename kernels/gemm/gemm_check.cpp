#include "kernels/gemm/gemm_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <set>
#include <utility>

#include "kernels/contract/float16.hpp"
#include "kernels/contract/share.hpp"
#include "kernels/gemm/gemm_data.hpp"

namespace muster {

namespace {

constexpr std::uint64_t strip = 512;   // columns of B at a time: the sums of all sampled rows stay in the L2
constexpr std::uint64_t together = 4;  // rows of B at a time: a sum is loaded once for as many products

std::uint64_t unsigned_of(std::int64_t value) { return static_cast<std::uint64_t>(value); }

// `count` elements of a line of an operand, from element `first` of the line on, as doubles.
void make_line(GemmProblem const& problem, GemmMatrix matrix, GemmLine line, std::uint64_t first,
               std::uint64_t count, double* out) {
  GemmType const type = matrix == GemmMatrix::a ? problem.type : problem.b_type();
  std::uint64_t const key = gemm_key(problem.seed, matrix);
  for (std::uint64_t i = 0; i < count; ++i)
    out[i] = gemm_element(type, key, line.first + (first + i) * line.step, problem.dist);
}

template <class Stored>
Stored load(std::byte const* from, std::uint64_t index) {
  Stored value;
  std::memcpy(&value, from + index * sizeof value, sizeof value);
  return value;
}

// Elements first..first+count of a row of D, as doubles.
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
    case GemmType::int32:
      return fill([&](std::uint64_t i) { return load<std::int32_t>(bytes, i); });
    case GemmType::int8:
    case GemmType::fp8_e4m3:
    case GemmType::fp8_e5m2:
      return fill([](std::uint64_t) { return std::numeric_limits<double>::quiet_NaN(); });  // no type of D
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

double unit_roundoff(GemmType output) {
  switch (output) {
    case GemmType::fp64:
      return 0x1p-53;
    case GemmType::fp16:
      return 0x1p-11;
    case GemmType::bf16:
      return 0x1p-8;
    case GemmType::int32:
      return 0;
    default:
      return 0x1p-24;
  }
}

// c and u_acc of the header, multiplied.
double summing_error(GemmType type) {
  switch (type) {
    case GemmType::fp64:
      return 4 * 0x1p-53;
    case GemmType::fp32:
      return 4 * 0x1p-24;
    case GemmType::fp8_e4m3:
    case GemmType::fp8_e5m2:
      return 8 * 0x1p-13;
    case GemmType::int8:
    case GemmType::int32:
      return 0;
    default:
      return 32 * 0x1p-24;
  }
}

// Tensor cores cut the sum toward zero after every block of products (see the header), so that errors add up
// in proportion to the number of blocks.
double cutting_error(GemmType type, double k) {
  switch (type) {
    case GemmType::tf32:
      return 2.5 * k / 4 * 0x1p-24;
    case GemmType::fp16:
    case GemmType::bf16:
      return 2.5 * k / 8 * 0x1p-24;
    case GemmType::fp8_e4m3:
    case GemmType::fp8_e5m2:
      return 2.5 * k / 32 * 0x1p-13;
    default:
      return 0;
  }
}

template <class Describe>
void see(GemmFinding& worst, double error, double limit, Describe const& describe) {
  if (error == 0) return;  // right even where the limit is 0
  double seen = std::min(std::abs(error) / limit, std::numeric_limits<double>::max());
  if (!std::isfinite(error)) seen = std::numeric_limits<double>::infinity();
  if (seen <= worst.ratio) return;
  worst.ratio = seen;
  if (seen > 1) worst.detail = describe();
}

std::string place(GemmProblem const& problem, std::uint64_t row) {
  auto const m = unsigned_of(problem.m);
  return problem.batch == 1 ? fmt::format("row {}", row)
                            : fmt::format("product {}, row {}", row / m, row % m);
}

// The sampled rows of one product of the batch.
class SampledRows {
 public:
  SampledRows(GemmProblem const& problem, std::span<std::uint64_t const> rows,
              std::span<void const* const> got, Team& team)
      : problem_(problem),
        limits_(problem),
        rows_(rows),
        got_(got),
        team_(team),
        n_(unsigned_of(problem.n)),
        k_(unsigned_of(problem.k)),
        product_(rows.front() / unsigned_of(problem.m)) {
    for (auto const row : rows) {
      std::vector<double> a(k_);
      make_line(problem, GemmMatrix::a, a_row(problem, product_, row % unsigned_of(problem.m)), 0, k_,
                a.data());
      scales_.push_back(std::sqrt(dot(a.data(), a.data(), k_)) * limits_.per_norm);
      a_.push_back(std::move(a));
    }
  }

  GemmFinding check() {
    GemmFinding worst;
    for (std::uint64_t first = 0; first < n_; first += strip) worst.merge(check_strip(first));
    return worst;
  }

 private:
  // One thread's part of the rows' product with a strip of B.
  std::vector<double> partial_product(Share inner, std::uint64_t first, std::uint64_t width) const {
    std::vector<double> sums(rows_.size() * width), b(together * width);
    for (std::uint64_t p = inner.begin; p < inner.end; p += together) {
      std::ranges::fill(b, 0);
      for (std::uint64_t i = 0; i < std::min(together, inner.end - p); ++i)
        make_line(problem_, GemmMatrix::b, b_row(problem_, product_, p + i), first, width,
                  b.data() + i * width);
      for (std::size_t r = 0; r < rows_.size(); ++r)
        add(sums.data() + r * width, a_[r].data() + p, b.data(), width, std::min(together, inner.end - p));
    }
    return sums;
  }

  static void add(double* sum, double const* a, double const* b, std::uint64_t width, std::uint64_t count) {
    double const a0 = a[0], a1 = count > 1 ? a[1] : 0, a2 = count > 2 ? a[2] : 0, a3 = count > 3 ? a[3] : 0;
    for (std::uint64_t j = 0; j < width; ++j)
      sum[j] += (a0 * b[j] + a1 * b[width + j]) + (a2 * b[2 * width + j] + a3 * b[3 * width + j]);
  }

  GemmFinding check_strip(std::uint64_t first) const {
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

  GemmFinding compare(std::vector<double> const& reference, std::uint64_t first, std::uint64_t width) const {
    GemmFinding worst;
    std::vector<double> got(width);
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      read_result(problem_.output, got_[r], first, width, got.data());
      for (std::uint64_t j = 0; j < width; ++j) {
        double const expected = reference[r * width + j];
        double const limit = limits_.element(expected, scales_[r]);
        see(worst, got[j] - expected, limit, [&] {
          return fmt::format("{}, column {}: got {:.9g}, expected {:.9g} +- {:.2g}",
                             place(problem_, rows_[r]), first + j, got[j], expected, limit);
        });
      }
    }
    return worst;
  }

  GemmProblem problem_;
  GemmLimits limits_;
  std::span<std::uint64_t const> rows_;
  std::span<void const* const> got_;
  Team& team_;
  std::uint64_t n_, k_, product_;
  std::vector<std::vector<double>> a_;
  std::vector<double> scales_;
};

// Freivalds' check on the host, one product after the other.
class RowSums {
 public:
  RowSums(GemmProblem const& problem, void const* d, Team& team)
      : problem_(problem),
        d_(static_cast<std::byte const*>(d)),
        team_(team),
        m_(unsigned_of(problem.m)),
        n_(unsigned_of(problem.n)),
        k_(unsigned_of(problem.k)),
        signs_(n_),
        b_times_signs_(k_),
        sums_(problem.d_rows()) {
    std::uint64_t const key = gemm_sign_key(problem.seed);
    for (std::uint64_t j = 0; j < n_; ++j) signs_[j] = gemm_sign(key, j);
  }

  std::vector<GemmRowSums> all() && {
    for (std::uint64_t product = 0; product < unsigned_of(problem_.batch); ++product) {
      share(k_, [&](std::uint64_t p, double* line) { b_times_signs_[p] = times_signs(product, p, line); });
      share(m_, [&](std::uint64_t i, double* line) { sums_[product * m_ + i] = of_row(product, i, line); });
    }
    return std::move(sums_);
  }

 private:
  // job(i, room for a line) for i < count, by all threads.
  template <class Job>
  void share(std::uint64_t count, Job const& job) {
    team_.run([&](int index) {
      std::vector<double> line(std::max(n_, k_));
      Share const part = share_of(count, index, team_.size());
      for (std::uint64_t i = part.begin; i < part.end; ++i) job(i, line.data());
    });
  }

  double times_signs(std::uint64_t product, std::uint64_t p, double* line) const {
    make_line(problem_, GemmMatrix::b, b_row(problem_, product, p), 0, n_, line);
    return dot(line, signs_.data(), n_);
  }

  GemmRowSums of_row(std::uint64_t product, std::uint64_t i, double* line) const {
    GemmRowSums sums{};
    make_line(problem_, GemmMatrix::a, a_row(problem_, product, i), 0, k_, line);
    sums.expected = dot(line, b_times_signs_.data(), k_);
    sums.norm = std::sqrt(dot(line, line, k_));
    auto const row_bytes = n_ * element_bytes(problem_.output);
    read_result(problem_.output, d_ + (product * m_ + i) * row_bytes, 0, n_, line);
    sums.got = dot(line, signs_.data(), n_);
    return sums;
  }

  GemmProblem problem_;
  std::byte const* d_;
  Team& team_;
  std::uint64_t m_, n_, k_;
  std::vector<double> signs_, b_times_signs_;
  std::vector<GemmRowSums> sums_;
};

}  // namespace

GemmLimits::GemmLimits(GemmProblem const& problem) {
  auto const n = static_cast<double>(problem.n), k = static_cast<double>(problem.k);
  double const per_sum = summing_error(problem.type);
  bool const plain = problem.type == GemmType::fp64 || problem.type == GemmType::fp32;
  out = unit_roundoff(problem.output);
  sums = per_sum * (std::sqrt(k) + 4) + cutting_error(problem.type, k);
  bool const exact = problem.output == GemmType::int32;
  floor = exact ? 0.5 : problem.output == GemmType::fp16 ? 0x1p-25 : 0;
  row_floor = exact ? 0.5 : floor * n;
  freivalds = exact ? 0 : (std::sqrt(n) + 4) * (4 * out + sums) + (plain ? 8 : 64) * n * 0x1p-53;
  per_norm = gemm_spread(problem.b_type(), problem.dist);
  if (problem.dist == GemmDist::constant) per_norm *= std::sqrt(k);
}

double GemmLimits::element(double reference, double scale) const {
  return 1.5 * out * std::abs(reference) + sums * scale + floor;
}

std::vector<std::uint64_t> gemm_sampled_rows(GemmProblem const& problem) {
  constexpr double most_flops = 1.2e10, fewest = 8, most = 64;
  // A product of its own for each row means making B anew, which costs about ten operations an element.
  double const row_flops =
      (problem.batch == 1 ? 2.0 : 12.0) * static_cast<double>(problem.n) * static_cast<double>(problem.k);
  auto const count = static_cast<std::size_t>(std::clamp(most_flops / row_flops, fewest, most));
  std::uint64_t const all = problem.d_rows(), key = stream_key(problem.seed, 0x726F77);
  std::set<std::uint64_t> rows{0, all - 1};
  for (std::uint64_t i = 0; rows.size() < std::min<std::uint64_t>(count, all); ++i)
    rows.insert(random_word(key, i) % all);
  return {rows.begin(), rows.end()};
}

GemmFinding check_sampled_rows(GemmProblem const& problem, std::span<std::uint64_t const> rows,
                               std::span<void const* const> got, Team& team) {
  GemmFinding worst;
  auto const m = unsigned_of(problem.m);
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    while (end < rows.size() && rows[end] / m == rows[begin] / m) ++end;
    worst.merge(SampledRows(problem, rows.subspan(begin, end - begin), got.subspan(begin, end - begin), team)
                    .check());
  }
  return worst;
}

std::vector<GemmRowSums> gemm_row_sums(GemmProblem const& problem, void const* d, Team& team) {
  return RowSums(problem, d, team).all();
}

GemmFinding judge_row_sums(GemmProblem const& problem, std::span<GemmRowSums const> sums) {
  GemmFinding worst;
  GemmLimits const limits(problem);
  for (std::size_t row = 0; row < sums.size(); ++row) {
    auto const& [got, expected, norm] = sums[row];
    double const limit = limits.row_sum(norm * limits.per_norm);
    see(worst, got - expected, limit, [&, got = got, expected = expected] {
      return fmt::format("{}: its sum with random signs is {:.9g}, expected {:.9g} +- {:.2g}",
                         place(problem, row), got, expected, limit);
    });
  }
  return worst;
}

Verdict check_gemm(GemmProblem const& problem, void const* d, Team& team) {
  auto const rows = gemm_sampled_rows(problem);
  std::vector<void const*> got;
  auto const row_bytes = unsigned_of(problem.n) * element_bytes(problem.output);
  for (auto const row : rows) got.push_back(static_cast<std::byte const*>(d) + row * row_bytes);
  GemmFinding worst = check_sampled_rows(problem, rows, got, team);
  worst.merge(judge_row_sums(problem, gemm_row_sums(problem, d, team)));
  return Verdict::judge(fmt::format("fp64 product of {} rows; Freivalds on all", rows.size()), worst.ratio, 1,
                        worst.detail);
}

}  // namespace muster
