#include "harness/app/probe.hpp"

#include <fmt/format.h>

#include <exception>
#include <vector>

#include "harness/app/paths.hpp"
#include "harness/core/error.hpp"
#include "harness/core/plugin.hpp"
#include "harness/device/backends.hpp"
#include "harness/launch/child.hpp"
#include "harness/record/environment.hpp"

namespace muster {

namespace {

/// A device that is listed and cannot be opened has a fault.
void open_devices(Backend& backend, Probe& probe) {
  for (auto const& device : probe.devices) {
    try {
      probe.states.push_back(backend.open({device.index, usable_cpus()})->state());
    } catch (std::exception const& error) {
      probe.device_faults.push_back(fmt::format(
          "device {} cannot be opened ({}) look at nvidia-smi and dmesg", device.index, error.what()));
      probe.states.emplace_back();  // keeps its place
    }
  }
}

}  // namespace

Probe probe_here(std::string const& backend, Asked asked) {
  Probe probe{backend, {}, {}, {}};
  try {
    auto const opened = open_backend(backend);
    if (asked != Asked::devices) probe.versions = opened->versions();
    probe.devices = opened->devices();
    if (asked == Asked::health && backend == "cuda") open_devices(*opened, probe);
    if (probe.devices.empty())
      probe.fault = "no device (the driver lists none, or CUDA_VISIBLE_DEVICES hides them)";
  } catch (std::exception const& error) {
    probe.fault = error.what();
  }
  return probe;
}

Probe probe(std::string const& backend, Asked asked, double deadline_seconds) {
  Probe none{backend, {}, {}, {}};
  std::vector<std::string> command{program_path().string(), "worker", "--probe", backend};
  if (asked == Asked::devices_and_libraries) command.emplace_back("--libraries");
  if (asked == Asked::health) command.emplace_back("--health");
  auto const answer = ask({command}, deadline_seconds);
  if (answer.timed_out) {
    none.fault = fmt::format(
        "asking the {} backend for its devices took longer than {} s (a driver that hangs?) look at dmesg",
        backend, deadline_seconds);
  } else if (!answer.ending.ok()) {
    none.fault = fmt::format("asking the {} backend for its devices ended with {} ({})", backend,
                             answer.ending.text(), answer.errors.substr(0, 300));
  } else {
    auto const start = answer.output.find(probe_mark);
    if (start != std::string::npos) return probe_from_json(answer.output.substr(start + probe_mark.size()));
    none.fault = "the probe's answer cannot be read: " + answer.output.substr(0, 300);
  }
  return none;
}

Choice choose_backend(std::string const& wanted) {
  Choice choice;
  choice.machine.cores = usable_cores();
  if (wanted == "cuda" || (wanted == "auto" && nvidia_hardware_seen())) {
    choice.probe = probe("cuda");
    if (choice.probe.fault.empty()) {
      choice.machine.backend = "cuda";
      choice.machine.devices = static_cast<int>(choice.probe.devices.size());
      return choice;
    }
    if (wanted == "cuda")
      throw Error(ExitCode::infrastructure, "the cuda backend cannot be used: " + choice.probe.fault);
    choice.reason = choice.probe.fault;
  } else if (wanted == "auto") {
    choice.reason = "no NVIDIA GPU on this machine";
  }
  choice.machine.backend = "host";
  choice.probe = Probe{"host", {}, {}, {}};
  if (find_plugin("host").empty()) choice.probe = probe("host");
  if (!choice.probe.fault.empty()) {
    throw Error(ExitCode::infrastructure, "the host backend cannot be used: " + choice.probe.fault);
  }
  return choice;
}

}  // namespace muster
