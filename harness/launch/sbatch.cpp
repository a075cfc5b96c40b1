#include "harness/launch/sbatch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "harness/core/error.hpp"
#include "harness/launch/child.hpp"

extern char** environ;

namespace muster {
namespace {

std::string without_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string said(Answer const& answer) {
  auto const words = without_end(answer.errors.empty() ? answer.output : answer.errors);
  return words.empty() ? "it says nothing" : "it says: " + words;
}

}  // namespace

std::optional<std::string> job_id_in(std::string_view answer) {
  auto const id = answer.substr(0, answer.find_first_of(";\n"));
  bool const number =
      !id.empty() && id.size() <= 20 && std::ranges::all_of(id, [](char c) { return c >= '0' && c <= '9'; });
  return number ? std::optional(std::string(id)) : std::nullopt;
}

Submission submit_script(std::filesystem::path const& script, double deadline_seconds) {
  auto const answer = ask({{"sbatch", "--parsable", script.string()}}, deadline_seconds);
  if (answer.timed_out) {
    return {
        "",
        fmt::format("sbatch does not answer (it was given {} s) the job may be in the queue all the same: "
                    "look with squeue --me",
                    deadline_seconds),
        true};
  }
  if (!answer.ending.ok())
    return {"", fmt::format("sbatch refuses the job ({}) {}", answer.ending.text(), said(answer))};
  if (auto const id = job_id_in(answer.output)) return {*id, ""};
  return {"", fmt::format("sbatch names no job (no number in its answer) {}", said(answer)), true};
}

std::string test_script(std::filesystem::path const& script, double deadline_seconds) {
  auto const answer = ask({{"sbatch", "--test-only", script.string()}}, deadline_seconds);
  if (answer.timed_out)
    throw Error(ExitCode::infrastructure,
                fmt::format("sbatch --test-only does not answer (it was given {} s) is slurmctld running?",
                            deadline_seconds));
  if (!answer.ending.ok())
    throw Error(ExitCode::infrastructure,
                fmt::format("Slurm would not take the job ({}) {}", answer.ending.text(), said(answer)));
  return without_end(answer.output + answer.errors);
}

std::vector<std::string> overriding_variables() {
  std::vector<std::string> set;
  for (char** entry = environ; *entry; ++entry) {
    if (std::string_view(*entry).starts_with("SBATCH_")) set.emplace_back(*entry);
  }
  return set;
}

}  // namespace muster
