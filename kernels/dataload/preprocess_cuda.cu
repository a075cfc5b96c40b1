#include <algorithm>

#include "kernels/cuda/error.hpp"
#include "kernels/dataload/preprocess.cuh"
#include "kernels/dataload/preprocess_cuda.hpp"

namespace muster::cuda {
namespace {

constexpr unsigned plain_blocks = 64;  // of each picture

template <class T>
using Kernel = void (*)(PreparedPicture const*, int, T*);

template <class T>
void launch(Kernel<T> strips, Kernel<T> plain, PreparedPicture const* pictures, int count, bool fits,
            int size, void* out, cudaStream_t stream) {
  unsigned const blocks = fits ? static_cast<unsigned>(preprocess_parts(size)) : plain_blocks;
  dim3 const grid(blocks, static_cast<unsigned>(count));
  int const threads = fits ? preprocess_threads : block_size;
  (fits ? strips : plain)<<<grid, threads, 0, stream>>>(pictures, size, static_cast<T*>(out));
  check(cudaGetLastError(), "dataload_preprocess");
}

}  // namespace

bool preprocess_fits(std::span<PreparedPicture const> pictures) {
  return std::all_of(pictures.begin(), pictures.end(),
                     [](PreparedPicture const& picture) { return preprocess_fits(picture); });
}

void preprocess_batch(PreparedPicture const* pictures, int count, bool fits, dataload::OutputSpec const& spec,
                      void* out, cudaStream_t stream) {
  switch (spec.type) {
    case dataload::Output::float32:
      return launch<float>(dataload_preprocess_fp32, dataload_preprocess_plainly_fp32, pictures, count, fits,
                           spec.size, out, stream);
    case dataload::Output::float16:
      return launch<Fp16>(dataload_preprocess_fp16, dataload_preprocess_plainly_fp16, pictures, count, fits,
                          spec.size, out, stream);
    case dataload::Output::bfloat16:
      return launch<Bf16>(dataload_preprocess_bf16, dataload_preprocess_plainly_bf16, pictures, count, fits,
                          spec.size, out, stream);
  }
}

}  // namespace muster::cuda
