#include "harness/run/worker.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>

#include "harness/core/error.hpp"
#include "harness/core/events.hpp"
#include "harness/core/files.hpp"
#include "harness/core/say.hpp"
#include "harness/device/backends.hpp"
#include "harness/group/group.hpp"
#include "harness/group/sockets.hpp"
#include "harness/measure/bench.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/environment.hpp"
#include "harness/record/heart.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/local_folder.hpp"
#include "harness/run/case_runner.hpp"
#include "harness/run/network.hpp"
#include "harness/run/rank_place.hpp"
#include "harness/run/sanity.hpp"
#include "harness/run/watch.hpp"
#include "harness/run/watched_group.hpp"

namespace muster {
namespace {

/// Of the operation deadline: a workload that watches its own operations says more than the watch can, so it
/// comes first.
constexpr double own_patience = 0.75;

constexpr double end_seconds = 30;  // that leaving the others may take

/// As launchers number their processes, for the time before MPI says so; -1 where they do not.
int rank_by_launcher() {
  for (auto const* name : {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "SLURM_PROCID"}) {
    if (auto const* text = std::getenv(name)) return std::atoi(text);
  }
  return -1;
}

std::string variable(char const* name) {
  auto const* text = std::getenv(name);
  return text ? text : "";
}

/// A backend and this rank's device of it, opened when the first case wants it.
struct OpenDevice {
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Device> device;
  std::string fault;  ///< why there is no device; a case that wants it fails with this
};

class Worker {
 public:
  Worker(WorkerOptions const& options, Watch& watch)
      : options_(options),
        watch_(watch),
        folder_{options.root},
        plan_(plan_from_json(read_file(folder_.plan(), "is the run folder shared by all nodes?"))),
        node_(host_name()) {
    check_sockets();
    if (options.group != "solo") {
      world_ = joined(watch);
      check_world(world_->group->size(), options.ranks, world_->library);
      world_->group = watched(std::move(world_->group), watch);
    } else {
      solo_ = watched(solo_group(), watch);
    }
    watch.identify(group().rank());
    if (group().node_rank() != 0) return;
    journal_.emplace(folder_.node_journal(node_), local_folder(folder_));
    heart_.emplace(*journal_, node_);
  }

  void run() {
    introduce();
    for (auto const index : options_.cases) run_case(index);
    write(WorkerEnded{options_.launch});
    watch_.place("", "end", limit(end_limit()));
  }

  bool saved_in_place() const { return !journal_ || !journal_->moved(); }

  /// Ends the other ranks too: they would wait for this one for ever.
  [[noreturn]] void give_up(Error const& error) {
    watch_.place("", "end", end_seconds);  // ending the others may hang as well
    if (world_ && group().size() > 1) {
      say(fmt::format("rank {}: {}\n", group().rank(), error.what()));
      world_->abort(static_cast<int>(error.exit_code));
    }
    throw error;
  }

 private:
  bool uses_mpi() const { return options_.group == "mpi"; }
  Group& group() { return world_ ? *world_->group : *solo_; }

  void write(Event const& event) {
    if (journal_) journal_->append(event);
  }

  /// One rank waits for nobody: there only the case's deadline counts.
  double limit(double seconds) { return group().size() > 1 ? seconds : 0; }

  World joined(Watch& watch) {
    bool const sockets = options_.group == "sockets";
    Mark const mark(watch, watch.world(), sockets ? "meeting the other ranks" : "joining MPI");
    return sockets ? join_sockets(socket_settings()) : join_mpi();
  }

  SocketSettings socket_settings() const {
    auto const interfaces = variable("MUSTER_SOCKET_IFNAME");
    SocketSettings settings{.invitation = folder_.invitation(options_.launch, options_.start),
                            .node = node_,
                            .ranks = options_.ranks,
                            .interfaces = interfaces.empty() ? variable("NCCL_SOCKET_IFNAME") : interfaces};
    if (auto const seconds = std::atof(variable("MUSTER_SOCKET_TIMEOUT").c_str()); seconds > 0)
      settings.seconds = seconds;
    return settings;
  }

  double end_limit() const {
    double const step = options_.cases.empty() ? 0 : plan_.cases.at(options_.cases.back()).operation_seconds;
    return step > 0 ? std::min(step, end_seconds) : end_seconds;
  }

  /// Where sockets are to go through an interface that is not there, MPI and NCCL wait for ever.
  void check_sockets() {
    bool const nccl = options_.ranks > 1 && std::ranges::any_of(options_.cases, [&](auto index) {
                        return plan_.cases.at(index).backend == "cuda";
                      });
    if (auto const fault = socket_fault(nccl, uses_mpi()); !fault.empty())
      throw Error(ExitCode::infrastructure, node_ + ": " + fault);
  }

