#include "kernels/dataload/cufile_engine.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/dataload/cufile_api.hpp"
#include "kernels/dataload/read_pool.hpp"

namespace muster::cuda {

using dataload::InputFiles;
using dataload::ReadRequest;

dataload::HostMemory allocate_device(std::size_t bytes) {
  constexpr std::size_t page = 4096;
  auto const buffer = std::make_shared<DeviceBuffer>(bytes + page, "the read buffers");
  void* at = buffer->as();
  std::size_t space = buffer->bytes();
  return {buffer, static_cast<std::byte*>(std::align(page, bytes, at, space))};
}

namespace {

std::optional<std::uint64_t> reads_in_kernel() {
  std::ifstream in("/proc/driver/nvidia-fs/stats");
  return dataload::nvidia_fs_reads({std::istreambuf_iterator<char>(in), {}});
}

/// Memory that cuFile knows, for as long as this lives.
class RegisteredBuffer {
 public:
  RegisteredBuffer(CufileDriver const& driver, std::span<std::byte> memory)
      : driver_(driver), memory_(memory) {
    check(driver.register_buffer(memory.data(), memory.size(), 0), "cuFileBufRegister");
  }
  RegisteredBuffer(RegisteredBuffer const&) = delete;
  RegisteredBuffer& operator=(RegisteredBuffer const&) = delete;
  ~RegisteredBuffer() { (void)driver_.deregister_buffer(memory_.data()); }
  std::byte* data() const { return memory_.data(); }

 private:
  CufileDriver const& driver_;
  std::span<std::byte> memory_;
};

/// A file that cuFile knows.
class RegisteredFile {
 public:
  RegisteredFile(CufileDriver const& driver, int descriptor) : driver_(driver) {
    CufileDescription description;
    description.file.descriptor = descriptor;
    status_ = driver.register_handle(&handle_, &description);
  }
  RegisteredFile(RegisteredFile const&) = delete;
  RegisteredFile& operator=(RegisteredFile const&) = delete;
  ~RegisteredFile() {
    if (status_.error == 0) driver_.deregister_handle(handle_);
  }
  CufileStatus const& status() const { return status_; }
  CufileHandle handle() const { return handle_; }

 private:
  CufileDriver const& driver_;
  CufileHandle handle_ = nullptr;
  CufileStatus status_{};
};

class CufileEngine final : public dataload::ReadEngine {
 public:
  CufileEngine(int depth, InputFiles const& files, std::span<std::byte> memory, int device)
      : driver_(CufileDriver::open()),
        files_(files),
        buffer_(*driver_, memory),
        device_(device),
        before_(driver_->reads()),
        in_kernel_before_(reads_in_kernel()),
        pool_(depth, "cufile", [this](ReadRequest const& request) { return read(request); }) {
    try_a_file();
  }

  std::string name() const override { return "cufile"; }
  std::string details() const override {
    return "cufile (" + driver_->library() + "), registered device memory";
  }
  int depth() const override { return pool_.depth(); }
  void submit(ReadRequest const& request) override { pool_.submit(request); }
  std::uint64_t wait() override { return pool_.wait(); }

  std::optional<dataload::PathProof> path_proof() const override {
    auto const now = driver_->reads();
    std::optional<dataload::CufileReads> counted;
    if (before_ && now) counted = *now - *before_;
    std::optional<std::uint64_t> in_kernel = reads_in_kernel();
    if (in_kernel) *in_kernel -= in_kernel_before_.value_or(0);
    return dataload::judge_path(calls_, counted, in_kernel);
  }

 private:
  /// What cuFile thinks of the filesystem and of the disk under it shows only when it is given a file.
  void try_a_file() const {
    int const descriptor = files_.acquire(0);
    if (descriptor < 0) return;  // the first read says so
    auto const status = RegisteredFile(*driver_, descriptor).status();
    files_.release(descriptor, 0, 0);
    if (status.error == 0) return;
    throw Unsupported(
        fmt::format("cuFile refuses '{}' ({}); see its log (CUFILE_LOGFILE_PATH), or use another engine",
                    files_.path(0).string(), describe(status, "cuFileHandleRegister")));
  }

  std::string read(ReadRequest const& request) {
    if (cudaSetDevice(device_) != cudaSuccess) return failed(request, "this thread cannot use the GPU");
    int const descriptor = files_.acquire(request.file);
    if (descriptor < 0) return dataload::read_failure(files_, request, -descriptor);
    std::string const failure = read_from(descriptor, request);
    files_.release(descriptor, request.offset, request.length);
    return failure;
  }

  std::string read_from(int descriptor, ReadRequest const& request) {
    if (files_.keeps_open()) return read_whole(kept(request.file, descriptor), request);
    return read_whole(RegisteredFile(*driver_, descriptor), request);
  }

  RegisteredFile const& kept(std::uint32_t file, int descriptor) {
    std::lock_guard const lock(mutex_);
    return kept_.try_emplace(file, *driver_, descriptor).first->second;
  }

  std::string read_whole(RegisteredFile const& file, ReadRequest const& request) {
    if (file.status().error != 0) return failed(request, describe(file.status(), "cuFileHandleRegister"));
    std::size_t done = 0;
    while (done < request.needed) {
      auto const got =
          driver_->read(file.handle(), buffer_.data(), request.length - done,
                        static_cast<off_t>(request.offset + done), request.into + done - buffer_.data());
      int const error = errno;
      ++calls_;
      if (got == -1) return dataload::read_failure(files_, request, error);
      if (got < 0) return failed(request, describe({static_cast<int>(-got), 0}, "cuFileRead"));
      if (got == 0) return dataload::read_failure(files_, request, 0);
      done += static_cast<std::size_t>(got);
    }
    return {};
  }

  std::string failed(ReadRequest const& request, std::string const& why) const {
    return fmt::format(
        "cannot read {} bytes at offset {} of '{}' ({}); see cuFile's log (CUFILE_LOGFILE_PATH)",
        request.needed, request.offset, files_.path(request.file).string(), why);
  }

  std::shared_ptr<CufileDriver> driver_;
  InputFiles const& files_;
  RegisteredBuffer buffer_;
  int device_;
  std::optional<dataload::CufileReads> before_;
  std::optional<std::uint64_t> in_kernel_before_;
  std::atomic<std::uint64_t> calls_{0};
  std::mutex mutex_{};
  std::map<std::uint32_t, RegisteredFile> kept_{};
  dataload::ReadPool pool_;  // last: its threads end before what they use
};

}  // namespace

std::unique_ptr<dataload::ReadEngine> make_cufile_engine(int depth, InputFiles const& files,
                                                         std::span<std::byte> memory, Device& device) {
  return std::make_unique<CufileEngine>(depth, files, memory, device.info().index);
}

}  // namespace muster::cuda
