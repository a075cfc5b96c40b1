#include "kernels/gemm/gemm_turns_cuda.hpp"

#include <algorithm>

#include "kernels/cuda/stream.hpp"

namespace muster::cuda {

GemmTurns::GemmTurns(void* data, std::uint64_t bytes, std::uint64_t stride, unsigned sets, Device& device)
    : stream_(static_cast<cudaStream_t>(device.queue())),
      sets_(sets),
      bits_(data, bytes, stride, sets, device.info().units, stream_) {}

unsigned GemmTurns::next() {
  unsigned const set = turn_;
  turn_ = (turn_ + 1) % sets_;
  if (is_capturing(stream_)) {
    recorded_ = true;  // whoever repeats the recording does not tell
  } else {
    written_ |= std::uint64_t{1} << set;
  }
  return set;
}

void GemmTurns::end_sample() {
  bits_.count(written_);
  bits_.spoil();
  written_ = 0;
  ++samples_;
}

Verdict GemmTurns::verify(std::function<void()> const& launch,
                          std::function<Verdict(unsigned)> const& check) {
  auto seen = look();
  if (std::ranges::all_of(seen.sums, [&](std::uint64_t sum) { return sum == seen.blank; })) {
    launch();
    seen = look();
  }
  auto const verdict = with_complaint(check(written_set(seen)), complaint_of(seen));
  compared_ += seen.samples.compared;
  verified_ = verdict.ok();
  if (verified_) reference_ = seen.samples.reference;
  start_anew();
  return verdict;
}

GemmResultBits::Seen GemmTurns::look() {
  bits_.count(written_);
  return bits_.seen();
}

unsigned GemmTurns::written_set(GemmResultBits::Seen const& seen) {
  for (unsigned i = 1; i <= sets_; ++i) {
    unsigned const set = (checked_ + i) % sets_;
    if (seen.sums[set] != seen.blank) return checked_ = set;
  }
  return checked_;
}

std::optional<std::string> GemmTurns::complaint_of(GemmResultBits::Seen const& seen) const {
  if (auto const fault = complaint(seen.samples)) return fault;
  bool const several = samples_ > 2;
  if (recorded_ && several && seen.samples.compared <= 1)
    return "the recorded launches have written no result";
  return std::nullopt;
}

// The reference stays once it has been verified; one that has not must not judge what comes after.
void GemmTurns::start_anew() {
  bits_.start_anew(reference_);
  bits_.spoil();
  written_ = 0;
  samples_ = 0;
}

std::optional<Fingerprint> GemmTurns::fingerprint(std::string const& made_by) const {
  if (!verified_) return std::nullopt;
  return Fingerprint{reference_, made_by};
}

}  // namespace muster::cuda
