// Copies between host and GPU: pinned and pageable, each way and both at once, from a NUMA node of choice.
#include <fmt/format.h>

#include <cstring>

#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/cuda/stream.hpp"
#include "kernels/memory/memory_kernels_cuda.hpp"
#include "kernels/memory/numa.hpp"

namespace muster::cuda {
namespace {

/// Host memory on a node; page-locked as an extra, for as long as it lives.
class HostMemory {
 public:
  HostMemory() = default;
  HostMemory(std::uint64_t bytes, std::optional<int> node) : memory_(bytes, node) {}
  HostMemory(HostMemory const&) = delete;
  HostMemory& operator=(HostMemory const&) = delete;
  ~HostMemory() {
    // After a fault of the device this fails as well, and nothing is left to give back.
    if (pinned_) (void)cudaHostUnregister(memory_.data());
  }

  /// To be called once its pages are where they are to stay.
  void pin() {
    auto const status = cudaHostRegister(memory_.data(), memory_.bytes(), cudaHostRegisterDefault);
    if (status == cudaErrorMemoryAllocation) {
      (void)cudaGetLastError();
      throw OutOfMemory(
          fmt::format("{} bytes of host memory cannot be page-locked (cudaHostRegister: out of memory) use "
                      "a smaller size, or raise `ulimit -l` and the container's memory limit",
                      memory_.bytes()));
    }
    check(status, "cudaHostRegister");
    pinned_ = true;
  }
  std::byte* data() const { return memory_.data(); }
  std::uint64_t bytes() const { return memory_.bytes(); }
  std::optional<int> node() const { return memory_.node(); }

 private:
  NodeMemory memory_;
  bool pinned_ = false;
};

enum class Direction { h2d, d2h, both };

struct TransferProblem {
  Direction direction;
  bool pinned;
  std::uint64_t bytes;
  std::uint64_t seed;
  std::string numa;

  bool up() const { return direction != Direction::d2h; }
  bool down() const { return direction != Direction::h2d; }
  /// Each way has data of its own, so that neither can pass for the other.
  MemoryProblem copy_up() const { return {MemoryOp::copy, MemoryType::fp64, bytes, seed}; }
  MemoryProblem copy_down() const { return {MemoryOp::copy, MemoryType::fp64, bytes, ~seed}; }
};

TransferProblem transfer_problem(Params const& params, std::uint64_t seed) {
  auto const& direction = params.text("direction");
  return {direction == "h2d"   ? Direction::h2d
          : direction == "d2h" ? Direction::d2h
                               : Direction::both,
          params.text("memory") == "pinned", static_cast<std::uint64_t>(params.integer("bytes")), seed,
          params.text("numa")};
}

/// The node that the case asks for; absent for any. Throws Unsupported where there is no such node.
std::optional<int> chosen_node(std::string const& numa, std::string const& pci) {
  if (numa == "any") return std::nullopt;
  auto const local = node_of_pci(pci);
  if (!local) {
    throw Unsupported(
        fmt::format("the NUMA node of GPU {} is unknown (the firmware does not say, or there is only one) "
                    "use numa = any",
                    pci));
  }
  if (numa == "local") return local;
  auto const remote = read_numa().farthest_from(*local);
  if (!remote)
    throw Unsupported(
        "no NUMA node is remote from the GPU (this host has one node with memory) use numa = any");
  return remote;
}

class TransferInstance final : public Instance {
 public:
  TransferInstance(TransferProblem const& problem, Device& device)
      : problem_(problem),
        device_(device),
        queue_(static_cast<cudaStream_t>(device.queue())),
        up_kernels_(problem.copy_up(), {device.info().units, true, queue_}),
        down_kernels_(problem.copy_down(), {device.info().units, true, queue_}),
        node_(chosen_node(problem.numa, device.info().pci)),
        host_up_(problem.up() ? problem.bytes : 0, node_),
        host_down_(problem.down() ? problem.bytes : 0, node_),
        device_up_(problem.up() ? problem.bytes : 0, "the copy from the host"),
        device_down_(problem.down() ? problem.bytes : 0, "the copy to the host") {
    if (problem.up()) fill_memory(problem.copy_up(), MemoryArray::b, host_up_.data(), device.team());
    if (problem.down()) down_kernels_.fill(device_down_.as(), MemoryArray::b);
    spoil();
    if (problem.pinned && problem.up()) host_up_.pin();
    if (problem.pinned && problem.down()) host_down_.pin();
    device.wait();
  }

