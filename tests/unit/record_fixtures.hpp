// What the record room's tests share: small files, plans and records. All figures are
// invented.
#pragma once
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"
#include "kernels/contract/workload.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster::test {

inline std::string contents(std::filesystem::path const& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

inline void write_file(std::filesystem::path const& file, std::string const& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

/// Workloads, one of each scope and quantity that matters here.
inline Registry const& fixture_registry() {
  static Registry const registry = [] {
    Registry made;
    made.add(
        {"gemm", "", "", {}, {"flop_rate", "FLOP/s", Quantity::flops, Better::higher}, Scope::each_rank});
    made.add({"memory", "", "", {}, {"bandwidth", "B/s", Quantity::bytes, Better::higher}, Scope::each_rank});
    made.add({"collective/all_reduce",
              "",
              "",
              {},
              {"bus_bandwidth", "B/s", Quantity::wire_bytes, Better::higher},
              Scope::group});
    made.add({"train_step",
              "",
              "",
              {},
              {"throughput", "samples/s", Quantity::items, Better::higher},
              Scope::group});
    return made;
  }();
  return registry;
}

inline PlannedCase planned(std::string workload, int ranks, std::string name = {}) {
  PlannedCase result;
  result.name = name.empty() ? workload + "/float32" : std::move(name);
  result.workload = std::move(workload);
  result.backend = "host";
  result.params.set("type", Value{std::string("float32")});
  result.ranks = ranks;
  return result;
}

inline Plan plan_of(std::vector<PlannedCase> cases, int launches = 1) {
  Plan plan;
  plan.suite = "fixture";
  plan.seed = 42;
  plan.launches = launches;
  plan.cases = std::move(cases);
  for (auto& planned : plan.cases) planned.launches = launches;
  return plan;
}

/// A rank that did its work: 100 units of everything an operation, `seconds` a sample.
inline RankRecord good_rank(int rank, std::vector<double> seconds, std::uint64_t ops = 1) {
  RankRecord record;
  record.rank = rank;
  record.device = rank;
  record.status = CaseStatus::ok;
  record.verification = Verdict::judge("by hand", 0.5, 1.0);
  record.sample_seconds = std::move(seconds);
  record.ops_per_sample = ops;
  record.work = {100, 100, 100, 100};
  return record;
}

inline RankRecord bad_rank(int rank, CaseStatus status, std::string phase, std::string message) {
  RankRecord record;
  record.rank = rank;
  record.device = rank;
  record.status = status;
  record.phase = std::move(phase);
  record.message = std::move(message);
  return record;
}

inline CaseRecord record_of(std::size_t index, int launch, std::vector<RankRecord> ranks,
                            std::string node = "node1") {
  return {index, launch, std::move(node), std::move(ranks)};
}

}  // namespace muster::test
