// A worker that does what the run folder's script says, for tests of the supervisor. script.txt holds one
// line a case: ok, crash (SIGKILL, as by the kernel when memory runs out), exit (code 9), hang, full (exit
// code 7, "not saved"), or mute (dies before it begins any case). An action followed by " once" is taken the
// first time only; afterwards the case is ok.
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

void act(std::string const& action) {
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

}  // namespace

int main(int argc, char** argv) {
  std::filesystem::path root;
  int launch = 0;
  std::string cases;
  for (int i = 1; i + 1 < argc; ++i) {
    std::string const name = argv[i];
    if (name == "--root") root = argv[i + 1];
    if (name == "--launch") launch = std::atoi(argv[i + 1]);
    if (name == "--cases") cases = argv[i + 1];
  }
  auto const script = lines_of(root / "script.txt");
  muster::JournalWriter journal(muster::RunFolder{root}.node_journal("here"));
  std::istringstream list(cases);
  for (std::string text; std::getline(list, text, ',');) {
    std::size_t const index = std::stoul(text);
    auto const action = action_of(root, script.at(index), index);
    if (action == "mute") return 1;
    journal.append(muster::CaseStarted{index, launch, ""});
    journal.append(muster::PhaseStarted{index, launch, "sample"});
    act(action);
    muster::RankRecord rank;
    rank.status = muster::CaseStatus::ok;
    journal.append(muster::CaseRecord{index, launch, "here", {rank}});
  }
  journal.append(muster::WorkerEnded{launch});
}