  /// The node as this launch finds it: devices and library versions of the backends that the cases use.
  void introduce() {
    WorkerStarted hello{options_.launch, {}, benchmark_context(), {}, {}, options_.attempt};
    Libraries libraries{node_, {}};
    if (uses_mpi()) libraries.versions.emplace_back("MPI", world_->library);
    for (auto const& line : group().gather_node(fmt::format("{} {}", group().rank(), getpid()))) {
      std::istringstream numbers(line);
      numbers >> hello.ranks.emplace_back() >> hello.processes.emplace_back();
    }
    if (journal_) hello.node = describe_node();
    if (group().nodes() > 1) nics_ = describe_node().nics;
    hello.context.date = utc_now();
    for (auto const index : options_.cases) {
      auto& opened = open(plan_.cases.at(index).backend);
      if (!opened.backend || !introduced_.insert(plan_.cases[index].backend).second) continue;
      for (auto const& version : opened.backend->versions()) {
        hello.node.software.push_back(version);
        if (version.first == "NCCL") libraries.versions.push_back(version);
      }
      if (journal_ && plan_.cases[index].backend == "cuda") hello.node.gpus = opened.backend->devices();
    }
    if (uses_mpi()) hello.node.software.emplace_back("MPI", world_->library);
    hello.node.placement = places_;
    hello.node.storage.push_back(describe_storage("results", options_.root));
    hello.node.storage.push_back(describe_storage("cache", plan_.cache));
    if (!plan_.data.empty()) hello.node.storage.push_back(describe_storage("data", plan_.data));
    write(hello);
    check_libraries(group(), libraries);
    uneven_ = uneven_ranks(group());
  }

  /// A group call when the backend is opened for the first time: all ranks have the same cases in the same
  /// order.
  OpenDevice& open(std::string const& name) {
    auto const [found, fresh] = devices_.try_emplace(name);
    auto& opened = found->second;
    if (!fresh) return opened;
    DeviceInfo info;
    try {
      opened.backend = open_backend(name);
      info = device_choice(*opened.backend);
    } catch (std::exception const& error) {
      opened.fault = error.what();
    }
    int const node = numa_node_of(info);
    auto const cpus = agreed_cpus(group(), {cpus_, node});
    try {
      if (opened.fault.empty()) opened.device = opened.backend->open({info.index, cpus});
    } catch (std::exception const& error) {
      opened.fault = error.what();
    }
    if (name != "host") check_sharing(opened);
    note_place(placement_of(cpus, node), name, info.index, opened);
    return opened;
  }

  void note_place(Placement place, std::string const& backend, int device, OpenDevice const& opened) {
    place.rank = group().rank();
    place.backend = backend;
    place.device = device;
    place.threads = opened.device ? opened.device->team().size() : 0;
    for (auto& one : placements_of_node(group(), place)) {
      if (one.threads > 0) places_.push_back(std::move(one));
    }
  }

  /// With one visible device a launcher has given each rank its own (or they share: see check_sharing).
  DeviceInfo device_choice(Backend& backend) {
    auto const all = backend.devices();
    int const devices = static_cast<int>(all.size());
    if (devices == 0)
      throw Unsupported("this process sees no device (none is there, or CUDA_VISIBLE_DEVICES hides them)");
    int const wanted =
        devices == 1 || plan_.oversubscribe ? group().node_rank() % devices : group().node_rank();
    if (wanted >= devices) refuse_sharing(devices);
    return all[static_cast<std::size_t>(wanted)];
  }

  void check_sharing(OpenDevice& opened) {
    auto uuids = group().gather_node(opened.device ? opened.device->info().uuid : "");
    std::erase(uuids, "");
    std::set<std::string> const distinct(uuids.begin(), uuids.end());
    bool const shared = group().max(distinct.size() < uuids.size() ? 1.0 : 0.0) > 0;
    if (!shared || plan_.oversubscribe || !opened.device) return;
    opened.device.reset();
    opened.fault = sharing_message(1);
  }

  [[noreturn]] void refuse_sharing(int devices) { throw Unsupported(sharing_message(devices)); }

  std::string sharing_message(int devices) {
    return fmt::format(
        "{} ranks on this node but {} GPU{} (each rank wants its own) use --ranks {}, or --oversubscribe to "
        "let "
        "them share, for a functional test",
        group().node_size(), devices, devices == 1 ? "" : "s", devices);
  }

  std::string world_of(PlannedCase const& planned) const {
    bool const alone = plan_.nodes.count > 0 && plan_.phases.at(planned.phase).spread == Spread::each_node;
    return alone ? node_ : "";
  }

