#include "kernels/contract/race.hpp"

#include <algorithm>
#include <numeric>

namespace muster {

namespace {

double slack_after(int round) { return std::max(0.01, 0.20 / (static_cast<double>(round) * round)); }

class Race {
 public:
  Race(std::size_t contestants, RaceRules const& rules)
      : rules_(rules), times_(contestants), left_(contestants) {
    std::iota(left_.begin(), left_.end(), std::size_t{0});
  }

  RaceResult run(std::function<double(std::size_t)> const& time, std::function<double()> const& now) {
    double const begin = now();
    RaceResult result;
    while (result.rounds < rules_.rounds && (left_.size() > 1 || result.rounds == 0)) {
      result.cut_short = now() - begin > rules_.limit_seconds;
      if (result.cut_short) break;
      for (auto const contestant : left_) times_[contestant].push_back(time(contestant));
      std::ranges::reverse(left_);
      drop_losers(++result.rounds);
    }
    for (auto const& times : times_) result.seconds.push_back(times.empty() ? 0 : median_of(times));
    result.winner = winner(result.seconds);
    return result;
  }

 private:
  /// By their best times, since what disturbs a timing makes it longer; two of each at least.
  void drop_losers(int round) {
    if (round < 2) return;
    auto const best_of = [&](std::size_t contestant) {
      return *std::ranges::min_element(times_[contestant]);
    };
    double best = best_of(left_.front());
    for (auto const contestant : left_) best = std::min(best, best_of(contestant));
    double const worst_kept = best * (1 + slack_after(round));
    std::erase_if(
        left_, [&](std::size_t contestant) { return contestant != 0 && best_of(contestant) > worst_kept; });
  }

  /// Only those who stayed to the end have all their timings.
  std::size_t winner(std::vector<double> const& seconds) const {
    std::size_t best = 0;
    for (auto const contestant : left_) {
      if (seconds[contestant] < seconds[best]) best = contestant;
    }
    return seconds[best] * (1 + rules_.least_gain) < seconds[0] ? best : 0;
  }

  RaceRules rules_;
  std::vector<std::vector<double>> times_;
  std::vector<std::size_t> left_;
};

}  // namespace

double median_of(std::vector<double> values) {
  auto const upper = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, upper);
  if (values.size() % 2 == 1) return *upper;
  return (*upper + *std::max_element(values.begin(), upper)) / 2;
}

RaceResult race(std::size_t contestants, std::function<double(std::size_t)> const& time,
                RaceRules const& rules, std::function<double()> const& now) {
  return Race(contestants, rules).run(time, now);
}

}  // namespace muster
