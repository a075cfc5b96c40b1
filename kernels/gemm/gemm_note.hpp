// What a gemm case has to say about itself, whichever backend runs it.
#pragma once
#include "kernels/contract/workload.hpp"
#include "kernels/gemm/gemm_problem.hpp"

namespace muster {

/// Other data than normal random numbers toggle fewer bits, draw less power and so run faster: such figures
/// carry a note.
void note_data(GemmProblem const& problem, Context& context);

}  // namespace muster
