#include "kernels/gemm/gemm_note.hpp"

#include <fmt/format.h>

namespace muster {

void note_data(GemmProblem const& problem, Context& context) {
  if (problem.dist == GemmDist::normal) return;
  context.note(
      fmt::format("operands are '{}' (dist) in place of normal random numbers: figures of such data are no "
                  "headline, since fewer "
                  "bits toggle and the chip draws less power",
                  name(problem.dist)));
}

}  // namespace muster
