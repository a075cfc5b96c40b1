#include "kernels/train_step/finding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace muster::train {
namespace {

constexpr double least_share = 0.05;
constexpr double notable_slowdown = 0.05;

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

std::string holdup_words(Holdup const& holdup) {
  auto const why = holdup.cause == "input"     ? " (its input is late)"
                   : holdup.cause == "compute" ? " (it computes longer)"
                                               : "";
  return fmt::format("rank {} holds the others up: they wait {} of the step for it{}", holdup.rank,
                     percent(holdup.share), why);
}

std::string input_words(StepShares const& shares) {
  auto const by = shares.input_by.empty() ? std::string("the input") : shares.input_by;
  auto const alone = shares.input_alone >= 1
                         ? fmt::format(", alone it would deliver {}", percent(shares.input_alone))
                         : std::string();
  return fmt::format("input-bound: {} delivers {} of demand{}", by, percent(1 - shares.input), alone);
}

std::string communication_words(StepShares const& shares) {
  auto const hidden = shares.overlap
                          ? fmt::format("{} of their sums is hidden", percent(shares.communication_hidden))
                          : std::string("none of their sums may be hidden");
  return fmt::format("communication-bound: {} of the step waits for gradients, {}",
                     percent(shares.communication), hidden);
}

std::string tensor_words(StepShares const& shares) {
  return fmt::format("communication-bound: {} of the step is sums among the ranks that share layers",
                     percent(shares.tensor));
}

std::string checkpoint_words(StepShares const& shares) {
  return fmt::format("checkpoint-bound: {} of the step is taking and writing the state",
                     percent(shares.checkpoint));
}

std::string compute_words(StepShares const& shares) {
  auto text = fmt::format("compute-bound: {} of the step computes", percent(shares.compute));
  if (shares.peak > 0) text += fmt::format(", at {} of the device's peak", percent(shares.peak));
  if (shares.compute_slowdown >= notable_slowdown)
    text += fmt::format(", {} slower than alone", percent(shares.compute_slowdown));
  return text;
}

}  // namespace

std::string finding_of(StepShares const& shares) {
  struct Loss {
    double share;
    std::string (*words)(StepShares const&);
  };
  std::array const losses{Loss{shares.holdup.rank < 0 ? 0 : shares.holdup.share,
                               [](StepShares const& s) { return holdup_words(s.holdup); }},
                          Loss{shares.input, input_words}, Loss{shares.communication, communication_words},
                          Loss{shares.tensor, tensor_words}, Loss{shares.checkpoint, checkpoint_words}};
  auto const& worst = *std::ranges::max_element(losses, {}, &Loss::share);
  return worst.share >= least_share ? worst.words(shares) : compute_words(shares);
}

}  // namespace muster::train
