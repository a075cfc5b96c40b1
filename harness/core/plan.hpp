// What a run will do: made by plan/, carried out by launch/ and run/, written down by record/.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "kernels/contract/params.hpp"

namespace muster {

/// How a phase uses the nodes of an allocation.
enum class Spread {
  together,  ///< all nodes are one world
  each_node  ///< every node is a world of its own, all of them at once
};

/// A part of a cluster's run; the next one goes on without the nodes that failed it.
struct RunPhase {
  std::string name;  ///< "" where a run has no phases
  Spread spread = Spread::together;
};

/// The nodes that a run is to have; which ones they are is known when it starts.
struct PlannedNodes {
  int count = 0;   ///< 0: this machine, or whatever the launcher reaches by itself
  int spares = 0;  ///< further ones, to take the place of nodes that fail the inventory
  int slots = 0;   ///< ranks that fit on a node without sharing a device
};

struct PlannedCase {
  std::string name;  ///< unique within the plan
  std::string workload;
  std::string backend;  ///< "cuda" or "host"
  Params params;
  std::vector<std::string> labels{};  ///< what it stands for, where it came from a model's file
  std::size_t phase = 0;              ///< in Plan::phases
  int launches = 1;
  int ranks = 1;     ///< of its world
  int per_node = 0;  ///< ranks on each node, however many nodes are left; 0: `ranks`, wherever they fit
  double soak_seconds = 0;      ///< regime sustained: how long the device may take to come to rest under load
  bool alone = false;           ///< ranks are also measured one at a time, to see what sharing the node costs
  double sampling_seconds = 1;  ///< what sampling may take, in one launch
  double deadline_seconds =
      60;  ///< after that the case counts as hung: set-up, verification, sampling together
  /// After that one step of it counts as hung (a group call, a wait for the device), where several ranks run
  /// it and once it is set up; 0: only the case's deadline counts.
  double operation_seconds = 0;
};

struct Plan {
  std::string suite;
  std::string config_path;  ///< as the user gave it, or the shipped file's name
  std::string config_sha256;
  std::uint64_t seed = 0;
  int launches = 1;  ///< the most of any case
  PlannedNodes nodes{};
  std::vector<RunPhase> phases{1};  ///< in the order in which they run; at least one
  bool oversubscribe = false;       ///< several ranks may share a GPU; stamped on every figure
  std::filesystem::path data;
  std::filesystem::path cache;
  std::vector<PlannedCase> cases;
  std::vector<std::filesystem::path> config_files{};  ///< that it was made from; not kept with it
};

/// What plan/ must know of the machine to turn "one rank per device" into a number.
struct Machine {
  std::string backend;  ///< the backend that runs will use unless a case names one
  int devices = 1;      ///< devices of that backend on a node; for the host, 1
  int cores = 1;        ///< cores of a node that this process may use
  int nodes = 1;
};

}  // namespace muster
