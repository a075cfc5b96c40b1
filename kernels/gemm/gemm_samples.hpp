// Every result of a case is the same product of the same operands, so that its bits are the same: the count
// of those that were not.
#pragma once
#include <optional>
#include <string>

#include "kernels/contract/verdict.hpp"

namespace muster {

/// Kept where the results are: on the host, or on the GPU by a kernel.
struct GemmSamples {
  unsigned long long reference = 0;  ///< checksum that all results must have; 0: none yet, the first gives it
  unsigned long long compared = 0;
  unsigned long long differed = 0;
  unsigned long long first = ~0ULL;  ///< number of the first sample that differed
  unsigned long long blank = 0;      ///< results that nobody had written since they were spoiled
};

/// One result with checksum `sum`, left by sample `number`. The host's; on the GPU a kernel does the same.
inline void count_sample(GemmSamples& samples, unsigned long long sum, unsigned long long number) {
  if (samples.reference == 0) samples.reference = sum;
  ++samples.compared;
  if (sum == samples.reference) return;
  ++samples.differed;
  if (number < samples.first) samples.first = number;
}

/// What is wrong with them, or nothing.
std::optional<std::string> complaint(GemmSamples const& samples);

/// The verdict itself, or where there is a fault a failure that names it first.
Verdict with_complaint(Verdict verdict, std::optional<std::string> const& fault);

}  // namespace muster
