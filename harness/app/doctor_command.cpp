// `muster doctor`: what this machine has, what is missing and how to get it. Needs no root and changes
// nothing.
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdlib>
#include <memory>

#include "harness/app/commands.hpp"
#include "harness/app/formats.hpp"
#include "harness/app/paths.hpp"
#include "harness/app/probe.hpp"
#include "harness/core/build_info.hpp"
#include "harness/core/error.hpp"
#include "harness/core/quantities.hpp"
#include "harness/device/backends.hpp"
#include "harness/group/group.hpp"
#include "harness/launch/launcher.hpp"
#include "harness/record/environment.hpp"

namespace muster {
namespace {

/// What doctor says of one thing. Only `missing` makes the exit code 6: `note` is for what some uses want.
struct Finding {
  enum class State { ok, note, missing };
  std::string area, found;
  State state = State::ok;
  std::string remedy{};
};

std::string fact(DeviceInfo const& device, std::string_view name) {
  for (auto const& [key, value] : device.facts) {
    if (key == name) return value;
  }
  return {};
}

void add_cpu(Node const& node, std::vector<Finding>& list) {
  auto const& cpu = node.cpu;
  list.push_back({"cpu", fmt::format("{}: {} sockets, {} cores, {} usable, {} NUMA nodes", cpu.model,
                                     cpu.sockets, cpu.cores, cpu.usable, cpu.numa_nodes)});
  list.push_back({"memory", human_bytes(node.memory_bytes)});
  if (!cpu.governor.empty() && cpu.governor != "performance") {
    list.push_back({"cpu", "governor " + cpu.governor, Finding::State::note,
                    "for steady figures: cpupower frequency-set -g performance"});
  }
}

/// What makes a GPU's figures lower than the part's, or unsteady.
void add_gpu_settings(DeviceInfo const& device, std::vector<Finding>& list) {
  auto const note = [&](std::string found, std::string remedy) {
    list.push_back(
        {"gpu", fmt::format("{}: {}", device.index, found), Finding::State::note, std::move(remedy)});
  };
  auto const limit = fact(device, "power_limit_watts"), usual = fact(device, "default_power_limit_watts");
  if (!limit.empty() && !usual.empty() && limit != usual)
    note(fmt::format("power limit {} W, {} W by default", limit, usual), "as root: nvidia-smi -pl " + usual);
  auto const clock = fact(device, "application_sm_clock_mhz"), highest = fact(device, "max_sm_clock_mhz");
  if (!clock.empty() && !highest.empty() && clock != highest)
    note(fmt::format("application clock {} MHz, {} at most", clock, highest),
         "as root: nvidia-smi -ac MEMORY_MHZ," + highest + ", or -rac for the default");
  if (fact(device, "persistence_mode") == "off")
    note("persistence mode is off (the driver is loaded anew for every run)", "as root: nvidia-smi -pm 1");
  if (auto const mode = fact(device, "compute_mode"); mode.starts_with("prohibited"))
    note("compute mode " + mode + " (no process may use it)", "as root: nvidia-smi -c 0");
}

void add_gpus(std::vector<Finding>& list) {
  if (!nvidia_hardware_seen()) {
    list.push_back({"gpu", "no NVIDIA GPU seen", Finding::State::note, "the host backend is used"});
    return;
  }
  auto const found = probe("cuda", Asked::devices_and_libraries);
  if (!found.fault.empty()) {
    list.push_back({"gpu", found.fault, Finding::State::missing, "then run muster doctor again"});
    return;
  }
  for (auto const& device : found.devices) {
    add_gpu_settings(device, list);
    list.push_back({"gpu", fmt::format("{}: {} ({}), {} SMs, driver {}, ECC {}, NVLink {}", device.index,
                                       device.name, human_bytes(device.memory_bytes), device.units,
                                       fact(device, "driver"), fact(device, "ecc"), fact(device, "nvlink"))});
  }
  for (auto const& [name, version] : found.versions) list.push_back({"library", name + " " + version});
}

void add_host_backend(std::vector<Finding>& list) {
  auto const found = probe("host", Asked::devices_and_libraries);
  if (!found.fault.empty()) {
    list.push_back(
        {"host backend", found.fault, Finding::State::missing, "install the library that it names"});
    return;
  }
  for (auto const& [name, version] : found.versions) list.push_back({"library", name + " " + version});
}

void add_mpi(std::vector<Finding>& list) {
  try {
    auto const library = mpi_library();
    if (library.empty()) {
      list.push_back({"mpi", "no MPI plug-in in this build", Finding::State::note,
                      "the host's collectives need one: build with an MPI installed"});
      return;
    }
    find_mpirun(usable_cores());
    list.push_back({"mpi", library + ", mpirun answers"});
  } catch (Error const& error) {
    list.push_back({"mpi", error.what(), Finding::State::note,
                    "needed for the host's collectives only: without it ranks meet over sockets"});
  }
}

void add_nics(Node const& node, std::vector<Finding>& list) {
  for (auto const& nic : node.nics) {
    auto const rate = nic.bits_per_second > 0 ? human(nic.bits_per_second, "bit/s") : "rate not known";
    list.push_back({"nic", fmt::format("{} ({}, {}), {}, {}{}", nic.name, nic.fabric, nic.driver, nic.state,
                                       rate, nic.firmware.empty() ? "" : ", firmware " + nic.firmware)});
  }
}

void add_storage(std::vector<Finding>& list) {
  for (auto const& storage : {describe_storage("results", std::filesystem::current_path()),
                              describe_storage("cache", cache_folder())}) {
    bool const ram = storage.filesystem == "tmpfs" || storage.filesystem == "ramfs";
    list.push_back({"storage",
                    fmt::format("{}: {} on {} ({}), {} free", storage.use, storage.path, storage.filesystem,
                                storage.device_model.empty() ? storage.source : storage.device_model,
                                human_bytes(storage.free_bytes)),
                    ram ? Finding::State::note : Finding::State::ok,
                    ram ? "this is RAM: use --cache on a disk to measure storage" : ""});
  }
}

void add_limits(std::vector<Finding>& list) {
  rlimit memlock{}, files{};
  getrlimit(RLIMIT_MEMLOCK, &memlock);
  getrlimit(RLIMIT_NOFILE, &files);
  constexpr rlim_t enough = rlim_t{64} << 20;
  bool const low = memlock.rlim_cur != RLIM_INFINITY && memlock.rlim_cur < enough;
  auto const text =
      memlock.rlim_cur == RLIM_INFINITY ? std::string("unlimited") : human_bytes(memlock.rlim_cur);
  list.push_back({"limits", "locked memory " + text, low ? Finding::State::note : Finding::State::ok,
                  low ? "InfiniBand and registered buffers want more: ulimit -l unlimited" : ""});
  list.push_back({"limits", fmt::format("open files {}", files.rlim_cur),
                  files.rlim_cur < 1024 ? Finding::State::note : Finding::State::ok,
                  files.rlim_cur < 1024 ? "many ranks want more: ulimit -n 65536" : ""});
}

std::vector<Finding> examine() {
  std::vector<Finding> list;
  auto const node = describe_node();
  add_cpu(node, list);
  for (auto const& [name, value] : node.software) list.push_back({"software", name + " " + value});
  add_gpus(list);
  add_host_backend(list);
  add_mpi(list);
  add_nics(node, list);
  add_storage(list);
  add_limits(list);
  return list;
}

std::string_view mark(Finding::State state) {
  switch (state) {
    case Finding::State::ok:
      return "ok";
    case Finding::State::note:
      return "note";
    case Finding::State::missing:
      return "MISSING";
  }
  return "";
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  auto format = std::make_shared<std::string>("table");
  auto* command = app.add_subcommand("doctor", "what this machine has, what is missing, and how to get it");
  command->add_option("--format", *format, "table, json, csv or md")
      ->check(CLI::IsMember({"table", "json", "csv", "md"}))
      ->capture_default_str();
  command->callback([format, &exit_code] {
    Table table{{{"area"}, {"state"}, {"found"}, {"what to do"}}, {}};
    bool missing = false;
    for (auto const& finding : examine()) {
      missing = missing || finding.state == Finding::State::missing;
      table.rows.push_back({finding.area, std::string(mark(finding.state)), finding.found, finding.remedy});
    }
    print_table(table, format_named(*format));
    exit_code = static_cast<int>(missing ? ExitCode::infrastructure : ExitCode::ok);
  });
}

}  // namespace muster
