#include "harness/app/node_look.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "harness/app/probe.hpp"
#include "harness/record/environment.hpp"
#include "harness/record/health.hpp"

namespace muster {
namespace {

std::set<std::string> backends_of(Plan const& plan) {
  std::set<std::string> names;
  for (auto const& planned : plan.cases) names.insert(planned.backend);
  return names;
}

}  // namespace

void look_at_gpus(Plan const& plan, Probe const& probe, NodeSeen& seen) {
  seen.node.gpus = probe.devices;
  auto const here = static_cast<int>(probe.devices.size());
  if (here < plan.nodes.slots && !plan.oversubscribe)
    seen.faults.push_back(
        fmt::format("it has {} GPU{} where {} are planned (one has failed, is hidden, or another job has it) "
                    "look at nvidia-smi and dmesg",
                    here, here == 1 ? "" : "s", plan.nodes.slots));
  for (std::size_t i = 0; i < std::min(probe.devices.size(), probe.states.size()); ++i) {
    for (auto const& fault : device_faults(probe.devices[i], probe.states[i])) seen.faults.push_back(fault);
  }
  for (auto const& fault : probe.device_faults) seen.faults.push_back(fault);
}

void look_at_node(Plan const& plan, NodeSeen& seen) {
  seen.node = describe_node();
  seen.node.name = host_name();
  for (auto const& backend : backends_of(plan)) {
    auto const found = probe(backend, Asked::health);
    for (auto const& version : found.versions) seen.node.software.push_back(version);
    if (!found.fault.empty())
      seen.faults.push_back(fmt::format("the {} backend cannot be used: {}", backend, found.fault));
    else if (backend == "cuda")
      look_at_gpus(plan, found, seen);
  }
}

}  // namespace muster
