#include "harness/launch/agents.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <ctime>
#include <future>
#include <iterator>
#include <thread>
#include <utility>

#include "harness/core/files.hpp"
#include "harness/launch/interrupt.hpp"
#include "harness/launch/log_words.hpp"
#include "harness/record/environment.hpp"
#include "harness/record/environment_parts.hpp"
#include "harness/record/run_lock.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// Seconds since 1970 of "2026-11-22T21:40:05Z"; absent where it is something else.
std::optional<std::time_t> parsed(std::string const& utc) {
  std::tm parts{};
  char const* end = strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return end && *end == '\0' ? std::optional(timegm(&parts)) : std::nullopt;
}

/// Times of day have whole seconds, and what was written at any moment since `asked` is read now.
double certainly_ahead(std::string const& time, std::time_t asked) {
  auto const theirs = parsed(time);
  if (!theirs) return 0;
  auto const now = std::time(nullptr);
  if (*theirs > now + 1) return static_cast<double>(*theirs - now);
  if (*theirs < asked - 1) return static_cast<double>(*theirs - asked);
  return 0;
}

class Agents {
 public:
  Agents(AgentCall const& call, std::vector<std::string> const& nodes, AgentLimits const& limits,
         std::function<void(Event const&)> const& listener)
      : call_(call), limits_(limits), listener_(listener) {
    for (auto const& node : nodes) {
      report_.nodes[node];
      allocated_[safe_host_name(node)] = node;
      heard_[node] = begin_;
    }
    journals_.skip();
  }

  AgentReport run(Launcher const& launcher) {
    auto const log = RunFolder{call_.root}.logs() / "agents.txt";
    fs::create_directories(log.parent_path());
    auto const log_start = log_size(log);
    Spawn spawn{agent_argv(call_), static_cast<int>(report_.nodes.size()), {}, 1, false};
    for (auto const& [node, answer] : report_.nodes) spawn.nodes.push_back(node);
    Child child(launcher.command(spawn), log, log);
    std::optional<Ending> ending;
    while (!(ending = child.poll()) && !is_over()) {
      follow();
      journals_.pause();
    }
    if (report_.signal != 0 && call_.phase) ask_to_end(child);
    child.stop(limits_.grace_seconds);
    follow_late_words(ending && ending->ok());
    report_.signal = interrupt_signal();  // what ended the launcher may have been meant for this process too
    if (!all_done()) report_.words = last_words(log_after(log, log_start), false);
    if (report_.nodes.size() == 1 && report_.strangers.size() == 1 && !all_done())
      report_.nodes.begin()->second.calls_itself = *report_.strangers.begin();
    return std::move(report_);
  }

 private:
  bool is_done(NodeAnswer const& answer) const {
    return call_.phase ? answer.ended.has_value() : answer.seen.has_value();
  }

  /// Every node has done its part or is given up, its time is up, or a signal came.
  bool is_over() {
    report_.signal = interrupt_signal();
    if (report_.signal != 0 || Clock::now() - begin_ - free_ > Seconds(limits_.all_seconds)) return true;
    if (all_done()) return Clock::now() - last_word_ > Seconds(limits_.end_seconds);
    return std::ranges::all_of(
        report_.nodes, [this](auto const& entry) { return is_done(entry.second) || is_silent(entry); });
  }

  /// All that were started have said something, be it under another name: there is nobody to wait for.
  bool all_heard() const {
    auto const done =
        std::ranges::count_if(report_.nodes, [&](auto const& entry) { return is_done(entry.second); });
    return done + std::ssize(report_.strangers) >= std::ssize(report_.nodes);
  }

  /// For longer than it may be.
  bool is_silent(std::pair<std::string const, NodeAnswer> const& entry) const {
    Seconds const limit(entry.second.seen ? limits_.silence_seconds : limits_.answer_seconds);
    return Clock::now() - heard_.at(entry.first) >= limit;
  }

  /// The node, by the name that the allocation gives it, whose journal this is; "" of another.
  std::string node_of(std::string const& journal) const {
    for (std::string_view const ending : {".agent.ndjson", ".node.ndjson"}) {
      if (!journal.ends_with(ending)) continue;
      auto const found = allocated_.find(journal.substr(0, journal.size() - ending.size()));
      return found == allocated_.end() ? "" : found->second;
    }
    return {};
  }

  void follow() { journals_.follow(hear_); }

  /// srun kills its tasks when it is told to end; SIGUSR2 it hands on, and agents take it for SIGTERM.
  void ask_to_end(Child& child) {
    child.signal(SIGUSR2);
    auto const until = Clock::now() + Seconds(limits_.grace_seconds);
    for (follow(); !all_done() && !child.poll() && Clock::now() < until; follow())
      std::this_thread::sleep_for(Seconds(0.05));
  }

