// Every record that is read against its hash, while it is being read.
#pragma once
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>

#include "kernels/dataload/records.hpp"

namespace muster::dataload {

/// One thread adds, any may ask.
class RecordCheck {
 public:
  explicit RecordCheck(RecordSet const& set) : set_(set) {}
  void add(std::uint32_t record, std::span<std::byte const> bytes);
  /// A record in pieces, one after the other.
  void add_piece(std::uint32_t record, std::span<std::byte const> bytes, bool first, bool last);

  std::uint64_t checked() const;    ///< records
  std::uint64_t wrong() const;      ///< of them
  std::string first_fault() const;  ///< names file and offset; "" when there is none

 private:
  void judge(std::uint32_t record, std::uint64_t hash);

  RecordSet const& set_;
  RunningHash running_{};
  mutable std::mutex mutex_{};
  std::uint64_t checked_ = 0, wrong_ = 0;
  std::string first_fault_{};
};

}  // namespace muster::dataload
