// What a description says its cluster is made of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/plan/cluster_file.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char const* nodes = "[nodes]\ncount = 40\ngpus = 8\nsource = 'x'\n";  // lines 1 to 4
constexpr char const* gpu =
    "[gpu]\nfp16_peak = '312TFLOP/s'\nnvlink = '300GB/s'\nsource = 'sheet'\n";                   // 5 to 8
constexpr char const* node = "[node]\nnics = 4\nnic_bandwidth = '200Gb/s'\nsource = 'offer'\n";  // 9 to 12

class ClusterPartsFile : public ::testing::Test {
 protected:
  ClusterDescription read(std::string const& text) {
    auto const file = folder_.path() / "mine.toml";
    std::ofstream(file) << text;
    Faults faults(file);
    auto cluster = read_cluster(file, faults);
    report_ = faults.report();
    return cluster;
  }
  /// Of a description without faults.
  ClusterParts parts(std::string const& text) {
    auto const cluster = read(text);
    EXPECT_EQ(report_, "");
    return cluster.parts.value_or(ClusterParts{{Scenario{}}});
  }
  /// Of nodes, GPUs and NICs, and what follows them from line 13 on.
  ClusterParts whole(std::string const& more) { return parts(base() + more); }
  void refuse(std::string const& more) { read(base() + more); }
  static std::string base() { return std::string(nodes) + gpu + node; }

  /// What is said of one more scenario with these lines.
  std::string refusal_of_added(std::vector<std::string> lines) {
    auto const file = folder_.path() / "mine.toml";
    std::ofstream(file) << base() << "[fabric]\nrails = 4\nsource = 'x'\n";
    Faults faults(file), in_added("--set");
    read_cluster(file, {{"what if", "", std::move(lines)}}, faults, in_added);
    EXPECT_TRUE(faults.empty()) << faults.report();
    return in_added.report();
  }

  TemporaryFolder folder_;
  std::string report_;
};

TEST_F(ClusterPartsFile, FaultsOfAnAddedScenarioAreItsOwn) {
  EXPECT_EQ(refusal_of_added({"node.nics = 8"}), "");
  EXPECT_EQ(refusal_of_added({"node.nics = -1"}),
            "--set: nics = -1 is not possible (use a whole number from 0 to 64)");
  EXPECT_EQ(
      refusal_of_added({"node.nics = 2"}),
      "--set: node.nics contradicts fabric.rails, line 14, (4 rails of 2 NICs: a rail has a NIC of every "
      "node) give at most as many rails as NICs");
}

TEST_F(ClusterPartsFile, OneThatSaysNothingOfThemHasNone) {
  EXPECT_FALSE(read(nodes).parts);
  EXPECT_EQ(report_, "");
}

TEST_F(ClusterPartsFile, GpusAreReadWhole) {
  auto const one =
      parts(std::string(nodes) +
            "[gpu]\nfp16_peak = 312e12\nfp64_peak = '19.5TFLOP/s'\nmemory_bandwidth = '2039GB/s'\n"
            "memory = '80GB'\nnvlink = {value = '300GB/s', source = 'other'}\npower = '400W'\n"
            "compute_capability = 8.0\nsource = 'sheet'\n[node]\nnics = 1\nnic_bandwidth = "
            "'100Gb/s'\nsource = 'assumed'\n")
          .scenarios.at(0);
  EXPECT_DOUBLE_EQ(one.gpu.fp16_peak.value, 312e12);
  EXPECT_EQ(one.gpu.fp16_peak.source, "sheet");
  EXPECT_DOUBLE_EQ(one.gpu.fp64_peak->value, 19.5e12);
  EXPECT_DOUBLE_EQ(one.gpu.memory_bandwidth->value, 2039e9);
  EXPECT_DOUBLE_EQ(one.gpu.memory_bytes->value, 80e9);
  EXPECT_DOUBLE_EQ(one.gpu.nvlink_bandwidth->value, 300e9);
  EXPECT_EQ(one.gpu.nvlink_bandwidth->source, "other");
  EXPECT_DOUBLE_EQ(one.gpu.watts->value, 400);
  EXPECT_DOUBLE_EQ(one.gpu.compute_capability->value, 8);
  EXPECT_EQ(one.nodes, 40);
  EXPECT_EQ(one.gpus, 8);
}

