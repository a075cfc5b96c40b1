#include "harness/launch/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/say.hpp"
#include "harness/launch/interrupt.hpp"
#include "harness/record/environment.hpp"
#include "harness/record/environment_parts.hpp"

namespace muster {
namespace {

/// What went wrong on which node while every node was a world of its own.
class Observer {
 public:
  void operator()(CaseFailed const& event) {
    add(event.case_index, event.world, event.failure.kind, event.failure.message);
  }
  void operator()(CaseRecord const& event) {
    for (auto const& rank : event.ranks) {
      heard[event.case_index].insert(event.world);
      if (is_failure(rank.status)) return add(event.case_index, event.world, rank.status, rank.message);
    }
  }
  void operator()(auto const&) {}
  std::map<std::size_t, std::map<std::string, std::string>> failed{};
  std::map<std::size_t, std::set<std::string>> heard{};  // nodes that came to an end of a case, good or bad

 private:
  void add(std::size_t index, std::string const& world, CaseStatus status, std::string const& message) {
    heard[index].insert(world);
    if (!world.empty()) failed[index].try_emplace(world, fmt::format("{}: {}", words(status), message));
  }
};

/// " (the launcher said: ...)", or "".
std::string launcher_words(AgentReport const& report) {
  return report.words.empty() ? "" : fmt::format(" (the launcher said: {})", report.words);
}

/// Journals, results and whoever reads them know a node by its own name. Throws Error(usage) where nodes
/// answer by another one than they are called by.
void check_names(AgentReport const& report) {
  constexpr int most = 20;
  std::string names;
  int count = 0;
  for (auto const& [node, answer] : report.nodes) {
    if (answer.calls_itself.empty() || ++count > most) continue;
    names += fmt::format("{}{} is {}", names.empty() ? "" : ", ", node, answer.calls_itself);
  }
  if (count == 0) return;
  throw Error(
      ExitCode::usage,
      fmt::format("nodes are called by other names than their own (an address or an alias: {}{}) put the "
                  "names that hostname prints on them into the list of hosts",
                  names, count > most ? ", ..." : ""));
}

}  // namespace

Cluster::Cluster(Plan const& plan, ClusterSettings settings, JournalWriter& journal, MakeLauncher launcher,
                 Listener listener)
    : plan_(plan),
      settings_(std::move(settings)),
      journal_(journal),
      make_launcher_(std::move(launcher)),
      listener_(std::move(listener)),
      launcher_(make_launcher_()) {
  stop_.attempts = settings_.supervisor.attempts;
}

RunStop Cluster::run() {
  take_inventory();
  for (std::size_t phase = 0; phase < plan_.phases.size() && stop_.done; ++phase) {
    if (int const signal = interrupt_signal()) stop_for(signal);
    if (stop_.done) run_phase(phase);
  }
  return stop_;
}

void Cluster::note(Event const& event) {
  journal_.append(event);
  listener_(event);
}

AgentCall Cluster::call() const {
  return {settings_.supervisor.program, settings_.supervisor.folder.root, new_start(), false, std::nullopt};
}

void Cluster::take_inventory() {
  auto look = call();
  look.inventory = true;
  auto const report = roll_call(*launcher_, look, settings_.nodes, settings_.agents);
  if (report.signal != 0) return stop_for(report.signal);
  check_names(report);
  good_ = settings_.nodes;
  auto const unfit = unfit_nodes(report);
  for (auto const& finding : unfit) exclude(finding, "inventory");
  for (auto const& earlier : settings_.excluded) exclude_host({earlier.node, earlier.reason}, earlier.phase);
  for (auto const& finding : odd_clocks(report)) say(fmt::format("! {}: {}\n", finding.node, finding.reason));
}

void Cluster::stop_for(int signal) {
  stop_.done = false;
  stop_.signal = signal;
}

void Cluster::exclude(Finding const& finding, std::string const& phase) {
  std::erase(good_, finding.node);
  say(fmt::format("! {} is left out from here on: {}\n", finding.node, finding.reason));
  note(NodeExcluded{safe_host_name(finding.node), phase, finding.reason, utc_now()});
}

/// The same of a node that is called by its own name, if it is still in.
void Cluster::exclude_host(Finding const& finding, std::string const& phase) {
  auto const found =
      std::ranges::find(good_, finding.node, [](auto const& node) { return safe_host_name(node); });
  if (found != good_.end()) exclude({*found, finding.reason}, phase);
}

/// Nodes by themselves are all looked at, spares too; together as many work as were planned.
void Cluster::run_phase(std::size_t phase) {
  bool const each = plan_.phases[phase].spread == Spread::each_node;
  auto nodes = good_;
  if (!each && std::ssize(nodes) > plan_.nodes.count)
    nodes.resize(static_cast<std::size_t>(plan_.nodes.count));
  RunPhaseStarted started{phase, {}, utc_now()};
  for (auto const& node : nodes) started.nodes.push_back(safe_host_name(node));
  note(started);
  if (nodes.empty()) return give_up(phase);
  each ? run_each_node(phase) : run_together({phase, nodes});
}

void Cluster::run_each_node(std::size_t phase) {
  auto work = call();
  work.phase = phase;
  work.retry_failed = settings_.retry_failed;
  auto limits = settings_.agents;
  limits.all_seconds = deadline(phase);
  Observer observer;
  auto const report = call_agents(*launcher_, work, good_, limits, [&](Event const& event) {
    std::visit(observer, event);
    listener_(event);
  });
  if (report.signal != 0) stop_for(report.signal);
  if (!stop_.done) return;
  for (auto const& [node, answer] : report.nodes) {
    if (answer.ended && answer.ended->signal != 0) return stop_for(answer.ended->signal);
    if (answer.ended && !answer.ended->not_saved.empty())
      stop_.not_saved = node + ": " + answer.ended->not_saved;
    if (!answer.ended)
      exclude(
          {node,
           fmt::format(
               "it went silent in this phase, or was at work at its deadline{} look whether the node is up",
               launcher_words(report))},
          plan_.phases[phase].name);
  }
  for (auto const& finding : nodes_at_fault(plan_, observer.failed, observer.heard))
    exclude_host(finding, plan_.phases[phase].name);
}

void Cluster::run_together(Share const& share) {
  auto settings = settings_.supervisor;
  settings.attempts = stop_.attempts;
  settings.still_there = [&](std::vector<std::string> const& nodes) {
    return still_there(nodes, plan_.phases[share.phase].name);
  };
  auto const stop = Supervisor(plan_, settings, journal_, make_launcher_, listener_).run(share);
  stop_.done = stop.done;
  stop_.signal = stop.signal;
  stop_.attempts = stop.attempts;
  if (!stop.not_saved.empty()) stop_.not_saved = stop.not_saved;
  if (!stop.elsewhere.empty()) stop_.elsewhere = stop.elsewhere;
}

std::vector<std::string> Cluster::still_there(std::vector<std::string> const& nodes,
                                              std::string const& phase) {
  auto const report = roll_call(*launcher_, call(), nodes, settings_.agents);
  if (report.signal != 0) return nodes;  // the supervisor sees the signal too, and stops
  auto left = nodes;
  for (auto const& [node, answer] : report.nodes) {
    if (answer.seen) continue;
    std::erase(left, node);
    exclude({node, fmt::format("it no longer answers{} look whether the node is up", launcher_words(report))},
            phase);
  }
  return left;
}

/// No node is left to run it.
void Cluster::give_up(std::size_t phase) {
  for (std::size_t i = 0; i < plan_.cases.size(); ++i) {
    auto const& planned = plan_.cases[i];
    if (planned.phase != phase) continue;
    for (int launch = 0; launch < planned.launches; ++launch) {
      if (settings_.supervisor.done(launch, i)) continue;
      note(CaseFailed{i,
                      {planned.name, launch, "", -1, "start", CaseStatus::crashed,
                       "no node is left to run it on", utc_now()},
                      {},
                      stop_.attempts});
    }
  }
}

/// Every case may take its time, and every set of workers that it takes to come to the next one.
double Cluster::deadline(std::size_t phase) const {
  auto const& limits = settings_.supervisor;
  double seconds = settings_.agents.answer_seconds;
  for (auto const& planned : plan_.cases) {
    if (planned.phase == phase)
      seconds += planned.launches * (planned.deadline_seconds + limits.start_seconds + limits.end_seconds);
  }
  return seconds;
}

std::vector<Finding> nodes_at_fault(Plan const& plan,
                                    std::map<std::size_t, std::map<std::string, std::string>> const& failed,
                                    std::map<std::size_t, std::set<std::string>> const& heard) {
  std::map<std::string, std::pair<std::string, int>>
      by_node;  // the first case's words, and how many there are
  for (auto const& [index, said] : failed) {
    if (2 * said.size() > heard.at(index).size()) continue;
    for (auto const& [node, message] : said) {
      auto& [first, count] = by_node[node];
      if (++count == 1) first = fmt::format("{}: {}", plan.cases.at(index).name, message);
    }
  }
  std::vector<Finding> findings;
  for (auto const& [node, what] : by_node) {
    auto const more = what.second > 1 ? fmt::format(" (and {} more cases)", what.second - 1) : "";
    findings.push_back({node, fmt::format("{}{}", what.first, more)});
  }
  return findings;
}

}  // namespace muster
