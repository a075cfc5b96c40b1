// How long calls took: their distribution in little memory.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace muster::dataload {

/// Counts by duration: 128 classes to each doubling, so that a quantile is off by at most 0.4 % (as in Gil
/// Tene's HdrHistogram), whatever the number of calls. Durations up to 2^40 ns (18 minutes), longer ones
/// count as that.
class LatencyHistogram {
 public:
  void add(std::chrono::nanoseconds duration) {
    auto const ns = static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count()));
    ++counts_[class_of(std::min(ns, longest))];
    ++count_;
    max_ = std::max(max_, ns);
  }
  std::uint64_t count() const { return count_; }
  double max() const { return static_cast<double>(max_) * 1e-9; }  ///< seconds, exact
  /// The smallest duration that a share `q` of all calls did not exceed, in seconds; 0 when there were none.
  double quantile(double q) const {
    auto const wanted = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
    std::uint64_t passed = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      passed += counts_[i];
      if (passed >= wanted && passed > 0) return std::min(middle_of(i) * 1e-9, max());
    }
    return 0;
  }

 private:
  static constexpr int bits = 7, most_bits = 40;
  static constexpr std::uint64_t classes = std::uint64_t{1} << bits;
  static constexpr std::uint64_t longest = (std::uint64_t{1} << most_bits) - 1;

  static std::size_t class_of(std::uint64_t ns) {
    if (ns < classes) return ns;
    auto const shift = static_cast<std::uint64_t>(std::bit_width(ns) - bits - 1);
    return (shift << bits) + (ns >> shift);
  }
  static double middle_of(std::size_t number) {
    if (number < 2 * classes) return static_cast<double>(number);
    std::uint64_t const shift = (number >> bits) - 1;
    return static_cast<double>((number & (classes - 1)) + classes) * std::ldexp(1, static_cast<int>(shift)) +
           (std::ldexp(1, static_cast<int>(shift)) - 1) / 2;
  }

  std::array<std::uint64_t, (most_bits - bits + 1) << bits> counts_{};
  std::uint64_t count_ = 0, max_ = 0;
};

}  // namespace muster::dataload
