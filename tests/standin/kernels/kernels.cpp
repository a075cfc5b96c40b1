// The table: every kernel of ours that the plug-in launches.
#include <dlfcn.h>

#include <map>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <utility>

#include "tests/cudacpu/cudacpu.hpp"
// Kernels come after the execution model.
#include "kernels/collective/collective_kernels.cuh"
#include "kernels/cuda/eviction.cuh"
#include "kernels/cuda/occupy.cuh"
#include "kernels/dataload/preprocess.cuh"
#include "kernels/gemm/gemm_check.cuh"
#include "kernels/gemm/gemm_compare.cuh"
#include "kernels/gemm/gemm_fill.cuh"
#include "kernels/memory/memory_kernels.cuh"
#include "kernels/train_step/step_kernels.cuh"
#include "kernels/training/adamw.cuh"
#include "kernels/training/compare.cuh"
#include "kernels/training/cross_entropy.cuh"
#include "kernels/training/layer_norm.cuh"
#include "tests/standin/kernels/table.hpp"

namespace muster::standin {
namespace {

dim3 extent(unsigned const (&size)[3]) { return {size[0], size[1], size[2]}; }

template <auto kernel, class... Parameters, std::size_t... index>
std::function<void()> bind_as(LaunchShape const& shape, void** arguments, std::index_sequence<index...>) {
  std::tuple<Parameters...> copies(*static_cast<Parameters*>(arguments[index])...);
  cudacpu::Shape const cpu_shape{
      .grid = extent(shape.grid), .block = extent(shape.block), .shared_bytes = shape.shared_bytes};
  return [cpu_shape, copies] { cudacpu::run(cpu_shape, [&] { std::apply(kernel, copies); }); };
}

template <auto kernel, class... Parameters>
KernelVersion version(void (*)(Parameters...)) {
  // The loader knows the mangled name, which is the one that nvcc gives the kernel on the device.
  Dl_info info{};
  auto const* const address = reinterpret_cast<void const*>(kernel);
  if (dladdr(address, &info) == 0 || info.dli_saddr != address)
    throw std::logic_error("a kernel without a name of its own");
  return {info.dli_sname, [](LaunchShape const& shape, void** arguments) {
            return bind_as<kernel, Parameters...>(shape, arguments, std::index_sequence_for<Parameters...>{});
          }};
}

template <auto... kernels>
std::map<std::string_view, KernelVersion> table() {
  std::map<std::string_view, KernelVersion> all;
  for (auto const& entry : {version<kernels>(kernels)...}) all.emplace(entry.name, entry);
  return all;
}

std::map<std::string_view, KernelVersion> const& kernels() {
  using namespace muster::cuda;
  using namespace muster::training::cuda;
  using namespace muster::train::cuda;
  static auto const all =
      table<gemm_fill_fp64, gemm_fill_fp32, gemm_fill_tf32, gemm_fill_fp16, gemm_fill_bf16,             //
            gemm_fill_int8, gemm_fill_e4m3, gemm_fill_e5m2, gemm_checksum_results, gemm_count_samples,  //
            gemm_b_times_signs, gemm_row_sums_of, gemm_compare_fine,                                    //
            memory_read, memory_write, gemm_compare, evict_by_reading, occupy_for,                      //
            memory_copy_fp64, memory_copy_fp32, memory_scale_fp64, memory_scale_fp32, memory_add_fp64,
            memory_add_fp32, memory_triad_fp64, memory_triad_fp32,  //
            memory_fill_fp64, memory_fill_fp32, memory_compare_fp64, memory_compare_fp32, training_adamw_fill,
            training_adamw, training_layer_norm_fill, training_layer_norm, training_cross_entropy_fill,
            training_cross_entropy, training_compare_fp32, training_compare_bf16, dataload_preprocess_fp32,
            dataload_preprocess_fp16, dataload_preprocess_bf16, dataload_preprocess_plainly_fp32,
            dataload_preprocess_plainly_fp16, dataload_preprocess_plainly_bf16, collective_fill,
            collective_check, collective_close_sample,  //
            train_gather_fp32, train_gather_bf16, train_adjoint_fp32, train_adjoint_bf16, train_embed_fp32,
            train_embed_bf16, train_sum_slices_fp32, train_sum_slices_bf16, train_close_slices_fp32,
            train_close_slices_bf16, train_loss_fp32, train_loss_bf16, train_next_update, train_adamw_fp32,
            train_adamw_bf16, train_fill_weights, train_fill_batch, train_pick, train_hash>();
  return all;
}

}  // namespace
}  // namespace muster::standin

extern "C" muster::standin::KernelVersion const* muster_standin_kernel(char const* name) {
  auto const& all = muster::standin::kernels();
  auto const found = all.find(name);
  return found == all.end() ? nullptr : &found->second;
}
