// The operands of a GEMM on the host.
#pragma once
#include "kernels/contract/device.hpp"
#include "kernels/gemm/gemm_data.hpp"
#include "kernels/gemm/gemm_problem.hpp"
#include "kernels/host/buffer.hpp"

namespace muster::host {

/// Made by the threads of `team`, so that it lies where they are. Of a type that require_native() lets pass.
Buffer make_operand(GemmProblem const& problem, GemmMatrix matrix, Team& team);

/// Throws Unsupported for a type that this CPU has no instructions for: emulation measures nothing.
void require_native(GemmType type);

/// Throws Unsupported: "the host backend has no tf32 GEMM (`why`) use ...".
[[noreturn]] void refuse(GemmType type, std::string const& why);

}  // namespace muster::host
