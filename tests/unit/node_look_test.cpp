#include "harness/app/node_look.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Probe probe_of(int gpus) {
  Probe probe{"cuda", {}, {}, {}};
  for (int i = 0; i < gpus; ++i) {
    DeviceInfo gpu;
    gpu.index = i;
    probe.devices.push_back(gpu);
    probe.states.emplace_back();
  }
  return probe;
}

std::vector<std::string> faults_of(Probe const& probe, bool oversubscribe = false) {
  Plan plan;
  plan.nodes = {2, 0, 8};
  plan.oversubscribe = oversubscribe;
  NodeSeen seen;
  look_at_gpus(plan, probe, seen);
  EXPECT_EQ(seen.node.gpus.size(), probe.devices.size());
  return seen.faults;
}

TEST(NodeLook, ANodeWithAllItsGpusIsFit) { EXPECT_THAT(faults_of(probe_of(8)), IsEmpty()); }

TEST(NodeLook, AMissingGpuIsAFaultUnlessRanksMayShare) {
  EXPECT_THAT(faults_of(probe_of(7)), ElementsAre(HasSubstr("it has 7 GPUs where 8 are planned")));
  EXPECT_THAT(faults_of(probe_of(7), true), IsEmpty());
}

TEST(NodeLook, AGpuWithAPendingRemapIsNamed) {
  auto probe = probe_of(8);
  probe.states[5].remap_pending = true;
  EXPECT_THAT(faults_of(probe), ElementsAre(HasSubstr("GPU 5: a row")));
}

TEST(NodeLook, AGpuThatCannotBeOpenedIsAFault) {
  auto probe = probe_of(8);
  probe.device_faults = {"device 2 cannot be opened (code 46) look at nvidia-smi and dmesg"};
  EXPECT_THAT(faults_of(probe), ElementsAre(HasSubstr("device 2")));
}

}  // namespace
}  // namespace muster
