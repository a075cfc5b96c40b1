// The descriptions of clusters that come along.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>

#include "harness/plan/cluster_file.hpp"

namespace muster {
namespace {

std::filesystem::path folder() { return std::filesystem::path(MUSTER_CONFIGS) / "clusters"; }

ClusterDescription shipped(std::string const& name) {
  auto const file = folder() / (name + ".toml");
  Faults faults(file);
  auto cluster = read_cluster(file, faults);
  EXPECT_EQ(faults.report(), "");
  return cluster;
}

Claim const& claim(ClusterDescription const& cluster, std::string const& name) {
  auto const& claims = cluster.parts.value().claims;
  auto const found = std::ranges::find(claims, name, &Claim::name);
  if (found == claims.end()) throw std::runtime_error("nobody claimed " + name);
  return *found;
}

TEST(ShippedClusters, AreWholeAndEveryNumberHasItsSource) {
  int read = 0;
  for (auto const& file : std::filesystem::directory_iterator(folder())) {
    auto const cluster = shipped(file.path().stem());
    EXPECT_FALSE(cluster.summary.empty() || cluster.source.empty()) << file.path();
    for (auto const& expectation : cluster.expectations) EXPECT_FALSE(expectation.source.empty());
    ++read;
  }
  EXPECT_GE(read, 16);
}

TEST(ShippedClusters, TheArticlesIsAsTheArticleSays) {
  auto const cluster = shipped("tesla-2021");
  auto const& all = cluster.parts.value().scenarios;
  EXPECT_EQ(all.at(0).nodes * all.at(0).gpus, 5760);
  EXPECT_DOUBLE_EQ(all[0].storage.value().capacity.value().value, 10e15);
  EXPECT_DOUBLE_EQ(all[0].storage->bandwidth.value, 1.6e12);
  EXPECT_FALSE(all[0].storage->bandwidth.assumed());
  EXPECT_DOUBLE_EQ(claim(cluster, "peak_fp16").said.value, 1.8e18);
  EXPECT_DOUBLE_EQ(claim(cluster, "storage_bandwidth").said.value, 1.6e12);
  EXPECT_DOUBLE_EQ(claim(cluster, "storage_capacity").said.value, 10e15);
  EXPECT_DOUBLE_EQ(claim(cluster, "switching").said.value, 80e12);
  EXPECT_DOUBLE_EQ(claim(cluster, "rank").said.value, 5);
}

TEST(ShippedClusters, WhatTheArticleDoesNotSayIsAssumedInScenarios) {
  auto const cluster = shipped("tesla-2021");
  std::set<int> nics;
  bool cached = false, other_channels = false;
  for (auto const& one : cluster.parts.value().scenarios) {
    EXPECT_TRUE(one.node.nic_bandwidth.assumed() && one.fabric.oversubscription.assumed()) << one.name;
    EXPECT_TRUE(one.node.source.starts_with("assumed") && one.fabric.source.starts_with("assumed"))
        << one.name;
    EXPECT_EQ(one.fabric.rails, one.node.nics);
    nics.insert(one.node.nics);
    cached = cached || one.storage.value().cached;
    other_channels = other_channels || one.channel_reading == 1;
  }
  EXPECT_EQ(nics, (std::set{2, 4, 8}));
  EXPECT_TRUE(cached && other_channels);
}

/// What was said of all GPUs together is what is said of one, times their number.
TEST(ShippedClusters, PeaksThatWereClaimedAreThoseOfTheirGpus) {
  for (auto const* name : {"tesla-2021", "dojo-2021"}) {
    auto const cluster = shipped(name);
    auto const& one = cluster.parts.value().scenarios.at(0);
    double const all = one.gpu.fp16_peak.value * one.nodes * one.gpus;
    EXPECT_NEAR(claim(cluster, "peak_fp16").said.value / all, 1, 0.02) << name;
  }
}

/// HPL reached less than the peak with 64 bits, and more than half of it.
TEST(ShippedClusters, HplRatesAreBelowTheirPeaks) {
  for (auto const* name : {"selene", "perlmutter", "leonardo"}) {
    auto const cluster = shipped(name);
    auto const& one = cluster.parts.value().scenarios.at(0);
    double const peak = one.gpu.fp64_peak.value().value * one.nodes * one.gpus;
    double const share = claim(cluster, "hpl_rate").said.value / peak;
    EXPECT_TRUE(share > 0.5 && share < 0.95) << name << " " << share;
  }
}

TEST(ShippedClusters, OnlyWhatWasNeverMeasuredIsAnAnnouncement) {
  for (auto const& file : std::filesystem::directory_iterator(folder())) {
    auto const cluster = shipped(file.path().stem());
    bool const announced = cluster.parts && !cluster.parts->announcement.empty();
    EXPECT_EQ(announced, cluster.name == "dojo-2021") << file.path();
  }
}

}  // namespace
}  // namespace muster
