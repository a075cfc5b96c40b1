// A worker that does what the run folder's script says, for tests of the supervisor. script.txt holds one
// line a case; one process plays all the ranks.
//
//   ok            records the case
//   crash         SIGKILL, as by the kernel when memory runs out
//   exit          exit code 9
//   hang          for ever
//   full          exit code 7, "not saved"
//   mute          dies before it begins any case
//   refuse        exit code 6, "infrastructure", before it begins any case
//   expire        ranks 0 and 2 of 3 say that their deadline has passed, rank 1 says nothing
//   late          rank 0 of 2 says so three times; rank 1, which is behind, answers only a moment later
//   answer        hangs, and says where it stands when asked
//   lost          prints what Open MPI's mpirun prints when rank 2 is killed, and ends
//   lost process  likewise MPICH's, which names a process: that of rank 1
//   lost itself   ends as at its own deadline, which mpirun reports; its stand is not to be seen
//   far           ok, but the last rank is on another node, whose journal lags: it says that the case begins,
//   and has
//                 its record, when the next case has begun here
//   late file     likewise, but that node's journal shows up only a moment after the workers have ended
//   gone NODE     a node is lost: it answers no roll call from now on, and the workers die
//   linger        ok, but the worker does not end after its last case
//
// An action followed by " once" is taken the first time only; afterwards the case is ok.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "harness/core/events.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/stands.hpp"

namespace {

std::vector<std::string> lines_of(std::filesystem::path const& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string action_of(std::filesystem::path const& root, std::string line, std::size_t index) {
  auto const mark = line.find(" once");
  if (mark == std::string::npos) return line;
  auto const done = root / ("done" + std::to_string(index));
  if (std::filesystem::exists(done)) return "ok";
  std::ofstream(done) << "x";
  return line.substr(0, mark);
}

void say_where(std::filesystem::path const& root, int rank, bool expired) {
  muster::Stand stand{.rank = rank, .node = "here", .phase = "sample", .call = "barrier", .steps = 1023};
  stand.seconds = 8.1;
  stand.expired = expired;
  muster::append_stand(muster::RunFolder{root}, stand);
}

/// Calls `say` whenever it is asked.
template <class F>
void answer(F const& say) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  for (int signal = 0; sigwait(&set, &signal) == 0;) say();
}

void answer_late(std::filesystem::path const& root) {
  for (int i = 0; i < 3; ++i) say_where(root, 0, true);
  answer([&] {
    usleep(100'000);
    muster::append_stand(muster::RunFolder{root},
                         {.rank = 1, .node = "here", .phase = "verify", .steps = 1022, .seconds = 7});
  });
}

void act(std::string const& action, std::filesystem::path const& root) {
  if (action == "expire") {
    for (int const rank : {0, 2}) say_where(root, rank, true);
    for (;;) pause();
  }
  if (action == "answer") answer([&] { say_where(root, 0, false); });
  if (action == "late") answer_late(root);
  if (action == "lost") {
    std::cout << "mpirun noticed that process rank 2 with PID 0 on node here exited on signal 9 (Killed)."
              << std::endl;
    std::exit(137);
  }
  if (action == "lost itself") {
    std::cerr << "rank 0 on here: 3.0 s in barrier (group call 9)\nProcess name: [[1,1],0]\nExit code:    6"
              << std::endl;
    std::exit(6);
  }
  if (action == "lost process") {
    std::cout << "= BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES\n= PID " << getpid()
              << " RUNNING AT here.cluster\n= EXIT CODE: 9" << std::endl;
    std::exit(9);
  }
  if (action.starts_with("gone ")) {
    std::ofstream(root / "gone") << action.substr(5);
    std::exit(1);
  }
  if (action == "crash") {
    std::cerr << "about to crash" << std::endl;
    raise(SIGKILL);
  }
  if (action == "exit") std::exit(9);
  if (action == "full") {
    std::cerr << "no space left" << std::endl;
    std::exit(7);
  }
  if (action == "hang") {
    for (;;) pause();
  }
}

/// What another node has yet to write.
struct Lagging {
  std::filesystem::path root;
  std::vector<muster::Event> events{};

  void write() {
    muster::JournalWriter journal(muster::RunFolder{root}.node_journal("there"));
    for (auto const& event : events) journal.append(event);
    events.clear();
    usleep(50'000);  // so that the supervisor has read it before anything more comes from here
  }
};

/// By a process that outlives this one.
void write_later(std::filesystem::path const& root, muster::CaseRecord const& record) {
  if (fork() != 0) return;
  usleep(400'000);
  muster::RunFolder const folder{root};
  if (!std::filesystem::exists(folder.journals())) _exit(0);  // the test did not wait
  muster::JournalWriter(folder.node_journal("there")).append(record);
  _exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  std::filesystem::path root;
  int launch = 0, ranks = 1;
  std::string cases;
  for (int i = 1; i + 1 < argc; ++i) {
    std::string const name = argv[i];
    if (name == "--root") root = argv[i + 1];
    if (name == "--launch") launch = std::atoi(argv[i + 1]);
    if (name == "--ranks") ranks = std::atoi(argv[i + 1]);
    if (name == "--cases") cases = argv[i + 1];
  }
  auto const script = lines_of(root / "script.txt");
  muster::JournalWriter journal(muster::RunFolder{root}.node_journal("here"));
  muster::WorkerStarted hello{launch, {}, {}};
  hello.node.name = "here";
  for (int i = 0; i < ranks; ++i) {
    hello.ranks.push_back(i);
    hello.processes.push_back(i == 1 ? getpid() : i + 1);
  }
  journal.append(hello);
  bool lingers = false;
  Lagging there{root};
  std::istringstream list(cases);
  for (std::string text; std::getline(list, text, ',');) {
    std::size_t const index = std::stoul(text);
    auto const action = action_of(root, script.at(index), index);
    if (action == "mute") return 1;
    if (action == "refuse") {
      std::cerr << "muster: this rank sees a world of 1\nmuster: this rank sees a world of 1" << std::endl;
      return 6;
    }
    journal.append(muster::CaseStarted{index, launch, ""});
    journal.append(muster::PhaseStarted{index, launch, "sample"});
    if (!there.events.empty()) {
      usleep(50'000);
      there.write();
    }
    lingers = lingers || action == "linger";
    act(action, root);
    muster::CaseRecord record{index, launch, "here", {}};
    for (int i = 0; i < ranks; ++i) {
      record.ranks.emplace_back().rank = i;
      record.ranks.back().status = muster::CaseStatus::ok;
    }
    if (action == "late file") {
      muster::CaseRecord const other{index, launch, "there", {record.ranks.back()}};
      record.ranks.pop_back();
      write_later(root, other);
    }
    if (action == "far") {
      muster::CaseRecord other{index, launch, "there", {record.ranks.back()}};
      record.ranks.pop_back();
      there.events = {muster::CaseStarted{index, launch, ""}, muster::PhaseStarted{index, launch, "set up"},
                      other};
    }
    journal.append(record);
  }
  if (!there.events.empty()) there.write();
  journal.append(muster::WorkerEnded{launch});
  while (lingers) pause();
}