  void run_case(std::size_t index) {
    auto const& planned = plan_.cases.at(index);
    watch_.place(planned.name, "set up", 0);
    write(CaseStarted{index, options_.launch, utc_now(), world_of(planned), options_.attempt});
    auto const record = record_of(index, planned);
    watch_.phase("save", limit(planned.operation_seconds));
    CaseRecord const empty{index,          options_.launch, node_, {}, world_of(planned),
                           group().size(), options_.attempt};
    auto mine = empty;
    mine.ranks.push_back(record);
    auto const lines = group().gather_node(to_line(mine));
    if (!journal_) return;
    auto all = empty;
    for (auto const& line : lines) {
      auto const event = from_line(line);
      auto const* part = event ? std::get_if<CaseRecord>(&*event) : nullptr;
      if (!part) throw Error(ExitCode::infrastructure, "a rank's record did not arrive whole");
      all.ranks.insert(all.ranks.end(), part->ranks.begin(), part->ranks.end());
    }
    write(all);
  }

  /// Ranks decide together whether the case can start at all: one without a device would leave the others
  /// waiting.
  RankRecord record_of(std::size_t index, PlannedCase const& planned) {
    auto& opened = open(planned.backend);
    auto const* workload = Registry::instance().find(planned.workload);
    Maker const maker = opened.device ? opened.backend->maker(planned.workload) : nullptr;
    std::string const fault = why_not(opened, workload, maker, planned);
    if (group().max(fault.empty() ? 0.0 : 1.0) > 0) {
      RankRecord record;
      record.rank = group().rank();
      record.phase = "set up";
      record.status = fault.empty() ? CaseStatus::not_run : CaseStatus::unsupported;
      if (!opened.fault.empty()) record.status = CaseStatus::device_error;
      record.message = fault.empty() ? "another rank could not start this case" : fault;
      return record;
    }
    Context context{*opened.device, group(), plan_.seed, plan_.data, plan_.cache};
    context.network = network_of(nics_, network_demand(planned.backend == "cuda", nics_));
    context.operation_seconds = own_patience * planned.operation_seconds;
    context.progress = progress_of(index);
    CaseRunner runner(planned, *workload, maker, context, [&](std::string const& phase) {
      watch_.phase(phase, phase == "set up" ? 0 : limit(planned.operation_seconds));
      write(PhaseStarted{index, options_.launch, phase, -1, {}, world_of(planned)});
    });
    if (!uneven_.empty() && group().rank() == 0 && workload->scope == Scope::group) context.note(uneven_);
    return runner.run();
  }

  std::string why_not(OpenDevice const& opened, Workload const* workload, Maker maker,
                      PlannedCase const& planned) {
    if (!opened.fault.empty()) return opened.fault;
    if (!workload)
      return fmt::format("this build has no workload '{}' (was the plan made by another version?)",
                         planned.workload);
    if (!maker)
      return fmt::format("the {} backend of this build has no '{}' (see muster list)", planned.backend,
                         planned.workload);
    if (group().size() < workload->needs.min_ranks) {
      return fmt::format(
          "{} needs at least {} ranks and has {} (one device here) use --ranks {} --oversubscribe for a "
          "functional test",
          planned.workload, workload->needs.min_ranks, group().size(), workload->needs.min_ranks);
    }
    return {};
  }

  /// Journals at most four lines a second, whatever the workload reports.
  std::function<void(double, std::string const&)> progress_of(std::size_t index) {
    auto last = std::make_shared<std::chrono::steady_clock::time_point>();
    return [this, index, last](double fraction, std::string const& note) {
      auto const now = std::chrono::steady_clock::now();
      if (now - *last < std::chrono::milliseconds(250) && fraction < 1) return;
      *last = now;
      write(PhaseStarted{index, options_.launch, "set up", fraction, note, world_of(plan_.cases[index])});
    };
  }

  WorkerOptions options_;
  Watch& watch_;
  RunFolder folder_;
  Plan plan_;
  std::string node_;
  std::optional<World> world_;
  std::unique_ptr<Group> solo_;
  std::optional<JournalWriter> journal_;
  std::optional<Heart> heart_;
  std::map<std::string, OpenDevice> devices_;
  std::set<std::string> introduced_;
  std::vector<int> const cpus_ = usable_cpus();  ///< before any device keeps this thread on some of them
  std::vector<Placement> places_;                ///< of this node's ranks, on its first one
  std::vector<Nic> nics_;                        ///< of this node, where there are several
  std::string uneven_;                           ///< a warning where nodes have different numbers of ranks
};

/// Never destroyed: what libraries do when the process ends is watched too.
Watch& watch_of(WorkerOptions const& options) {
  static Watch& watch = *new Watch({.folder = {options.root},
                                    .launch = options.launch,
                                    .node = host_name(),
                                    .rank = options.group == "solo" ? 0 : rank_by_launcher(),
                                    .end = [] { _exit(static_cast<int>(ExitCode::infrastructure)); }});
  return watch;
}

}  // namespace

bool run_worker(WorkerOptions const& options) {
  Watch& watch = watch_of(options);  // before any library starts threads
  Worker worker(options, watch);
  try {
    worker.run();
  } catch (Error const& error) {
    worker.give_up(error);
  }
  return worker.saved_in_place();
}

}  // namespace muster
