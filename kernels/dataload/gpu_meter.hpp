// What the GPU's pipeline measures of itself: sums over the batches whose work is done. Nothing waits for it.
#pragma once
#include <vector>

#include "kernels/dataload/gpu_decoder.hpp"
#include "kernels/dataload/pipeline_summary.hpp"
#include "kernels/dataload/thinned_times.hpp"

namespace muster::cuda {

/// Each stage's rate with nothing else going on, pictures per second.
struct GpuStageRates {
  double read = 0, copy = 0, decode = 0, preprocess = 0;
  double read_bytes = 0;  ///< of records, per second
  double copy_bytes = 0;  ///< of encoded batches from page-locked memory to the device, per second
};

/// Sums since the last clear().
struct GpuReading {
  double seconds = 0, pictures = 0, pixels = 0;  ///< of batches that were launched
  double waited = 0;                             ///< seconds in which the next encoded batch was waited for
  double decode_host = 0;                        ///< seconds of the CPU's part of decoding
  double measured = 0;                           ///< pictures whose times on the device are known
  double decode_span = 0;                        ///< seconds from a batch's first work to its last pixel
  double preprocess = 0;                         ///< seconds of the kernel
  dataload::ReadTimes read{};
  double cpu = 0;                          ///< CPU seconds of the whole process
  dataload::ThinnedTimes batch_seconds{};  ///< from one launch's end to the next one's, without pauses
};

/// Decoding counts as the CPUs' where their threads read the Huffman codes (inside: by their time), else as
/// the GPU's (inside: from a batch's first work to its last pixel, in which other batches' work may fall).
/// nvJPEG makes its own copies to the device, so copying has no rate inside.
dataload::PipelineSummary summary_of(GpuReading const& metered, GpuStageRates const& alone,
                                     DecoderPlan const& plan, int prefetch);

/// The stages alone, for the bound.
std::vector<dataload::StageRate> stages_alone(GpuStageRates const& alone, DecoderPlan const& plan);

}  // namespace muster::cuda
