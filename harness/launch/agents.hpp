// Agents: one process a node that answers for the node, and supervises what the node does by itself.
#pragma once
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/core/events.hpp"
#include "harness/launch/launcher.hpp"
#include "harness/launch/supervisor.hpp"
#include "harness/record/journal.hpp"

namespace muster {

/// What agents are asked to do.
struct AgentCall {
  std::filesystem::path program;       ///< this program
  std::filesystem::path root;          ///< the run folder, which all nodes share
  std::string id{};                    ///< of this call alone, see new_start()
  bool inventory = false;              ///< describe the node, and find what is wrong with it
  std::optional<std::size_t> phase{};  ///< of the plan, to carry out
  bool retry_failed = false;           ///< what crashed, timed out or had a device error earlier
};
std::vector<std::string> agent_argv(AgentCall const& call);

struct AgentLimits {
  double answer_seconds = 120;  ///< until a node's first word
  /// Between two words of a node at work. Agents have a heartbeat of 10 s; NFS may show it a minute and a
  /// half late.
  double silence_seconds = 180;
  double grace_seconds = 10;  ///< between SIGTERM and SIGKILL
  double end_seconds = 60;    ///< for the launcher, once all nodes are done
  double late_seconds = 5;    ///< that a shared folder may take to show what a node has written
  /// The same of a file that is new, where NFS keeps the folder's listing.
  double listing_seconds = 75;
  double all_seconds = HUGE_VAL;  ///< for all of it, whatever nodes say
};

/// One node's part in a call.
struct NodeAnswer {
  std::optional<NodeSeen> seen{};
  std::optional<AgentEnded> ended{};
  std::string calls_itself{};  ///< of a node asked by itself: a name that the allocation does not give it
  double ahead_seconds = 0;    ///< how far its clock runs ahead (behind: negative), as far as that is certain
};

/// What came of a call.
struct AgentReport {
  std::map<std::string, NodeAnswer> nodes;  ///< by the name that the allocation gives them
  int signal = 0;                           ///< that ended it before its time
  std::set<std::string> strangers{};        ///< names of nodes that answered and are not in the allocation
  std::string words;                        ///< the launcher's last ones, where some node did not do its part
};

/// Starts one agent on each of the nodes and follows their journals until all have done their part, are
/// silent for too long, or a signal comes. `listener` hears what their journals tell. Throws
/// Error(infrastructure) where the launcher cannot be started.
AgentReport call_agents(Launcher const& launcher, AgentCall const& call,
                        std::vector<std::string> const& nodes, AgentLimits const& limits,
                        std::function<void(Event const&)> const& listener);

/// As a plain call (neither inventory nor phase) to all of them at once, and then, since one dead node may
/// keep a launcher from starting anything, to each that did not answer by itself.
AgentReport roll_call(Launcher const& launcher, AgentCall const& call, std::vector<std::string> const& nodes,
                      AgentLimits const& limits);

}  // namespace muster
