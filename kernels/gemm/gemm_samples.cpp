#include "kernels/gemm/gemm_samples.hpp"

#include <fmt/format.h>

namespace muster {

std::optional<std::string> complaint(GemmSamples const& samples) {
  if (samples.differed == 0) return std::nullopt;
  return fmt::format("bitwise checksum differs in {} of {} results, first in sample {}", samples.differed,
                     samples.compared, samples.first);
}

Verdict with_complaint(Verdict verdict, std::optional<std::string> const& fault) {
  if (!fault) return verdict;
  verdict.status = Verdict::Status::fail;
  verdict.detail = *fault + (verdict.detail.empty() ? "" : "; " + verdict.detail);
  return verdict;
}

}  // namespace muster