  /// Where all processes ended well, their words must come.
  void follow_late_words(bool ended_well) {
    if (report_.signal != 0) return follow();
    journals_.follow_late_words(
        ended_well ? limits_.listing_seconds : limits_.late_seconds, [this] { return all_heard(); }, hear_);
  }

  bool all_done() const {
    return std::ranges::all_of(report_.nodes, [&](auto const& entry) { return is_done(entry.second); });
  }

  void on_event(std::string const& node, Event const& event) {
    auto const* seen = std::get_if<NodeSeen>(&event);
    if (node.empty()) {
      if (seen && seen->call == call_.id) report_.strangers.insert(seen->node.name);
      return;
    }
    heard_[node] = last_word_ = Clock::now();
    if (auto const* phase = std::get_if<PhaseStarted>(&event); phase && phase->fraction >= 0) on_progress();
    auto& answer = report_.nodes[node];
    if (seen && seen->call == call_.id) {
      answer.seen = *seen;
      answer.ahead_seconds = certainly_ahead(seen->time, asked_);
    } else if (auto const* ended = std::get_if<AgentEnded>(&event); ended && ended->call == call_.id) {
      answer.ended = *ended;
    }
    listener_(event);
  }

  /// Set-up that shows how far it is may take as long as it takes: only its silence counts.
  void on_progress() {
    constexpr Seconds longest(60);
    auto const since = Clock::now() - last_progress_;
    if (since < longest) free_ += since;
    last_progress_ = Clock::now();
  }

  AgentCall const& call_;
  AgentLimits const& limits_;
  std::function<void(Event const&)> const& listener_;
  std::map<std::string, std::string> allocated_;  // name in the allocation by a node's own name
  std::map<std::string, Clock::time_point> heard_;
  Clock::time_point const begin_ = Clock::now();
  Clock::time_point last_word_ = begin_, last_progress_ = begin_;
  Seconds free_{0};  // that do not count against the deadline
  std::time_t const asked_ = std::time(nullptr);
  JournalFollower journals_{{RunFolder{call_.root}.journals()}, [this](std::string const& name) {
                              return name.ends_with(".agent.ndjson") || !node_of(name).empty();
                            }};
  JournalFollower::Hear const hear_ = [this](std::string const& name, Event const& event) {
    on_event(node_of(name), event);
  };
  AgentReport report_;
};

std::vector<std::string> silent_nodes(AgentReport const& report) {
  std::vector<std::string> nodes;
  for (auto const& [node, answer] : report.nodes) {
    if (!answer.seen) nodes.push_back(node);
  }
  return nodes;
}

/// Asks each by itself, several at a time; where the first few are all silent, it is not the nodes' fault,
/// and the rest need not be asked.
void ask_each(Launcher const& launcher, AgentCall const& call, std::vector<std::string> nodes,
              AgentLimits const& limits, AgentReport& report) {
  constexpr std::size_t at_once = 16;
  bool const none_yet = nodes.size() == report.nodes.size();
  for (std::size_t first = 0; first < nodes.size() && report.signal == 0; first += at_once) {
    std::vector<std::future<AgentReport>> answers;
    for (std::size_t i = first; i < std::min(first + at_once, nodes.size()); ++i) {
      answers.push_back(std::async(std::launch::async, [&, i] {
        auto own = call;
        own.id = new_start();
        return call_agents(launcher, own, {nodes[i]}, limits, [](Event const&) {});
      }));
    }
    bool answered = false;
    for (auto& one : answers) {
      auto answer = one.get();
      for (auto& [node, said] : answer.nodes) report.nodes[node] = std::move(said);
      report.signal = std::max(report.signal, answer.signal);
      answered = answered || silent_nodes(answer).empty();
    }
    if (none_yet && first == 0 && !answered) return;
  }
}

}  // namespace

std::vector<std::string> agent_argv(AgentCall const& call) {
  std::vector<std::string> argv{call.program.string(), "agent",  "--root",
                                call.root.string(),    "--call", call.id};
  if (call.inventory) argv.emplace_back("--inventory");
  if (call.phase) argv.insert(argv.end(), {"--phase", std::to_string(*call.phase)});
  if (call.retry_failed) argv.emplace_back("--retry-failed");
  return argv;
}

AgentReport call_agents(Launcher const& launcher, AgentCall const& call,
                        std::vector<std::string> const& nodes, AgentLimits const& limits,
                        std::function<void(Event const&)> const& listener) {
  return Agents(call, nodes, limits, listener).run(launcher);
}

AgentReport roll_call(Launcher const& launcher, AgentCall const& call, std::vector<std::string> const& nodes,
                      AgentLimits const& limits) {
  auto report = call_agents(launcher, call, nodes, limits, [](Event const&) {});
  if (auto const silent = silent_nodes(report); !silent.empty() && nodes.size() > 1 && report.signal == 0)
    ask_each(launcher, call, silent, limits, report);
  return report;
}

}  // namespace muster
