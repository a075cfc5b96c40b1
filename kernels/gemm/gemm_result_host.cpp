#include "kernels/gemm/gemm_result_host.hpp"

#include <cstring>

#include "kernels/gemm/gemm_checksum.hpp"

namespace muster::host {

GemmResult::GemmResult(std::uint64_t bytes, Device& device) : device_(device), memory_(bytes) { spoil(); }

void GemmResult::end_sample() {
  if (!launched_) return;
  count_sample(samples_, checksum(), sample_++);
  spoil();
}

Verdict GemmResult::verify(std::function<void()> const& launch, std::function<Verdict()> const& check) {
  if (!launched_) launch();
  count_sample(samples_, checksum(), sample_);
  auto const verdict = with_complaint(check(), complaint(samples_));
  verified_ = verdict.ok();
  if (verified_) reference_ = samples_.reference;
  start_anew();
  return verdict;
}

std::optional<Fingerprint> GemmResult::fingerprint(std::string const& made_by) const {
  if (!verified_) return std::nullopt;
  return Fingerprint{reference_, made_by};
}

std::uint64_t GemmResult::checksum() { return gemm_checksum(data(), memory_.bytes(), device_.team()); }

void GemmResult::spoil() {
  std::memset(data(), 0xFF, static_cast<std::size_t>(memory_.bytes()));
  launched_ = false;
}

// The reference stays once it has been verified; one that has not must not judge what comes after.
void GemmResult::start_anew() {
  compared_ += samples_.compared;
  samples_ = {.reference = reference_};
  sample_ = 0;
  spoil();
}

}  // namespace muster::host
