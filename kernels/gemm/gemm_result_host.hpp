// What gemm and gemm/grouped share on the host: a result that has to be the same bits in every sample.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "kernels/contract/device.hpp"
#include "kernels/contract/verdict.hpp"
#include "kernels/gemm/gemm_samples.hpp"
#include "kernels/host/buffer.hpp"

namespace muster::host {

class GemmResult {
 public:
  /// Memory of a result, all NaN.
  GemmResult(std::uint64_t bytes, Device& device);

  std::byte* data() { return memory_.data(); }
  /// All NaN again, so that the next check sees only what is computed from now on.
  void spoil();
  /// To be called by each launch.
  void launched() { launched_ = true; }

  /// Before each sample (Instance::reset): the last one's result is held against the first one's, bit for
  /// bit, and then made unrecognisable.
  void end_sample();

  /// As Instance::verify() wants it: `launch` is called where nothing has been launched; `check` judges the
  /// result; and every sample's bits count.
  Verdict verify(std::function<void()> const& launch, std::function<Verdict()> const& check);

  /// Of a result that the last verify() passed; `made_by` says what made it.
  std::optional<Fingerprint> fingerprint(std::string const& made_by) const;
  /// Results that verify() has seen compared so far.
  std::uint64_t compared() const { return compared_; }

 private:
  std::uint64_t checksum();
  void start_anew();

  Device& device_;
  Buffer memory_;
  GemmSamples samples_;
  std::uint64_t sample_ = 0, compared_ = 0;
  std::uint64_t reference_ = 0;  ///< checksum of results that were verified; 0: none yet
  bool launched_ = false, verified_ = false;
};

}  // namespace muster::host