TEST_F(ClusterPartsFile, NodesAndTheirNetworkAreReadWhole) {
  auto const one =
      parts(std::string(nodes) + gpu +
            "[node]\nnics = 8\nnic_bandwidth = '200Gb/s'\nnic_latency = '2us'\ncpu_vendor = 'intel'\n"
            "power = '1.5kW'\nsource = 'a'\n[fabric]\nkind = 'Ethernet'\nrails = 4\nlevels = 3\nleaf_nodes = "
            "16\n"
            "oversubscription = 2\nswitch_latency = '130ns'\nnoise = '1ms'\nsource = 'b'\n")
          .scenarios.at(0);
  EXPECT_EQ(one.node.nics, 8);
  EXPECT_DOUBLE_EQ(one.node.nic_bandwidth.value, 25e9);
  EXPECT_DOUBLE_EQ(one.node.nic_latency.value, 2e-6);
  EXPECT_EQ(one.node.cpu_vendor, "intel");
  EXPECT_DOUBLE_EQ(one.node.watts->value, 1500);
  EXPECT_EQ(one.node.source, "a");
  EXPECT_EQ(one.fabric.kind, "Ethernet");
  EXPECT_EQ(one.fabric.rails, 4);
  EXPECT_EQ(one.fabric.levels, 3);
  EXPECT_EQ(one.fabric.leaf_nodes, 16);
  EXPECT_DOUBLE_EQ(one.fabric.oversubscription.value, 2);
  EXPECT_DOUBLE_EQ(one.fabric.switch_latency.value, 130e-9);
  EXPECT_DOUBLE_EQ(one.fabric.noise.value, 1e-3);
  EXPECT_EQ(one.fabric.source, "b");
}

TEST_F(ClusterPartsFile, StorageAndFailuresAreReadWhole) {
  auto const one =
      whole(
          "[storage]\ncapacity = '10PB'\nbandwidth = '1.6TB/s'\nnode_bandwidth = '50GB/s'\n"
          "data = '1.5PB'\ncache = '1TB'\ncached = true\nsource = 'a'\n"
          "[failures]\nper_1000_node_days = 8.64\nrestart = '5min'\ncheckpoint_write = 30\nsource = 'b'\n")
          .scenarios.at(0);
  ASSERT_TRUE(one.storage && one.failures);
  EXPECT_DOUBLE_EQ(one.storage->capacity->value, 10e15);
  EXPECT_DOUBLE_EQ(one.storage->bandwidth.value, 1.6e12);
  EXPECT_DOUBLE_EQ(one.storage->node_bandwidth->value, 50e9);
  EXPECT_DOUBLE_EQ(one.storage->data->value, 1.5e15);
  EXPECT_DOUBLE_EQ(one.storage->cache_bytes->value, 1e12);
  EXPECT_TRUE(one.storage->cached);
  EXPECT_DOUBLE_EQ(one.failures->rate.value, 1e-7);  // 8.64 in 86.4 million seconds
  EXPECT_DOUBLE_EQ(one.failures->restart.value, 300);
  EXPECT_DOUBLE_EQ(one.failures->checkpoint_write.value, 30);
}

TEST_F(ClusterPartsFile, WhatIsLeftOutIsAssumed) {
  auto const one = whole("[fabric]\nkind = 'x'\nsource = 'b'\n").scenarios.at(0);
  EXPECT_TRUE(one.fabric.oversubscription.assumed());
  EXPECT_TRUE(one.node.nic_latency.assumed());
  EXPECT_THAT(one.fabric.source, HasSubstr("assumed"));  // rails, levels and leafs are not given
  EXPECT_EQ(one.node.source, "offer");
}

