// Copies between the GPUs of a node: every ordered pair in set-up, the slowest pair sampled.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "kernels/contract/backend.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/memory/peers_cuda.hpp"

namespace muster::cuda {
namespace {

struct PairTime {
  PeerPair pair;
  double seconds;
};

class PeerInstance final : public Instance {
 public:
  PeerInstance(int gpus, MemoryProblem const& problem, PeerEngine engine, bool pulls, Device& device)
      : problem_(problem),
        device_(device),
        queue_(static_cast<cudaStream_t>(device.queue())),
        peers_(gpus, problem, engine, pulls) {
    if (peers_.pairs().empty()) {
      throw Unsupported(
          "no GPU can reach another's memory (cudaDeviceCanAccessPeer says no for every pair) use engine = "
          "copy_engine, which goes through the host's memory");
    }
    time_all();
    OnDevice const on(peers_.device_of(slowest_));
    joined_ = Event();
  }

  ~PeerInstance() override { joined_.outlast(); }

  // The copy runs in a stream of the GPU that does it; the timed queue waits for it.
  void launch() override {
    auto const stream = peers_.stream_of(slowest_);
    forked_.record(queue_);
    make_wait(stream, forked_);
    peers_.copy(slowest_);
    {
      OnDevice const on(peers_.device_of(slowest_));
      joined_.record(stream);
    }
    make_wait(queue_, joined_);
    launched_ = true;
  }

  Work work() const override { return {.bytes = problem_.bytes}; }

  /// The sampled pair's last copy as it is, then one copy over every pair.
  Verdict verify() override {
    device_.wait();
    if (std::exchange(launched_, false)) {
      auto verdict = peers_.check_copy(slowest_);
      peers_.spoil(slowest_);
      if (!verdict.ok()) return verdict;
    }
    Verdict verdict;
    for (auto const pair : peers_.pairs()) {
      peers_.spoil(pair);
      peers_.copy(pair);
      verdict = peers_.check_copy(pair);
      if (!verdict.ok()) break;
    }
    peers_.spoil(slowest_);
    return verdict;
  }

  std::optional<Bound> bound() override { return device_.link_bandwidth(); }

  std::vector<Figure> figures() override {
    std::vector<Figure> list;
    for (auto const& [pair, seconds] : times_) {
      list.push_back({name(pair), static_cast<double>(problem_.bytes) / seconds, "B/s"});
    }
    return list;
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    std::string staged;
    for (auto const pair : peers_.pairs()) {
      if (!peers_.direct(pair)) staged += (staged.empty() ? "" : " ") + name(pair);
    }
    return {{"slowest pair", name(slowest_)},
            {"pairs without peer access", staged.empty() ? "none" : staged}};
  }

 private:
  static std::string name(PeerPair pair) { return fmt::format("{}->{}", pair.from, pair.to); }

  void time_all() {
    for (auto const pair : peers_.pairs()) {
      peers_.seconds(pair, 1);  // the first copy over a pair pays for its set-up
      times_.push_back({pair, peers_.seconds(pair, 3)});
    }
    slowest_ = std::ranges::max_element(times_, {}, &PairTime::seconds)->pair;
  }

  MemoryProblem problem_;
  Device& device_;
  cudaStream_t queue_;
  Peers peers_;
  std::vector<PairTime> times_;
  PeerPair slowest_;
  Event forked_, joined_;
  bool launched_ = false;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  if (context.group.size() > 1) {
    throw Unsupported(
        fmt::format("one process measures all pairs of GPUs (this case has {} ranks) use ranks = 1",
                    context.group.size()));
  }
  int gpus = 0;
  check(cudaGetDeviceCount(&gpus), "cudaGetDeviceCount");
  if (gpus < 2) {
    throw Unsupported(
        "only one GPU is visible (no pair to measure) see `nvidia-smi -L` and CUDA_VISIBLE_DEVICES");
  }
  MemoryProblem const problem{MemoryOp::copy, MemoryType::fp64,
                              static_cast<std::uint64_t>(params.integer("bytes")), context.seed};
  auto const engine = params.text("engine") == "kernel" ? PeerEngine::kernel : PeerEngine::copy_engine;
  return std::make_unique<PeerInstance>(gpus, problem, engine, params.text("direction") == "read",
                                        context.device);
}

MakerRegistration const registration{"memory/peer", &make};

}  // namespace
}  // namespace muster::cuda
