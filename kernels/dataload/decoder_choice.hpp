// Which of nvJPEG's back ends decodes a set fastest on this GPU, found by trying them on the set's pictures.
#pragma once
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/dataload/gpu_decoder.hpp"
#include "kernels/dataload/options.hpp"

namespace muster::cuda {

struct DecoderChoice {
  DecoderPlan plan{};
  std::string
      why{};  ///< "asked for", "the fastest of 9 that were tried; nvJPEG finds no hardware engine ..."
  /// Images/s of each that was tried, by plan: "race_hybrid_4". Beside a load: of its steps with that.
  std::vector<Figure> rates{};

  /// "decoder" and "decoder_why".
  std::vector<std::pair<std::string, std::string>> facts() const;
};

/// The plan that options.decoder asks for. Where it leaves a choice (auto: all of them; split: the engine's
/// share), `sample`, pictures in page-locked memory, is decoded by each, the result held against
/// libjpeg-turbo's (one that differs, or that the library refuses, is left out and noted), and the fastest is
/// taken, the CPU's part included, as race.hpp finds it, in about a second. Where context.load makes what
/// will run beside it, each decodes for its steps, which wait for their batches as in the case itself, and
/// the steps' rate counts; it takes some 10 s. Neither a decoder alone nor one beside matrix products tells
/// that: on an H100 the JPEG engine made 10,700 images/s beside a step's products, and 4,800 inside that step
/// of resnet-50. Where memory does not suffice for the load too, they are tried alone, and that is noted.
/// Throws Unsupported where an engine is asked for and there is none, OutOfMemory, DeviceError. `crops`: the
/// part of each picture of the sample that is needed; none: all of them.
DecoderChoice choose_decoder(dataload::RecordSet const& set, std::span<dataload::EncodedImage const> sample,
                             std::span<dataload::Crop const> crops, dataload::Options const& options,
                             Context& context);

/// What a case says of its decoder: the race's rates, who decoded how much, engines, nvJPEG's allocations
/// since the decoder was warm.
std::vector<Figure> decoder_figures(GpuDecoder const& decoder, DecoderChoice const& choice);

}  // namespace muster::cuda
