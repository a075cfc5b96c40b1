#include "harness/record/run_state.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <variant>

#include "harness/core/files.hpp"
#include "harness/record/assemble.hpp"
#include "harness/record/digest_journals.hpp"
#include "harness/record/journal_lines.hpp"
#include "harness/record/json_archive.hpp"
#include "harness/record/local_folder.hpp"
// after the archive, which finds these by the types they describe
#include "harness/record/fields.hpp"

namespace muster {

void fields(auto& a, Is<LaunchProgress> auto& v) {
  a("phase", v.phase);
  a("launch", v.launch);
  a("done", v.done);
  a("failed", v.failed);
  a("left", v.left);
}

void fields(auto& a, Is<NodeActivity> auto& v) {
  a("node", v.node);
  a("doing", v.doing);
  a("silent_seconds", v.silent_seconds);
}

namespace {

namespace fs = std::filesystem;

double now_here() { return static_cast<double>(std::time(nullptr)); }

double written_at(fs::path const& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return 0;
  return static_cast<double>(info.st_mtim.tv_sec) + 1e-9 * static_cast<double>(info.st_mtim.tv_nsec);
}

std::string case_name(Plan const& plan, std::size_t index) {
  return index < plan.cases.size() ? plan.cases[index].name : fmt::format("case {}", index);
}

/// What an event says of its writer; "" for one that says nothing of that.
class Activity {
 public:
  explicit Activity(Plan const& plan) : plan_(plan) {}
  std::string operator()(WorkerStarted const&) { return "starting"; }
  std::string operator()(CaseStarted const& event) {
    return case_name(plan_, event.case_index) + ", phase set up";
  }
  std::string operator()(PhaseStarted const& event) {
    auto const share =
        event.fraction >= 0 && event.fraction <= 1 ? fmt::format(" {:.0f} %", 100 * event.fraction) : "";
    return case_name(plan_, event.case_index) + ", phase " + event.phase + share;
  }
  std::string operator()(CaseRecord const&) { return "between cases"; }
  std::string operator()(WorkerEnded const&) { return "ended"; }
  std::string operator()(auto const&) { return ""; }

 private:
  Plan const& plan_;
};

/// By the last lines of its journal: more of it is read only where these say nothing.
std::string last_activity(Plan const& plan, fs::path const& file) {
  std::error_code gone;
  auto const size = fs::file_size(file, gone);
  if (gone) return "";
  for (std::uintmax_t part = std::uintmax_t{256} << 10;; part *= 8) {
    std::string last;
    each_line(journal_text(file, size > part ? size - part : 0), false, [&](std::string_view line) {
      auto const event = from_line(line);
      auto const found = event ? std::visit(Activity(plan), *event) : "";
      if (!found.empty()) last = found;
    });
    if (!last.empty() || part >= size) return last;
  }
}

std::vector<NodeActivity> node_activities(Plan const& plan, RunFolder const& folder) {
  constexpr std::string_view ending = ".node.ndjson";
  double const now = file_system_time(folder.root).value_or(now_here());
  std::map<std::string, NodeActivity> nodes;
  for (auto const& journals : {folder.journals(), local_folder(folder)}) {
    for (auto const& file : entries_of(journals)) {
      auto const name = file.filename().string();
      if (!name.ends_with(ending)) continue;
      auto const node = name.substr(0, name.size() - ending.size());
      double const silent = std::max(0.0, now - written_at(file));
      auto const found = nodes.find(node);
      if (found != nodes.end() && found->second.silent_seconds <= silent) continue;
      nodes[node] = {node, last_activity(plan, file), silent};
    }
  }
  std::vector<NodeActivity> list;
  for (auto& [name, node] : nodes) list.push_back(std::move(node));
  return list;
}

/// Worlds of which nothing is known yet are those of the phase's nodes, or else one a planned node.
int planned_worlds(Plan const& plan, PlannedCase const& planned, std::size_t known) {
  if (plan.phases[planned.phase].spread != Spread::each_node || plan.nodes.count == 0) return 1;
  return std::max(plan.nodes.count, static_cast<int>(known));
}

class Counter {
 public:
  Counter(Plan const& plan, SortedEvents const& sorted) : plan_(plan) {
    for (std::size_t i = 0; i < plan.cases.size(); ++i) count(plan.cases[i], sorted.cases[i]);
  }
  std::vector<LaunchProgress> take() {
    std::vector<LaunchProgress> list;
    for (auto const& [key, progress] : progress_) list.push_back(progress);
    return list;
  }
  std::vector<bool> finished{};