TEST_F(ClusterPartsFile, AssumedPartsOfAFabricMakeItAssumed) {
  auto const one = whole(
                       "[fabric]\nkind = 'x'\nrails = 2\nlevels = {value = 2, source = 'assumed: why'}\n"
                       "leaf_nodes = 20\nsource = 'b'\n")
                       .scenarios.at(0);
  EXPECT_EQ(one.fabric.source, "assumed: why");
}

// ---- scenarios

TEST_F(ClusterPartsFile, ScenariosChangeTheDescriptionAndSayWhat) {
  auto const all = whole(
                       "[[scenario]]\nname = 'two'\nsummary = 's'\nnode.nics = 2\nnodes.count = 10\nsource = "
                       "'assumed: a'\n"
                       "[[scenario]]\nname = 'other'\nchannel_reading = 1\n"
                       "[scenario.gpu]\nfp16_peak = '989TFLOP/s'\nsource = 'b'\n")
                       .scenarios;
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].name, "as described");
  EXPECT_TRUE(all[0].changes.empty());
  EXPECT_EQ(all[1].name, "two");
  EXPECT_EQ(all[1].summary, "s");
  EXPECT_EQ(all[1].node.nics, 2);
  EXPECT_EQ(all[1].nodes, 10);
  EXPECT_EQ(all[1].node.source, "assumed: a");
  EXPECT_DOUBLE_EQ(all[1].node.nic_bandwidth.value, 25e9);
  EXPECT_EQ(all[1].node.nic_bandwidth.source, "offer");
  EXPECT_THAT(all[1].changes, ElementsAre("nodes.count = 10", "node.nics = 2"));
  EXPECT_EQ(all[2].node.nics, 4);  // of the description, not of the scenario before
  EXPECT_EQ(all[2].channel_reading, 1);
  EXPECT_DOUBLE_EQ(all[2].gpu.fp16_peak.value, 989e12);
  EXPECT_EQ(all[2].gpu.fp16_peak.source, "b");
}

TEST_F(ClusterPartsFile, AFirstScenarioWithoutChangesNamesTheDescription) {
  EXPECT_EQ(parts("summary = 'all'\n" + base() + "[[scenario]]\nname = 'x'\n").scenarios[0].summary, "all");
  auto const all = whole(
                       "[[scenario]]\nname = 'four'\nsummary = 's'\n[[scenario]]\nname = 'two'\nnode.nics = "
                       "2\nsource = 'assumed'\n")
                       .scenarios;
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "four");
  EXPECT_EQ(all[0].summary, "s");
  EXPECT_EQ(all[0].node.nics, 4);
}

TEST_F(ClusterPartsFile, ScenariosThatCannotBeToldApartAreRefused) {
  refuse(
      "[[scenario]]\nname = 'a'\n[[scenario]]\nname = 'b'\n[[scenario]]\nname = 'a'\nnode.nics = 2\nsource = "
      "'x'\n[[scenario]]\nnode.nics = 1\n");
  EXPECT_THAT(report_, HasSubstr("mine.toml:15: the scenario 'b' changes nothing"));
  EXPECT_THAT(report_, HasSubstr("mine.toml:17: a scenario is called 'a', as another on line 13 is"));
  EXPECT_THAT(report_, HasSubstr("mine.toml:21: a scenario has no name"));
  EXPECT_THAT(report_, HasSubstr("[node] has values without a source"));
}

TEST_F(ClusterPartsFile, AScenarioIsNotCalledAsTheDescriptionIs) {
  refuse("[[scenario]]\nname = 'as described'\nnode.nics = 2\nsource = 'x'\n");
  EXPECT_THAT(report_, HasSubstr("mine.toml:13: a scenario is called 'as described', as the description"));
}

