// The order in which a training run sees its records: a new seeded shuffle every epoch, each record exactly
// once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace muster::dataload {

/// The endless stream of record numbers: epoch 0's order, then epoch 1's, ... Batches may span two epochs, so
/// that all have the same number of pictures. Not thread-safe.
class EpochOrder {
 public:
  EpochOrder(std::size_t records, std::uint64_t seed);
  std::uint32_t next();
  std::uint64_t position() const { return position_; }  ///< records handed out so far

 private:
  void shuffle();

  std::uint64_t seed_;
  std::uint64_t position_ = 0;
  std::vector<std::uint32_t> order_;
};

/// Watches a consumer: the records of every batch must follow one another as an EpochOrder of its own says,
/// and in no epoch may one come twice or be left out.
class EpochAudit {
 public:
  EpochAudit(std::size_t records, std::uint64_t seed);
  void add(std::uint32_t record);
  std::uint64_t seen() const { return order_.position(); }
  std::uint64_t faults() const { return faults_; }
  std::string const& first_fault() const { return first_fault_; }  ///< "" when there is none

 private:
  void fault(std::string text);

  EpochOrder order_;
  std::vector<std::uint64_t> last_epoch_;  ///< of each record, counted from 1; 0: not seen yet
  std::uint64_t faults_ = 0;
  std::string first_fault_{};
};

}  // namespace muster::dataload
