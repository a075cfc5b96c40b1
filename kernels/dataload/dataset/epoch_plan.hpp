// The order in which all ranks of a job see a dataset: one seeded shuffle of everything an epoch, dealt out.
#pragma once
#include <cstdint>

namespace muster::dataload {

/// A random-looking order of 0..count-1 that needs no memory: a Feistel network over the next even power of
/// two, walked until it lands below `count`.
class Permutation {
 public:
  Permutation(std::uint64_t count, std::uint64_t key);
  std::uint64_t at(std::uint64_t position) const;        ///< position < count
  std::uint64_t position_of(std::uint64_t value) const;  ///< at()'s inverse; value < count

 private:
  std::uint64_t scramble(std::uint64_t value) const;
  std::uint64_t unscramble(std::uint64_t value) const;

  std::uint64_t count_, key_;
  int half_bits_;
};

/// One rank's part: positions rank, rank + ranks, ... of each epoch's order, so that over all ranks (on
/// whichever nodes) every sample comes exactly once an epoch. Ranks differ by at most one sample.
class EpochPlan {
 public:
  /// `samples`: at least 1. 0 <= rank < ranks.
  EpochPlan(std::uint64_t samples, std::uint64_t seed, std::uint64_t rank = 0, std::uint64_t ranks = 1);
  std::uint64_t per_epoch() const;  ///< samples of this rank
  /// The rank's sample at this position of its own: below per_epoch().
  std::uint64_t at(std::uint64_t epoch, std::uint64_t position) const;

  /// Whose a sample is in an epoch, and where in that rank's part.
  struct Place {
    std::uint64_t rank = 0, position = 0;
  };
  Place place_of(std::uint64_t epoch, std::uint64_t sample) const;  ///< sample < samples
  std::uint64_t rank() const { return rank_; }
  std::uint64_t samples() const { return samples_; }

 private:
  std::uint64_t samples_, seed_, rank_, ranks_;
};

}  // namespace muster::dataload