TEST_F(ClusterPartsFile, ScenariosContradictTheDescriptionToo) {
  refuse("[fabric]\nrails = 4\nsource = 'x'\n[[scenario]]\nname = 'two'\nnode.nics = 2\nsource = 'x'\n");
  EXPECT_THAT(report_,
              HasSubstr("mine.toml:18: node.nics contradicts fabric.rails, line 14, (4 rails of 2 NICs"));
}

TEST_F(ClusterPartsFile, TwoScenariosMayBeRightWhereEachIs) {
  whole(
      "[fabric]\nrails = 4\nsource = 'x'\n[[scenario]]\nname = 'two'\nnode.nics = 2\nfabric.rails = "
      "2\nsource = "
      "'x'\n");
}

// ---- what is wrong by itself

TEST_F(ClusterPartsFile, UnknownKeysAreNamedWithWhatWasMeant) {
  read(
      std::string(nodes) +
      "[gpu]\nfp16_paek = 1\nfp16_peak = '312TFLOP/s'\nmemory = {value = '80GB', sorce = 'x'}\nsource = 'x'\n"
      "[node]\nnic = 8\nnics = 8\nnic_bandwidth = '1GB/s'\nsource = 'x'\n[fabric]\nrail = 1\n[storage]\nsize "
      "= "
      "1\nbandwidth = '1GB/s'\nsource = 'x'\n[failures]\nrate = 1\nper_1000_node_days = 1\nrestart = 1\n"
      "checkpoint_write = 1\nsource = 'x'\n[[scenario]]\nname = 'x'\nnics = 3\n[[claim]]\nname = "
      "'rank'\nvalue = "
      "5\nsorce = 'x'\n");
  for (auto const* part :
       {"'fp16_paek' in [gpu] (did you mean 'fp16_peak'?", "'sorce' in gpu.memory (did you mean 'source'?",
        "'nic' in [node] (did you mean 'nics'?", "'rail' in [fabric] (did you mean 'rails'?",
        "'size' in [storage]", "'rate' in [failures]", "'nics' in a scenario", "'sorce' in a claim"})
    EXPECT_THAT(report_, HasSubstr(part));
}

TEST_F(ClusterPartsFile, AbsurdNumbersAreRefusedEachWithItsLine) {
  read(
      "[nodes]\ncount = 40\ngpus = 8\nsource = 'x'\n"
      "[gpu]\nfp16_peak = 312\nfp64_peak = -1e12\nmemory_bandwidth = inf\nmemory = '80'\nnvlink = 0\n"
      "power = '400kB'\ncompute_capability = 80\nsource = 'x'\n"  // 6 to 12
      "[node]\nnics = -1\nnic_bandwidth = '0Gb/s'\nnic_latency = -1\ncpu_vendor = 'arm'\npower = nan\nsource "
      "= 'x'\n"
      "[fabric]\nrails = 0\nlevels = 9\nleaf_nodes = 1.5\noversubscription = 0.5\nswitch_latency = '2min'\n"
      "noise = true\nkind = 3\nsource = 'x'\n"
      "[storage]\ncapacity = '1B'\nbandwidth = 0\ncached = 'yes'\nsource = 'x'\n"
      "[failures]\nper_1000_node_days = 0\nrestart = -5\ncheckpoint_write = [1]\nsource = 'x'\n");
  for (auto const* part : {":6: fp16_peak = 312 is",
                           ":7: fp64_peak = -1",
                           ":8: memory_bandwidth = inf",
                           ":9: memory = '80'",
                           ":10: nvlink = 0",
                           ":11: power = '400kB'",
                           ":12: compute_capability = 80",
                           ":15: nics = -1",
                           ":16: nic_bandwidth = '0Gb/s'",
                           ":17: nic_latency = -1",
                           ":18: node.cpu_vendor = 'arm'",
                           ":19: power = nan",
                           ":22: rails = 0",
                           ":23: levels = 9",
                           ":24: leaf_nodes = 1.5",
                           ":25: oversubscription = 0.5",
                           ":26: switch_latency = '2min'",
                           ":27: noise = true",
                           ":28: kind = 3",
                           ":31: capacity = '1B'",
                           ":32: bandwidth = 0",
                           ":33: cached = 'yes'",
                           ":36: per_1000_node_days = 0",
                           ":37: restart = -5",
                           ":38: checkpoint_write = [...]"})
    EXPECT_THAT(report_, HasSubstr(part));
  EXPECT_THAT(report_, Not(HasSubstr("contradicts"))) << "of what has a fault nothing else is said";
  EXPECT_THAT(report_, Not(HasSubstr("have no"))) << "all of it is there";
  EXPECT_THAT(report_, HasSubstr("from 0 s to 10 ms"));
  EXPECT_THAT(report_, HasSubstr("\"312TFLOP/s\" or a number of FLOP/s from 1.000 GFLOP/s to 1.000 EFLOP/s"));
}

