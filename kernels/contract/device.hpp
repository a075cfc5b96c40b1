// One device of a backend as the harness and the workloads see it: a GPU, or the CPUs of a host.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/contract/work.hpp"

namespace muster {

/// What identifies a device. Facts that are not known are empty or 0.
struct DeviceInfo {
  std::string backend;  ///< "cuda" or "host"
  int index = 0;
  std::string name;  ///< "NVIDIA A100-SXM4-80GB", or the CPU's model name
  std::string uuid;
  std::string pci;
  std::uint64_t memory_bytes = 0;
  int units = 0;  ///< streaming multiprocessors, or CPU cores in use
  /// Everything else worth recording, as name and text: compute capability, driver, clocks, power limit, ECC,
  /// ...
  std::vector<std::pair<std::string, std::string>> facts{};
};

/// A device's state at one moment; what the device cannot say is absent (the host backend, no NVML). The
/// first part changes fast and is what Device::pulse() fills; the rest only Device::state().
struct DeviceState {
  std::optional<double> clock_hz;  ///< SM clock
  std::optional<double> memory_clock_hz;
  std::optional<double> power_watts;
  std::optional<double> temperature_c;          ///< of the chip
  std::optional<double> memory_temperature_c;   ///< of HBM
  std::vector<std::string> throttle_reasons{};  ///< active reasons that lower the clock, idle left out

  std::optional<double> energy_joules{};  ///< a counter: since the driver was loaded
  /// Counters by kind of limit ("power", "thermal", ...): seconds in which it held the clock down, since the
  /// driver was loaded.
  std::vector<std::pair<std::string, double>> throttled_seconds{};
  std::optional<std::uint64_t> corrected_errors{};    ///< volatile corrected ECC errors
  std::optional<std::uint64_t> uncorrected_errors{};  ///< volatile uncorrected ECC errors
  std::optional<std::uint64_t> remapped_corrected{}, remapped_uncorrected{};  ///< rows of HBM, lifetime
  std::optional<bool> remap_pending{}, remap_failed{};
  std::optional<int> pcie_generation{},
      pcie_width{};                             ///< as the link runs now; an idle GPU lowers the generation
  std::optional<int> pcie_max_width{};          ///< that GPU and slot allow
  std::optional<std::uint64_t> pcie_replays{};  ///< a counter
  std::optional<int> nvlinks_active{}, nvlinks_present{};
  std::optional<std::uint64_t>
      nvlink_errors{};                   ///< replays, recoveries, CRC errors over all links; a counter
  std::optional<int> other_processes{};  ///< compute processes on the device that are not this one

  bool operator==(DeviceState const&) const = default;
  bool says_nothing() const { return *this == DeviceState{}; }
};

/// Times what is enqueued between start() and stop(), on the device's own clock where it has one.
class Stopwatch {
 public:
  virtual ~Stopwatch() = default;
  virtual void start() = 0;
  virtual void stop() = 0;
  virtual double seconds() = 0;  ///< waits for the work in between to finish
};

/// Launches recorded once, to be repeated as one (a CUDA graph).
class Recording {
 public:
  virtual ~Recording() = default;
  virtual void launch() = 0;  ///< enqueues all of them; throws DeviceError
};

/// The host threads that belong to this rank, each kept on one CPU.
class Team {
 public:
  virtual ~Team() = default;
  virtual int size() const = 0;
  /// Runs job(index) on every thread at once, index 0..size()-1, and returns when all are done.
  /// An exception from any of them is thrown here.
  virtual void run(std::function<void(int)> const& job) = 0;
};

class Device {
 public:
  virtual ~Device() = default;
  virtual DeviceInfo const& info() const = 0;
  virtual void*
  queue() = 0;  ///< cuda: the cudaStream_t that launches go to; host: null, launches are synchronous
  virtual void wait() = 0;  ///< until everything enqueued has finished; throws DeviceError
  virtual std::unique_ptr<Stopwatch> stopwatch() = 0;
  /// Called now and then while this device waits for its work, from the thread that waits, with the seconds
  /// that this wait has lasted; what it throws ends the wait. For work that may never end by itself (a
  /// collective whose peer is gone). Empty: nothing.
  virtual void while_waiting(std::function<void(double seconds)> look) { (void)look; }
  virtual Team& team() = 0;
  virtual DeviceState state() = 0;  ///< milliseconds
  /// The fast part of state(). Any thread may call it at any time, many times a second.
  virtual DeviceState pulse() = 0;
  virtual std::uint64_t free_memory() = 0;  ///< bytes a case may take now

  /// Bytes of the last cache that all units share (a GPU's L2, a host's L3 slices together); 0: unknown.
  virtual std::uint64_t cache_bytes() = 0;
  /// Makes sure that nothing a case has touched so far is in the device's caches, nor anything that still has
  /// to be written back. On a GPU it enqueues only. The first call allocates, for good: see free_memory_for()
  /// in regime.hpp. Throws OutOfMemory, DeviceError.
  virtual void evict_caches() = 0;
  /// Enqueues a tenth of a millisecond in which the device does nothing and touches no memory, so that what
  /// is enqueued next is there before its turn: whoever times it does not time the host's launching of the
  /// first piece. Nothing where launches are synchronous.
  virtual void occupy() {}
  /// Records what `enqueue` puts on the queue, without running it. Null where the device has no such thing
  /// (the host). Throws DeviceError when something in `enqueue` cannot be recorded.
  virtual std::unique_ptr<Recording> record(std::function<void()> const& enqueue) = 0;

  /// Limits of this device, in base units; absent where unknown. The bound's name says where the value comes
  /// from. Host values are measured on first use (tens of milliseconds, so never inside a timed region).
  virtual std::optional<Bound> peak_flops(
      std::string_view type) = 0;  ///< type: "fp64", "fp32", "tf32", "fp16", "bf16", "int8", "fp8"
  virtual std::optional<Bound> memory_bandwidth() = 0;  ///< bytes read plus written per second
  virtual std::optional<Bound> link_bandwidth() = 0;    ///< per rank and direction to its peers on this node
  /// Between the host's memory and the device's, per direction; absent where they are the same memory.
  virtual std::optional<Bound> host_link_bandwidth() { return std::nullopt; }

  /// What a family of workloads keeps on this device from one case to the next, by a name of its own (a
  /// communicator whose set-up takes seconds). Given back in the order of the names by let_go().
  std::shared_ptr<void>& kept(std::string const& name) { return kept_[name]; }
  void let_go() { kept_.clear(); }

 private:
  std::map<std::string, std::shared_ptr<void>> kept_{};
};

}  // namespace muster
