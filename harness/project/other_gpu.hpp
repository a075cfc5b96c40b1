// A step that was measured on one kind of GPU, on another.
#pragma once
#include "harness/core/cluster_parts.hpp"
#include "harness/core/datasheets.hpp"
#include "harness/core/premises.hpp"

namespace muster::project {

/// Products follow the peak rate and everything else the memory's (S. Williams, A. Waterman, D. Patterson,
/// "Roofline", CACM 52, 2009); a pass is both, in unknown parts: its time changes by the geometric mean, and
/// p10 and p90 of compute_doubt are the two by themselves, together with 5 % for other kernels (assumed). The
/// optimiser follows the memory's rate, a GPU's draw what data sheets say of it (power_model.hpp). It is no
/// longer what was measured.
StepPremise on_other_gpu(StepPremise premise, GpuPart const& measured, GpuPart const& described);
StepPremise on_other_gpu(StepPremise premise, Datasheet const& measured, GpuPart const& described);

/// Have both the same peak and memory rate, so that times of one are times of the other?
bool as_fast(GpuPart const& one, GpuPart const& other);

}  // namespace muster::project