TEST_F(ClusterPartsFile, ANumberWithoutASourceIsRefused) {
  read(std::string(nodes) + "[gpu]\nfp16_peak = '312TFLOP/s'\nmemory = {value = '80GB', source = 'y'}\n" +
       node);
  EXPECT_THAT(report_, HasSubstr("mine.toml:5: [gpu] has values without a source (who says so?)"));
  parts(std::string(nodes) + "[gpu]\nfp16_peak = {value = '312TFLOP/s', source = 'y'}\n" + node);
}

TEST_F(ClusterPartsFile, WhatIsMissingIsSaid) {
  read(std::string(nodes) + "[storage]\ncapacity = '1PB'\nsource = 'x'\n[failures]\nsource = 'x'\n");
  for (auto const* part : {"no gpu.fp16_peak", "no node.nics", "no storage.bandwidth", "no failures.per_1000",
                           "no failures.restart", "no failures.checkpoint_write"})
    EXPECT_THAT(report_, HasSubstr(part));
  read("[nodes]\ncount = 1\nsource = 'x'\n" + std::string(gpu) + "[node]\nnics = 2\nsource = 'x'\n");
  EXPECT_THAT(report_, AllOf(HasSubstr("no nodes.gpus"), HasSubstr("no node.nic_bandwidth")));
}

TEST_F(ClusterPartsFile, TablesAreTables) {
  read(std::string("gpu = 3\nscenario = 1\nclaim = {name = 'rank'}\nannouncement = 4\n") + nodes);
  for (auto const* part : {":1: gpu = 3", ":2: scenario = 1", ":3: claim = {...}", ":4: announcement = 4"})
    EXPECT_THAT(report_, HasSubstr(part));
}

// ---- what cannot be true together

struct Contradiction {
  char const* more;  ///< from line 13 on
  char const* said;
};