 private:
  void count(PlannedCase const& planned, CaseEvents const& events) {
    std::set<std::string> worlds;
    for (auto const& [key, launch] : events) worlds.insert(key.world);
    int const wanted = planned_worlds(plan_, planned, worlds.size());
    int left = 0;
    for (int launch = 0; launch < planned.launches; ++launch) {
      auto& progress = progress_[{planned.phase, launch}];
      progress.phase = plan_.phases[planned.phase].name;
      progress.launch = launch;
      int const ended = add_ended(planned, events, launch, progress);
      progress.left += std::max(0, wanted - ended);
      left += std::max(0, wanted - ended);
    }
    finished.push_back(left == 0);
  }

  static int add_ended(PlannedCase const& planned, CaseEvents const& events, int launch,
                       LaunchProgress& progress) {
    int ended = 0;
    for (auto const& [key, of_world] : events) {
      auto const status = end_of(planned, of_world).status;
      if (key.launch != launch || status == CaseStatus::not_run) continue;
      ++ended;
      is_failure(status) ? ++progress.failed : ++progress.done;
    }
    return ended;
  }

  Plan const& plan_;
  std::map<std::pair<std::size_t, int>, LaunchProgress> progress_;
};

/// A holder on another host whose signs of life have stopped is as good as gone.
bool holder_lives(LockState const& lock) {
  return lock.alive.value_or(lock.silent_seconds <= LockTimes{}.silence_seconds);
}

void add_run(RunState& state, std::vector<Event> const& events) {
  std::optional<RunEnded> ended;
  for (auto const& event : events) {
    if (auto const* started = std::get_if<RunStarted>(&event)) {
      state.run = started->run;
      ended.reset();
    }
    if (auto const* end = std::get_if<RunEnded>(&event)) ended = *end;
  }
  if (ended) {
    state.state = name(ended->status);
    state.ended = ended->ended;
    return;
  }
  state.state = state.lock && holder_lives(*state.lock) ? "running" : "dead";
}

}  // namespace

RunState run_state(Plan const& plan, RunFolder const& folder, Registry const& registry, int threads) {
  RunState state;
  state.lock = look_at_lock(folder.root, this_process());
  Assembler assembler(plan, registry, threads);
  DigestSettings reading{{folder.journals(), local_folder(folder)}, {}, threads, true};
  state.bad_lines = digest_journals(assembler, reading).bad_lines;
  add_run(state, assembler.of_run());
  Counter counter(plan, assembler.take_events());
  state.launches = counter.take();
  state.finished = counter.finished;
  state.nodes = node_activities(plan, folder);
  return state;
}

std::string to_json(RunState const& state) {
  Path const root;
  Writer writer(root);
  writer("state", state.state);
  writer("run", state.run);
  writer.when(!state.ended.empty(), "ended", state.ended);
  writer.optional_group("lock", state.lock, [](auto& inner, LockState const& lock) {
    inner("host", lock.holder.host);
    inner("pid", lock.holder.pid);
    inner.when(!lock.holder.job_id.empty(), "job_id", lock.holder.job_id);
    inner("alive", lock.alive);
    inner("silent_seconds", lock.silent_seconds);
  });
  writer("launches", state.launches);
  writer("nodes", state.nodes);
  writer("bad_lines", state.bad_lines);
  return pretty(writer.take());
}

}  // namespace muster
