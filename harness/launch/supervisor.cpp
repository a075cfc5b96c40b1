#include "harness/launch/supervisor.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/say.hpp"
#include "harness/launch/interrupt.hpp"
#include "harness/launch/log_words.hpp"
#include "harness/record/environment.hpp"
#include "harness/record/environment_parts.hpp"
#include "harness/record/local_folder.hpp"

namespace muster {

namespace fs = std::filesystem;
using Clock = Batch::Clock;

namespace {

/// All nodes' journals, or that of the world alone: those in the run folder, and those that could not be
/// written there and stand on this node.
bool is_followed(std::string const& world, std::string const& journal) {
  constexpr std::string_view of_nodes = ".node.ndjson";
  return world.empty() ? journal.ends_with(of_nodes) : journal == world + std::string(of_nodes);
}

bool can_append(fs::path const& file) { return std::ofstream(file, std::ios::app).good(); }

}  // namespace

Supervisor::Supervisor(Plan const& plan, SupervisorSettings settings, JournalWriter& journal,
                       std::function<std::unique_ptr<Launcher>()> multi,
                       std::function<void(Event const&)> listener)
    : plan_(plan),
      settings_(std::move(settings)),
      journal_(journal),
      make_multi_(std::move(multi)),
      listener_(std::move(listener)),
      direct_(direct_launcher()),
      stands_(settings_.folder, settings_.world),
      local_(local_folder(settings_.folder)),
      journals_({settings_.folder.journals(), local_},
                [this](std::string const& name) { return is_followed(settings_.world, name); }) {
  stop_.attempts = settings_.attempts;
}

Supervisor::~Supervisor() = default;

RunStop Supervisor::run() {
  for (std::size_t phase = 0; phase < plan_.phases.size() && stop_.done; ++phase) run({phase});
  return stop_;
}

RunStop Supervisor::run(Share const& share) {
  nodes_ = share.nodes;
  std::error_code unwritable;  // then logs go elsewhere too
  fs::create_directories(settings_.folder.log(0, 1, settings_.world).parent_path(), unwritable);
  journals_.skip();  // what they hold by now is of earlier phases, or of a run that this one goes on with
  for (int launch = 0; launch < plan_.launches && stop_.done; ++launch) {
    for (auto const& [shape, cases] : open_cases(share.phase, launch)) {
      if (stop_.done) run_batch(launch, shape, cases);
    }
  }
  return stop_;
}

Supervisor::Shapes Supervisor::open_cases(std::size_t phase, int launch) const {
  Shapes shapes;
  for (std::size_t i = 0; i < plan_.cases.size(); ++i) {
    auto const& planned = plan_.cases[i];
    if (planned.phase == phase && launch < planned.launches && !settings_.done(launch, i))
      shapes[{planned.ranks, planned.per_node}].push_back(i);
  }
  return shapes;
}

/// Where a set of workers may leave its words; without them it must run as well.
fs::path Supervisor::writable_log(fs::path const& log) const {
  if (can_append(log)) return log;
  try {
    own_folder(local_);
  } catch (Error const&) {
    return "/dev/null";
  }
  return can_append(local_ / log.filename()) ? local_ / log.filename() : "/dev/null";
}

Launcher& Supervisor::launcher_for(int ranks) {
  if (ranks == 1 && nodes_.empty()) return *direct_;
  if (!multi_) multi_ = make_multi_();
  return *multi_;
}

/// May some of its workers be on other nodes?
bool Supervisor::is_spread(Batch const& batch) const {
  return settings_.world.empty() && (batch.ranks > 1 || !nodes_.empty());
}

void Supervisor::note(Event const& event) {
  journal_.append(event);
  listener_(event);
}

void Supervisor::run_batch(int launch, Shape const& shape, std::vector<std::size_t> const& cases) {
  Batch batch{launch, shape.ranks, cases};
  batch.per_node = shape.per_node;
  if (!fits(batch)) return;
  batch.log = writable_log(settings_.folder.log(launch, batch.ranks, settings_.world));
  std::string launcher;
  try {
    launcher = launcher_for(batch.ranks).name();
  } catch (Error const& error) {
    return fail_rest(batch, error.what());
  }
  note(LaunchStarted{launch, batch.ranks, launcher, utc_now()});
  while (!batch.left.empty() && stop_.done) {
    if (!run_worker_once(batch) || !fits(batch)) return;
  }
}

/// As many ranks as the nodes that are left have; the cases fail where that is too few.
bool Supervisor::fits(Batch& batch) {
  if (nodes_.empty()) return true;
  int const nodes = static_cast<int>(nodes_.size());
  if (batch.per_node > 0) batch.ranks = batch.per_node * nodes;
  int const room = std::max(batch.per_node, plan_.nodes.slots) * nodes;
  if (batch.ranks <= room) return true;
  fail_rest(batch, fmt::format("{} ranks do not fit on the {} nodes that are left (each has room for {})",
                               batch.ranks, nodes, plan_.nodes.slots));
  return false;
}

Spawn Supervisor::spawn(Batch const& batch) {
  auto const group = batch.ranks == 1 ? "solo" : launcher_for(batch.ranks).group();
  Spawn spawn{worker_argv({settings_.program, settings_.folder.root, batch.launch, batch.ranks, batch.left,
                           group, new_start(), stop_.attempts}),
              batch.ranks};
  if (nodes_.empty()) return spawn;
  spawn.per_node = batch.per_node > 0 ? batch.per_node : std::min(batch.ranks, plan_.nodes.slots);
  auto const wanted = (batch.ranks + spawn.per_node - 1) / spawn.per_node;
  spawn.nodes.assign(nodes_.begin(), nodes_.begin() + wanted);
  return spawn;
}

/// After a bad end: have nodes gone, so that what is left is worth another start without them? A case that
/// was under way is innocent the first time.
bool Supervisor::nodes_lost(Batch& batch) {
  if (nodes_.size() < 2 || !settings_.still_there || batch.left.empty()) return false;
  auto const before = nodes_.size();
  nodes_ = settings_.still_there(nodes_);
  if (nodes_.empty() || nodes_.size() == before) return false;
  batch.barren_starts = 0;
  return !batch.began || ++batch.nodes_taken[batch.at_hand()] < 2;
}

/// False when starting more workers is no use.
bool Supervisor::bad_end(Batch& batch, CaseStatus kind, std::string const& what) {
  if (nodes_lost(batch)) return true;
  blame(batch, kind, what);
  return batch.barren_starts < 2;
}

/// One set of worker processes, until it ends or is ended. False when starting more of them is no use.
bool Supervisor::run_worker_once(Batch& batch) {
  batch.begin();
  batch.log_start = log_size(batch.log);
  stands_.poll(batch.launch);  // those of an earlier set
  ++stop_.attempts;
  Child child(launcher_for(batch.ranks).command(spawn(batch)), batch.log, batch.log);
  std::optional<Ending> ending;
  while (!(ending = child.poll())) {
    follow(batch);
    if (int const signal = interrupt_signal()) {
      stop_.done = false;
      stop_.signal = signal;
      child.stop(settings_.grace_seconds);
      follow(batch);
      return false;
    }
    collect_stands(batch);
    if (batch.any_expired()) return stop_hung(batch, child, too_long(batch));
    if (past_deadline(batch))
      return stop_hung(batch, child, fmt::format("still in phase '{}' at its deadline", batch.phase));
    journals_.pause();
  }
  follow(batch);
  if (ending->ok() && is_spread(batch)) follow_late_words(batch);
  collect_stands(batch);
  return judge_end(batch, *ending);
}

/// What a rank says that ends itself.
std::string Supervisor::too_long(Batch const& batch) const {
  if (!batch.current) return "a step took longer than it may";
  return fmt::format("a step took longer than its operation deadline of {}",
                     human_duration(plan_.cases[*batch.current].operation_seconds));
}

/// Asks every rank where it stands, gives them a moment to say so, and ends them.
bool Supervisor::stop_hung(Batch& batch, Child& child, std::string const& why) {
  batch.drop_answers();
  child.signal(SIGUSR1);
  auto const until = Clock::now() + std::chrono::duration<double>(settings_.stand_seconds);
  while (batch.ranks_heard() < batch.ranks && Clock::now() < until && !child.poll()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    collect_stands(batch);
  }
  batch.hang();
  child.stop(settings_.grace_seconds);
  follow(batch);
  return bad_end(batch, CaseStatus::timed_out, why);
}

bool Supervisor::judge_end(Batch& batch, Ending const& ending) {
  auto const log = log_after(batch.log, batch.log_start);
  auto const words = last_words(log, false);
  int const code = launcher_for(batch.ranks).exit_code(ending, log);
  if (code == saved_elsewhere) {
    // What a far node has written to a folder of its own is not to be seen from here, but done.
    batch.left.clear();
    stop_.elsewhere = words.empty() ? "journals of workers are in other folders" : words;
    return true;
  }
  if (code == static_cast<int>(ExitCode::not_saved)) {
    // On a full disk the log may be empty too.
    auto const remedy = "free some space, then: muster collect " + settings_.folder.root.string();
    stop_.done = false;
    stop_.not_saved = words.empty() ? "a worker could not write its journal; " + remedy : words;
    return false;
  }
  if (!batch.began && code == static_cast<int>(ExitCode::infrastructure)) {
    if (nodes_lost(batch)) return true;
    fail_rest(batch, "the workers could not start: " + words + "; their log: " + batch.log.string());
    return false;
  }
  batch.drop_answers();
  if (!batch.stands.empty()) return bad_end(batch, CaseStatus::timed_out, too_long(batch));
  if (!batch.left.empty() || !ending.ok())
    return bad_end(batch, CaseStatus::crashed, "the worker ended with " + ending.text());
  return true;
}

void Supervisor::collect_stands(Batch& batch) {
  auto fresh = stands_.poll(batch.launch);
  batch.stands.insert(batch.stands.end(), fresh.begin(), fresh.end());
}

void Supervisor::follow(Batch& batch) {
  journals_.follow([&](std::string const&, Event const& event) { on_event(batch, event); });
}

/// Workers that ended well have done all their cases: what they wrote on other nodes must come.
void Supervisor::follow_late_words(Batch& batch) {
  journals_.follow_late_words(
      settings_.listing_seconds, [&] { return batch.left.empty(); },
      [&](std::string const&, Event const& event) { on_event(batch, event); });
}

void Supervisor::on_event(Batch& batch, Event const& event) {
  if (batch.take(event)) listener_(event);
}

bool Supervisor::past_deadline(Batch const& batch) const {
  double limit = batch.left.empty() ? settings_.end_seconds : settings_.start_seconds;
  if (batch.current) limit = plan_.cases[*batch.current].deadline_seconds;
  return Clock::now() - batch.since > std::chrono::duration<double>(limit);
}

/// By where the ranks stood; where none said so, by the launcher's words.
Culprit Supervisor::culprit_of(Batch const& batch) {
  auto const by_stand = find_culprit(batch.stands, batch.ranks, batch.nodes);
  if (!batch.stands.empty() || batch.ranks == 1) return by_stand;
  auto const lost = launcher_for(batch.ranks).lost_rank(log_after(batch.log, batch.log_start));
  // A rank that ended itself at its deadline was one of those that waited: its stand has not come to be seen.
  if (!lost || lost->exit_code == static_cast<int>(ExitCode::infrastructure)) return by_stand;
  int rank = lost->rank;
  auto const node = safe_host_name(lost->node);
  auto const process = batch.processes.find({node, lost->process});
  if (rank < 0 && process != batch.processes.end()) rank = process->second;
  auto const known = batch.nodes.find(rank);
  return {rank, known != batch.nodes.end() ? known->second : lost->node, lost->message};
}

/// The case at hand pays for the end of its worker. One that ended before it began any is tried once more.
void Supervisor::blame(Batch& batch, CaseStatus kind, std::string const& what) {
  auto culprit = culprit_of(batch);
  if (batch.ranks == 1 && kind == CaseStatus::crashed) culprit = {0, batch.nodes[0], ""};
  // Where ranks said where they stand, or the launcher who is to blame, the rest is noise.
  auto const log = log_after(batch.log, batch.log_start);
  auto const words = batch.stands.empty() ? last_words(log, !culprit.message.empty()) : "";
  auto const message = what + (culprit.message.empty() ? "" : "; " + culprit.message) +
                       (words.empty() ? "" : "; it said: " + words) + "; its log: " + batch.log.string();
  if (batch.left.empty())  // all is recorded: nothing to take back, but it must not go unsaid
    return say(fmt::format("muster: launch {} did not end well, after its last case ({})\n", batch.launch + 1,
                           message));
  if (!batch.began) {
    if (++batch.barren_starts >= 2) fail_rest(batch, "workers could not start twice in a row: " + message);
    return;
  }
  auto const index = batch.at_hand();
  auto const& phase = batch.hung ? batch.hung_phase : batch.phase;
  std::erase(batch.left, index);
  note(CaseFailed{
      index,
      {plan_.cases[index].name, batch.launch, culprit.node, culprit.rank, phase, kind, message, utc_now()},
      settings_.world,
      stop_.attempts});
}

void Supervisor::fail_rest(Batch& batch, std::string const& why) {
  for (auto const index : batch.left) {
    note(CaseFailed{index,
                    {plan_.cases[index].name, batch.launch, settings_.world, -1, "start", CaseStatus::crashed,
                     why, utc_now()},
                    settings_.world,
                    stop_.attempts});
  }
  batch.left.clear();
}

}  // namespace muster