TEST_F(ClusterPartsFile, ContradictionsNameBothLines) {
  for (auto const& [more, said] : {
           Contradiction{"[fabric]\nrails = 8\nsource = 'x'\n",
                         ":14: fabric.rails contradicts node.nics, line 10, (8 rails of 4 NICs"},
           Contradiction{"[fabric]\nrails = 3\nsource = 'x'\n",
                         ":14: fabric.rails contradicts node.nics, line 10, (4 NICs cannot be dealt out"},
           Contradiction{
               "[fabric]\nlevels = 1\nleaf_nodes = 20\nsource = 'x'\n",
               ":15: fabric.leaf_nodes contradicts nodes.count, line 2, (one level of switches joins"},
           Contradiction{
               "[fabric]\nlevels = 1\nsource = 'x'\n",
               ":14: fabric.levels contradicts nodes.count, line 2, (one level of switches joins the 20"},
           Contradiction{"[fabric]\nlevels = 1\nleaf_nodes = 64\noversubscription = 2\nsource = 'x'\n",
                         ":16: fabric.oversubscription contradicts fabric.levels, line 14, (switches of one"},
           Contradiction{
               "[storage]\nbandwidth = '1GB/s'\nnode_bandwidth = '2GB/s'\nsource = 'x'\n",
               ":15: storage.node_bandwidth contradicts storage.bandwidth, line 14, (one node would read "
               "2.000 GB/s, all together 1.000 GB/s)"},
           Contradiction{"[storage]\nbandwidth = '1GB/s'\ncache = '2TB'\ncapacity = '1TB'\nsource = 'x'\n",
                         ":16: storage.capacity contradicts storage.cache, line 15, (one node's cache"},
           Contradiction{"[storage]\nbandwidth = '1GB/s'\ndata = '2TB'\ncapacity = '1TB'\nsource = 'x'\n",
                         ":16: storage.capacity contradicts storage.data, line 15, (2.000 TB of data"},
           Contradiction{"[storage]\nbandwidth = '1GB/s'\ncached = true\nsource = 'x'\n",
                         ":15: storage.cached contradicts storage.cache, which is not given"},
       }) {
    refuse(more);
    EXPECT_THAT(report_, HasSubstr(said));
    EXPECT_THAT(report_, Not(HasSubstr("\n"))) << "one fault and no other";
  }
}

TEST_F(ClusterPartsFile, ContradictionsOfGpusNameBothLines) {
  read(std::string(nodes) +
       "[gpu]\nfp16_peak = '10TFLOP/s'\nfp64_peak = '20TFLOP/s'\nnvlink = '20GB/s'\nsource = "
       "'x'\n[node]\nnics = 8\nnic_bandwidth = '200Gb/s'\nsource = 'x'\n");
  EXPECT_THAT(report_, HasSubstr(":7: gpu.fp64_peak contradicts gpu.fp16_peak, line 6,"));
  EXPECT_THAT(report_,
              HasSubstr(":12: node.nic_bandwidth contradicts gpu.nvlink, line 8, (NVLink of 20.00 GB/s "
                        "would be slower than one NIC of 25.00 GB/s)"));
  read("[nodes]\ncount = 1\ngpus = 0\nsource = 'x'\n" + std::string(gpu));
  EXPECT_THAT(report_, HasSubstr(":6: gpu.fp16_peak contradicts nodes.gpus, line 3,"));
}

// ---- claims

TEST_F(ClusterPartsFile, ClaimsAreReadWithTheirUnits) {
  auto const read = whole(
      "[[claim]]\nname = 'peak_fp16'\nvalue = '1.8EFLOP/s'\nsource = 'a'\nnote = 'n'\n"
      "[[claim]]\nname = 'rank'\nvalue = 5\nlist = '2020-11'\nsource = 'b'\n[[claim]]\nname = 'switching'\n"
      "value = '640Tb/s'\nmeasured = true\nsource = 'c'\n");
  auto const& claims = read.claims;
  ASSERT_EQ(claims.size(), 3U);
  EXPECT_DOUBLE_EQ(claims[0].said.value, 1.8e18);
  EXPECT_EQ(claims[0].unit, "FLOP/s");
  EXPECT_EQ(claims[0].said.source, "a");
  EXPECT_EQ(claims[0].note, "n");
  EXPECT_DOUBLE_EQ(claims[1].said.value, 5);
  EXPECT_EQ(claims[1].unit, "rank");
  EXPECT_EQ(claims[1].list, "2020-11");
  EXPECT_FALSE(claims[1].measured);
  EXPECT_TRUE(claims[2].measured);
  EXPECT_DOUBLE_EQ(claims[2].said.value, 80e12);
  EXPECT_EQ(claims[2].unit, "B/s");
}

