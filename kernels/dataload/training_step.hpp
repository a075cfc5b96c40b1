// The computation of a training step: time that passes, or a real matrix product.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "kernels/contract/workload.hpp"

namespace muster::dataload {

class TrainingStep {
 public:
  virtual ~TrainingStep() = default;
  virtual void run() = 0;                 ///< returns when the step is done; throws DeviceError
  virtual double seconds() const = 0;     ///< that a step takes with nothing else going on
  virtual std::string words() const = 0;  ///< "sleep", "gemm: 61 products fp32 of 256 x 256 x 256"
  virtual Verdict verify() = 0;
};

/// As DLIO emulates it: the thread sleeps.
std::unique_ptr<TrainingStep> sleep_step(double seconds);

/// The device multiplies matrices by its workload "gemm", as often as comes to `seconds`, timed here.
/// Products are so small that whole ones come close. Throws what that workload throws, Unsupported where
/// there is none.
std::unique_ptr<TrainingStep> gemm_step(double seconds, Context& context);

}  // namespace muster::dataload