  ~TransferInstance() override {
    done_.outlast();  // copies under way must not outlive the memory they go to
  }

  void launch() override {
    if (problem_.direction == Direction::both) forked_.record(queue_);
    if (problem_.up()) copy(device_up_.as(), host_up_.data(), cudaMemcpyHostToDevice, queue_);
    if (problem_.direction == Direction::d2h)
      copy(host_down_.data(), device_down_.as(), cudaMemcpyDeviceToHost, queue_);
    if (problem_.direction == Direction::both) {
      make_wait(second_.get(), forked_);
      copy(host_down_.data(), device_down_.as(), cudaMemcpyDeviceToHost, second_.get());
      joined_.record(second_.get());
      make_wait(queue_, joined_);
    }
    done_.record(queue_);
    launched_ = true;
  }

  Work work() const override {
    return {.bytes = problem_.bytes * (problem_.direction == Direction::both ? 2 : 1)};
  }

  Verdict verify() override {
    if (!launched_) launch();
    device_.wait();
    Verdict verdict;
    if (problem_.up())
      verdict =
          named("host to device", memory_verdict(problem_.copy_up(), up_kernels_.compare(device_up_.as())));
    if (problem_.down() && (!problem_.up() || verdict.ok())) {
      verdict =
          named("device to host", check_memory(problem_.copy_down(), host_down_.data(), device_.team()));
    }
    spoil();
    return verdict;
  }

  std::optional<Bound> bound() override {
    auto bound = device_.host_link_bandwidth();
    if (bound && problem_.direction == Direction::both)
      *bound = {bound->name + "_x2", 2 * bound->value, bound->unit};
    return bound;
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    auto const text = [](std::optional<int> node) { return node ? std::to_string(*node) : "unknown"; };
    return {{"host memory on NUMA node", text(problem_.up() ? host_up_.node() : host_down_.node())},
            {"GPU on NUMA node", text(node_of_pci(device_.info().pci))}};
  }

 private:
  void copy(void* to, void const* from, cudaMemcpyKind kind, cudaStream_t stream) const {
    check(cudaMemcpyAsync(to, from, problem_.bytes, kind, stream), "cudaMemcpyAsync");
  }

  static Verdict named(char const* way, Verdict verdict) {
    if (!verdict.ok()) verdict.detail = std::string(way) + ": " + verdict.detail;
    return verdict;
  }

  /// What was checked once must not be found again by a later check: all NaN. Done by the team, it also puts
  /// the pages where they belong.
  void spoil() {
    if (problem_.up())
      check(cudaMemsetAsync(device_up_.as(), 0xFF, problem_.bytes, queue_), "cudaMemsetAsync");
    if (problem_.down()) {
      auto const& team_problem = problem_.copy_down();
      device_.team().run([&](int index) {
        auto const [begin, end] = memory_part(team_problem, index, device_.team().size());
        std::memset(host_down_.data() + 8 * begin, 0xFF, 8 * (end - begin));
      });
    }
    launched_ = false;
  }

  TransferProblem problem_;
  Device& device_;
  cudaStream_t queue_;
  MemoryKernels up_kernels_, down_kernels_;
  std::optional<int> node_;
  HostMemory host_up_, host_down_;
  DeviceBuffer device_up_, device_down_;
  Stream second_;
  Event forked_, joined_, done_;
  bool launched_ = false;
};

/// Throws OutOfMemory where the device's side does not fit.
void require_room(TransferProblem const& problem, std::uint64_t free_bytes) {
  std::uint64_t const buffers = problem.direction == Direction::both ? 2 : 1;
  if (buffers * problem.bytes <= free_bytes) return;
  throw OutOfMemory(fmt::format("{} bytes on the GPU are too many ({} are free) use bytes <= {}",
                                buffers * problem.bytes, free_bytes, free_bytes / buffers / 16 * 16));
}

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const problem = transfer_problem(params, context.seed);
  require_room(problem, context.device.free_memory());
  return std::make_unique<TransferInstance>(problem, context.device);
}

MakerRegistration const registration{"memory/transfer", &make};

}  // namespace
}  // namespace muster::cuda
