// The order in which a training job sees its records: a new seeded shuffle every epoch, dealt out to the
// ranks.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/dataload/dataset/epoch_plan.hpp"
#include "kernels/dataload/records.hpp"

namespace muster::dataload {

/// Which part of every epoch is this rank's. All ranks of a job have the same seed.
struct EpochShare {
  EpochShare(std::uint64_t the_seed = 0, std::uint64_t the_rank = 0, std::uint64_t of_ranks = 1)
      : seed(the_seed), rank(the_rank), ranks(of_ranks) {}
  std::uint64_t seed, rank, ranks;
};

/// A record's turn.
struct Turn {
  std::uint64_t epoch = 0;
  std::uint32_t record = 0;
};

/// A rank's endless stream of records: its part of epoch 0, then of epoch 1, ... Records of one sample follow
/// one another in their order. Batches may span two epochs, so that all have the same number of pictures.
/// Takes no memory; not thread-safe.
class EpochOrder {
 public:
  /// Throws BadInput when there are fewer samples than ranks.
  EpochOrder(std::uint64_t samples, std::uint32_t per_sample, EpochShare const& share);
  EpochOrder(RecordSet const& set, EpochShare const& share)
      : EpochOrder(set.samples(), set.per_sample, share) {}
  Turn next();
  std::uint64_t per_epoch() const { return plan_.per_epoch() * per_sample_; }  ///< records of this rank

 private:
  EpochPlan plan_;
  std::uint32_t per_sample_;
  std::uint64_t epoch_ = 0, at_ = 0;  ///< of the next record
};

/// Watches a consumer: the records that reach it must be this rank's part of epoch 0, in its order, then of
/// epoch 1, and so on, each once. Of the other ranks it need not hear: whose part a record belongs to is a
/// function of seed and number (the inverse of the shuffle), so what passes on every rank is dealt out
/// exactly once. Memory: a bit for each record of the rank's part.
class EpochAudit {
 public:
  EpochAudit(std::uint64_t samples, std::uint32_t per_sample, EpochShare const& share);
  EpochAudit(RecordSet const& set, EpochShare const& share)
      : EpochAudit(set.samples(), set.per_sample, share) {}
  void add(std::uint64_t epoch, std::uint32_t record);
  std::uint64_t seen() const { return seen_; }
  std::uint64_t faults() const { return faults_; }
  std::string const& first_fault() const { return first_fault_; }  ///< "" when there is none

 private:
  std::uint64_t per_epoch() const { return came_.size(); }
  void begin(std::uint64_t epoch);
  void judge(std::uint32_t record);
  void fault(std::string text);

  EpochPlan plan_;
  std::uint32_t per_sample_;
  std::vector<bool> came_;  ///< in this epoch, by position in the rank's part
  std::uint64_t epoch_ = 0, in_epoch_ = 0, distinct_ = 0;
  std::uint64_t seen_ = 0, faults_ = 0;
  std::string first_fault_{};
};

}  // namespace muster::dataload
