// One process that plays the agents of all nodes (`--nodes a,b,c`), for tests of a cluster's supervisor. The
// run folder's nodes.txt holds "NODE WORD" lines for those that do not simply do their part:
//
//   silent   never answers
//   faulty   finds something wrong with itself
//   dies     answers, and leaves no word of the phase's end
//   fails    the phase's cases fail on it
//   full     cannot write any more
//   is=NAME  answers by that name, which is its own
//   beats    shows signs of life for ever, and never comes to the phase's end
//
// A file `gone` in the run folder names a node that no longer answers.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "harness/core/events.hpp"
#include "harness/record/journal.hpp"

namespace {

std::map<std::string, std::string> script_of(std::filesystem::path const& root) {
  std::map<std::string, std::string> script;
  std::ifstream file(root / "nodes.txt");
  for (std::string node, word; file >> node >> word;) script[node] = word;
  if (std::string node; std::ifstream(root / "gone") >> node) script[node] = "silent";
  return script;
}

void do_part(muster::JournalWriter& journal, std::string const& node, std::string const& word,
             std::string const& call, std::string const& cases) {
  std::istringstream list(cases);
  for (std::string text; std::getline(list, text, ',');) {
    std::size_t const index = std::stoul(text);
    muster::CaseRecord record{index, 0, node, {}, node, 1};
    record.ranks.emplace_back().status = muster::CaseStatus::ok;
    muster::Failure const failure{"", 0, node, 0, "sample", muster::CaseStatus::crashed, "signal 9", ""};
    word == "fails" ? journal.append(muster::CaseFailed{index, failure, node}) : journal.append(record);
  }
  if (word != "dies")
    journal.append(muster::AgentEnded{call, node, 0, word == "full" ? "no space left" : ""});
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; ++i) options[argv[i]] = argv[i + 1];
  std::filesystem::path const root = options["--root"];
  auto script = script_of(root);
  std::istringstream nodes(options["--nodes"]);
  for (std::string node; std::getline(nodes, node, ',');) {
    auto const word = script[node];
    if (word == "silent") {
      std::cerr << "error: no route to " << node << std::endl;
      continue;
    }
    auto const own = word.starts_with("is=") ? word.substr(3) : node;
    muster::JournalWriter journal(muster::RunFolder{root}.agent_journal(own));
    muster::NodeSeen seen{options["--call"], "2026-11-22T21:40:04Z", {}, {}};
    seen.node.name = own;
    if (word == "faulty") seen.faults = {"it has 7 GPUs where 8 are planned (one has failed) look at dmesg"};
    journal.append(seen);
    while (word == "beats" && options.contains("--phase")) {
      journal.append(muster::PhaseStarted{0, 0, "sample"});
      usleep(20'000);
    }
    if (options.contains("--phase")) do_part(journal, node, word, options["--call"], options["--cases"]);
  }
}
