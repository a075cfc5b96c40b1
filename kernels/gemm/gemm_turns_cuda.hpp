// What gemm and gemm/grouped share on a GPU: sets of operands that take turns, and results that all have to
// be the same bits.
#pragma once
#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "kernels/contract/device.hpp"
#include "kernels/contract/verdict.hpp"
#include "kernels/gemm/gemm_check_cuda.hpp"

namespace muster::cuda {

class GemmTurns {
 public:
  /// One set's result a turn: `bytes` each, `stride` apart, the first at `data`. Spoils them.
  GemmTurns(void* data, std::uint64_t bytes, std::uint64_t stride, unsigned sets, Device& device);

  /// Enqueues: makes the results unrecognisable, for launches that nobody is to find.
  void spoil() { bits_.spoil(); }
  /// The set that the launch to be enqueued now uses.
  unsigned next();

  /// Before each sample (Instance::reset): the last one's results are held against the first one's, bit for
  /// bit, and then made unrecognisable.
  void end_sample();

  /// As Instance::verify() wants it: `launch` is called where nothing has been launched; `check` judges the
  /// result of one set, another one than last time if another one has been written; and every sample's bits
  /// count.
  Verdict verify(std::function<void()> const& launch, std::function<Verdict(unsigned)> const& check);

  /// Of results that the last verify() passed; `made_by` says what made them.
  std::optional<Fingerprint> fingerprint(std::string const& made_by) const;
  /// Results that verify() has seen compared so far.
  std::uint64_t compared() const { return compared_; }

 private:
  GemmResultBits::Seen look();
  unsigned written_set(GemmResultBits::Seen const& seen);
  std::optional<std::string> complaint_of(GemmResultBits::Seen const& seen) const;
  void start_anew();

  cudaStream_t stream_;
  unsigned sets_;
  GemmResultBits bits_;
  unsigned turn_ = 0, checked_ = 0;
  std::uint64_t written_ = 0;  ///< a bit for each set that was launched since its result was spoiled
  std::uint64_t samples_ = 0, compared_ = 0;
  std::uint64_t reference_ = 0;  ///< checksum of results that were verified; 0: none yet
  bool recorded_ = false, verified_ = false;
};

}  // namespace muster::cuda