TEST_F(ClusterPartsFile, ClaimsThatSayNothingAreRefused) {
  refuse(
      "[[claim]]\nname = 'peak_fp61'\nvalue = 5\nsource = 'x'\n[[claim]]\nname = 'rank'\n[[claim]]\nname = "
      "'rank'\n"
      "value = 0\nsource = 'x'\n[[claim]]\nvalue = 1\nsource = 'x'\n");
  for (auto const* part : {":14: nothing is known of a claim 'peak_fp61' (did you mean 'peak_fp16'?",
                           ":17: a claim has no source", ":17: a claim has no value",
                           ":19: a claim is called 'rank', as another on line 17 is", ":21: value = 0",
                           ":23: a claim has no name"})
    EXPECT_THAT(report_, HasSubstr(part));
}

TEST_F(ClusterPartsFile, RanksAreOfAList) {
  refuse(
      "[[claim]]\nname = 'rank'\nvalue = 5\nsource = 'x'\n"
      "[[claim]]\nname = 'hpl_rate'\nvalue = '1PFLOP/s'\nlist = '2020-11'\nsource = 'x'\n");
  EXPECT_THAT(report_, HasSubstr("a rank has no list"));
  EXPECT_THAT(report_, HasSubstr("only a rank has a list"));
  refuse("[[claim]]\nname = 'rank'\nvalue = 5\nlist = '2020-12'\nsource = 'x'\n");
  EXPECT_THAT(report_, HasSubstr("list = '2020-12'"));
}

TEST_F(ClusterPartsFile, AnAnnouncementIsKept) {
  EXPECT_EQ(parts("announcement = 'by them, then'\n" + base()).announcement, "by them, then");
}

// ---- descriptions that are like others

class LikeAnother : public ClusterPartsFile {
 protected:
  void write_part(std::string const& more) {
    std::ofstream(folder_.path() / "part.toml") << "[nodes]\ncount = 1\ngpus = 8\nsource = 'x'\n"
                                                << gpu << more;
  }
};

TEST_F(LikeAnother, PartsAreTakenOverKeyByKey) {
  write_part(
      "[fabric]\nkind = 'x'\nlevels = 3\nsource = 'part'\n[[claim]]\nname = 'rank'\nvalue = 1\nlist = "
      "'2020-11'\nsource = 'x'\n"
      "[[scenario]]\nname = 'its own'\n");
  auto const read =
      parts(std::string("like = 'part'\n") + nodes + node + "[fabric]\nlevels = 2\nsource = 'mine'\n");
  ASSERT_EQ(read.scenarios.size(), 1U);
  auto const& one = read.scenarios[0];
  EXPECT_DOUBLE_EQ(one.gpu.fp16_peak.value, 312e12);
  EXPECT_EQ(one.fabric.kind, "x");
  EXPECT_EQ(one.fabric.levels, 2);
  EXPECT_EQ(one.nodes, 40);
  EXPECT_EQ(one.name, "as described");
  EXPECT_TRUE(one.changes.empty());
  EXPECT_TRUE(read.claims.empty()) << "what was said of the other is not said of this one";
}

TEST_F(LikeAnother, ContradictionsNameTheOtherFile) {
  write_part("");
  read(std::string("like = 'part'\n") + nodes + "[node]\nnics = 1\nnic_bandwidth = '8Tb/s'\nsource = 'x'\n");
  EXPECT_THAT(report_,
              HasSubstr("mine.toml:8: node.nic_bandwidth contradicts gpu.nvlink, line 7 of part.toml,"));
}

TEST_F(LikeAnother, PartsOfOneNodeDoNotMakeManyWrong) {
  write_part("");
  auto const cluster = read(std::string("like = 'part'\n") + nodes);
  EXPECT_EQ(report_, "") << "descriptions of what to expect need no network";
  ASSERT_TRUE(cluster.parts);
  EXPECT_EQ(cluster.parts->scenarios[0].node.nics, 0);
}

}  // namespace
}  // namespace muster
