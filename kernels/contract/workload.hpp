// The contract between a benchmark and the harness. A benchmark declares a Workload in the program; its
// makers, one a backend, build Instances and live in that backend's plug-in (see backend.hpp).
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/device.hpp"
#include "kernels/contract/error.hpp"
#include "kernels/contract/group.hpp"
#include "kernels/contract/params.hpp"
#include "kernels/contract/regime.hpp"
#include "kernels/contract/verdict.hpp"
#include "kernels/contract/work.hpp"

namespace muster {

/// What leads from this node to the others.
struct Network {
  double bytes_per_second = 0;  ///< per direction, all ports together; 0: unknown, or there is none
  int ports = 0;
  bool rdma = false;
  std::string source{};  ///< "2 x 200 Gb/s mlx5_0 mlx5_1", or why it is unknown
};

/// Steps that a device is given, each with a batch, while what will make these batches is tried.
class Load {
 public:
  virtual ~Load() = default;
  /// One more step. It begins when what is in `queue` (a queue of the device other than its own) now is done,
  /// its batch; what comes next in `queue` begins when the step before this one is done, since two batches
  /// take turns. Throws DeviceError.
  virtual void step(void* queue) = 0;
  /// Until all steps are done, `unsettled` + 2 at least: the mean seconds from the end of one to that of the
  /// next, of those since the last call but the first `unsettled`, and the last, beside which no batch was
  /// made. Throws DeviceError.
  virtual double finish() = 0;
  static constexpr int unsettled = 2;
};

/// What a case is given to work with. Lives longer than the instance.
struct Context {
  Device& device;
  Group& group;
  std::uint64_t seed = 0;         ///< all of a case's data comes from this and its parameters
  std::filesystem::path data{};   ///< the user's own input folder; empty: none given
  std::filesystem::path cache{};  ///< where generated input may be kept between runs
  Network network{};              ///< of this node
  double operation_seconds = 75;  ///< that one operation among the ranks may take before it counts as hung
  std::function<void(std::string)> note = [](std::string) {};  ///< a warning for this case's record
  /// Progress of a long set-up, from 0 to 1 (generating data); shown to people, may be called often.
  std::function<void(double, std::string const&)> progress = [](double, std::string const&) {};
  /// Makes the steps that this case will run beside. Empty: the case has the device to itself.
  std::function<std::unique_ptr<Load>()> load{};
};

/// One case, set up. The constructor allocates and fills, the destructor gives back.
/// All ranks of the group make, call and destroy their instances in the same order.
class Instance {
 public:
  virtual ~Instance() = default;
  virtual void reset() {}  ///< untimed, before each sample
  /// Launches until now served to find out how long they take, and to warm up; those from here on count.
  virtual void sampling_begins() {}
  virtual void
  launch() = 0;  ///< the timed call. Enqueues on the device's queue and returns; on the host it does the work
  virtual Work work() const = 0;  ///< of one launch
  virtual Regime regime() const { return Regime::plain; }
  /// May launches be recorded once and repeated (see Device::record)? Only if launch() does nothing but
  /// enqueue.
  /// What is repeated is a multiple of period(), and launch() is not called for it: instances that count
  /// their launches cannot be recorded.
  virtual bool recordable() const { return false; }
  /// Are they to be, however long they take? Failing to record them then fails the case.
  virtual bool must_record() const { return false; }
  /// Launches after which the same operands come round again; what is recorded, or evenly timed, is a
  /// multiple.
  virtual std::uint64_t period() const { return 1; }
  /// Checks the answer of what has been launched so far (makes a launch of its own if there was none).
  /// Untimed.
  virtual Verdict verify() = 0;
  /// Of the answer as verify() found it; asked after each verify() that passed. Absent: not compared.
  virtual std::optional<Fingerprint> fingerprint() { return std::nullopt; }
  /// What limits this case's metric. Asked once, after sampling; may measure (a stage alone, say).
  virtual std::optional<Bound> bound() { return std::nullopt; }
  virtual std::vector<Figure> figures() { return {}; }   ///< asked once, after bound()
  virtual std::vector<Matrix> matrices() { return {}; }  ///< asked once, after figures()
  /// What else belongs into the record, as name and text: the library chosen, and why. Asked once, after
  /// figures().
  virtual std::vector<std::pair<std::string, std::string>> facts() { return {}; }
};

/// Which ranks a figure belongs to.
enum class Scope {
  each_rank,  ///< every rank works alone and has its own figure (GEMM on each GPU)
  group       ///< the ranks work together; the slowest one's time counts (a collective)
};

using Maker = std::unique_ptr<Instance> (*)(Params const&, Context&);

struct Needs {
  int min_ranks = 1;
  bool may_read_data = false;  ///< makes use of Context::data
};

struct Workload {
  std::string name;  ///< "gemm", "collective/all_reduce"
  std::string summary{};
  /// For whoever wants to know what the figure is: its formula and units, how it is checked, and the sources.
  std::string docs{};
  std::vector<ParamSpec> params{};
  Metric metric{};
  Scope scope = Scope::each_rank;
  Needs needs{};
  /// Faults that need more than one parameter to see (alignment, sizes that do not divide); empty: none.
  std::function<std::vector<std::string>(Params const&)> check = [](Params const&) {
    return std::vector<std::string>{};
  };
  /// Do cases run in Regime::sustained, though they have no parameter `regime`? Then they soak.
  std::function<bool(Params const&)> sustained = [](Params const&) { return false; };
};

/// Every workload of the program, by name.
class Registry {
 public:
  static Registry& instance();
  void add(Workload workload);  ///< throws std::logic_error when the name is taken
  Workload const* find(std::string_view name) const;
  std::vector<Workload const*> all() const;  ///< by name

 private:
  std::map<std::string, Workload, std::less<>> workloads_;
};

/// The last line of a workload's file: `static Registration const registration{...};`
struct Registration {
  explicit Registration(Workload workload) { Registry::instance().add(std::move(workload)); }
};

}  // namespace muster
