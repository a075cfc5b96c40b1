#include "kernels/contract/error.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/dataload/preprocess_cuda.hpp"

namespace muster::cuda {

void refuse_what_is_not_here(dataload::Options const& options) {
  if (options.scaled)
    throw Unsupported("the cuda backend does not decode at a reduced scale; use scaled = off");
}

PreparedBatch::PreparedBatch(int most)
    : host_(static_cast<std::size_t>(most) * sizeof(PreparedPicture), "the pictures' places"),
      device_(host_.bytes(), "the pictures' places"),
      count_(static_cast<std::size_t>(most)) {}

void PreparedBatch::bring(cudaStream_t stream) const {
  check(cudaMemcpyAsync(device_.as(), host_.as(), host_.bytes(), cudaMemcpyHostToDevice, stream),
        "cudaMemcpyAsync");
}

void PreparedBatch::preprocess(dataload::OutputSpec const& spec, void* out, cudaStream_t stream) const {
  preprocess_batch(device_.as<PreparedPicture>(), static_cast<int>(count_), preprocess_fits(pictures()), spec,
                   out, stream);
}

}  // namespace muster::cuda
