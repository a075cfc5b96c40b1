#include "harness/device/cuda/gpu.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "harness/device/cuda/limits.hpp"
#include "harness/device/cuda/pci_place.hpp"
#include "kernels/cuda/error.hpp"

namespace muster {
namespace {

int attribute(cudaDeviceAttr which, int index) {
  int value = 0;
  cuda::check(cudaDeviceGetAttribute(&value, which, index), "cudaDeviceGetAttribute");
  return value;
}

/// As nvidia-smi writes it.
std::string uuid_text(cudaUUID_t const& uuid) {
  std::string text = "GPU-";
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", static_cast<unsigned char>(uuid.bytes[i]));
  }
  return text;
}

std::string pci_address(int index) {
  char address[32] = "";
  cuda::check(cudaDeviceGetPCIBusId(address, sizeof address, index), "cudaDeviceGetPCIBusId");
  return address;
}

/// Facts of the part's datasheet, where they are known.
void add_datasheet(DeviceInfo& info) {
  auto const* const sheet = datasheet_of(info.name);
  if (!sheet) return;
  info.facts.emplace_back("datasheet_bf16_tflops", fmt::format("{:g}", sheet->bf16_tflops));
  info.facts.emplace_back("datasheet_tensor_clock_mhz", fmt::format("{:g}", sheet->tensor_clock_mhz));
  info.facts.emplace_back("datasheet_memory_gb_per_s", fmt::format("{:g}", sheet->memory_gb_per_s));
}

/// Said instead of clocks, power, temperatures and errors.
constexpr char const* no_telemetry =
    "none (libnvidia-ml.so.1 is missing, does not start, or does not know this GPU: see `nvidia-smi`)";

void add_place(DeviceInfo& info) {
  auto const place = pci_place(info.pci);
  if (!place.numa_node.empty()) info.facts.emplace_back("numa_node", place.numa_node);
  if (!place.cpus.empty()) info.facts.emplace_back("nearest_cpus", place.cpus);
}

void add_facts(Gpu& gpu) {
  auto& facts = gpu.info.facts;
  facts.emplace_back("compute_capability", fmt::format("{}.{}", gpu.major, gpu.minor));
  facts.emplace_back("l2_bytes", std::to_string(gpu.cache_bytes));
  facts.emplace_back("memory_bus_bits", std::to_string(gpu.memory_bus_bits));
  facts.emplace_back("memory_clock_mhz", fmt::format("{:g}", gpu.memory_clock_hz * 1e-6));
  add_datasheet(gpu.info);
  add_place(gpu.info);
  facts.emplace_back("telemetry", gpu.telemetry ? "NVML" : no_telemetry);
  if (!gpu.telemetry) return;
  for (auto& fact : gpu.telemetry->facts()) facts.push_back(std::move(fact));
}

int version_of(cudaError_t (*query)(int*)) {
  int version = 0;
  return query(&version) == cudaSuccess ? version : 0;
}

[[noreturn]] void no_driver(cudaError_t status) {
  int const driver = version_of(&cudaDriverGetVersion), runtime = version_of(&cudaRuntimeGetVersion);
  throw DeviceError(
      fmt::format("{} NVIDIA driver (cudaGetDeviceCount: {}, {}; driver for CUDA {}, runtime {}) "
                  "install the driver, at least as new as that runtime, or use --backend host",
                  driver ? "too old an" : "no", static_cast<int>(status), cudaGetErrorString(status),
                  cuda_version_text(driver), cuda_version_text(runtime)));
}

}  // namespace

std::string cuda_version_text(int version) {
  return version ? fmt::format("{}.{}", version / 1000, version % 1000 / 10) : "none";
}

int count_gpus() {
  int count = 0;
  auto const status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) (void)cudaGetLastError();  // answered here: nobody is to find it later
  if (status == cudaErrorInsufficientDriver) no_driver(status);
  if (status == cudaErrorNoDevice) return 0;
  cuda::check(status, "cudaGetDeviceCount");
  return count;
}

Gpu describe_gpu(int index) {
  cudaDeviceProp properties{};
  cuda::check(cudaGetDeviceProperties(&properties, index), "cudaGetDeviceProperties");
  Gpu gpu;
  gpu.info = {.backend = "cuda",
              .index = index,
              .name = properties.name,
              .uuid = uuid_text(properties.uuid),
              .pci = pci_address(index),
              .memory_bytes = properties.totalGlobalMem,
              .units = attribute(cudaDevAttrMultiProcessorCount, index)};
  gpu.major = attribute(cudaDevAttrComputeCapabilityMajor, index);
  gpu.minor = attribute(cudaDevAttrComputeCapabilityMinor, index);
  gpu.memory_bus_bits = attribute(cudaDevAttrGlobalMemoryBusWidth, index);
  gpu.cache_bytes = static_cast<std::uint64_t>(attribute(cudaDevAttrL2CacheSize, index));
  gpu.telemetry = open_telemetry(gpu.info.uuid, gpu.info.pci);
  auto const clock = gpu.telemetry ? gpu.telemetry->max_clock_hz() : std::nullopt;
  gpu.clock_hz = clock ? *clock : 1e3 * attribute(cudaDevAttrClockRate, index);
  auto const memory_clock = gpu.telemetry ? gpu.telemetry->max_memory_clock_hz() : std::nullopt;
  gpu.memory_clock_hz = memory_clock ? *memory_clock : 1e3 * attribute(cudaDevAttrMemoryClockRate, index);
  add_facts(gpu);
  return gpu;
}

}  // namespace muster
