// Carries out a plan on the nodes of an allocation, phase by phase, and goes on without the nodes that fail
// one.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"
#include "harness/launch/agents.hpp"
#include "harness/launch/inventory.hpp"
#include "harness/launch/supervisor.hpp"

namespace muster {

struct ClusterSettings {
  SupervisorSettings supervisor;   ///< of phases in which nodes work together
  std::vector<std::string> nodes;  ///< of the allocation
  AgentLimits agents{};
  std::vector<ExcludedNode> excluded{};  ///< by phases of an earlier start of the run
  bool retry_failed = false;             ///< of a run that is gone on with: see FinishedSettings
};

class Cluster {
 public:
  using MakeLauncher = std::function<std::unique_ptr<Launcher>()>;
  using Listener = std::function<void(Event const&)>;
  Cluster(Plan const& plan, ClusterSettings settings, JournalWriter& journal, MakeLauncher launcher,
          Listener listener);

  /// Throws Error(infrastructure) where nothing can be started at all.
  RunStop run();

 private:
  AgentCall call() const;
  void take_inventory();
  void stop_for(int signal);
  void run_phase(std::size_t phase);
  void run_each_node(std::size_t phase);
  void run_together(Share const& share);
  void give_up(std::size_t phase);
  void exclude(Finding const& finding, std::string const& phase);
  void exclude_host(Finding const& finding, std::string const& phase);
  std::vector<std::string> still_there(std::vector<std::string> const& nodes, std::string const& phase);
  double deadline(std::size_t phase) const;
  void note(Event const& event);

  Plan const& plan_;
  ClusterSettings settings_;
  JournalWriter& journal_;
  MakeLauncher make_launcher_;
  Listener listener_;
  std::unique_ptr<Launcher> launcher_;
  std::vector<std::string> good_;  // nodes, in the allocation's order
  RunStop stop_;
};

/// The nodes on which cases failed that went well on at least half of the nodes that ran them (`heard`), with
/// the first of those cases: what fails everywhere is not a node's fault. `failed`: by case, the nodes and
/// what they said.
std::vector<Finding> nodes_at_fault(Plan const& plan,
                                    std::map<std::size_t, std::map<std::string, std::string>> const& failed,
                                    std::map<std::size_t, std::set<std::string>> const& heard);

}  // namespace muster
