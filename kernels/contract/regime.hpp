// How a case's launches follow each other while they are timed. Figures of different regimes are never mixed:
// the regime is part of the case's parameters, and so of its name unless it is the usual one.
#pragma once
#include <cstdint>
#include <string_view>

#include "kernels/contract/device.hpp"
#include "kernels/contract/params.hpp"

namespace muster {

enum class Regime {
  plain,      ///< samples one after the other, nothing else: input, which has a pace of its own
  pipelined,  ///< collectives: operations back to back, as nccl-tests times them
  isolated,  ///< collectives: one operation at a time, from a common start until it is complete on every rank
  sustained,  ///< back to back, after a soak that lasts until clocks, temperature and times are steady
  cold,       ///< one launch a sample, with the device's caches evicted before it
  burst,      ///< the first moments after a rest
  endurance   ///< back to back from the first moment on, for all of the sampling time however precise
};

/// The parameter `regime` of workloads that offer `sustained`, `cold` and `burst`; `sustained` by default,
/// and then not named.
ParamSpec regime_param();

/// Of a case that has the parameter.
Regime regime_of(Params const& params);

std::string_view name(Regime regime);

/// Memory of `device` that a case of that regime may take. What evicting the caches needs is taken here
/// already, so that it is neither counted as free nor missing at the first launch. Throws OutOfMemory where
/// there is not even that much.
std::uint64_t free_memory_for(Regime regime, Device& device);

}  // namespace muster
